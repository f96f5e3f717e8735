"""How many images a dataset has, before it is prepared."""

from pathlib import Path
from typing import NamedTuple

from selfstudy.data.collected import list_labelled
from selfstudy.data.images import assign_splits, sort_classes
from selfstudy.data.kinds import open_dataset
from selfstudy.data.names import BUCKETS
from selfstudy.data.pack import find_samples
from selfstudy.data.sources import find_images
from selfstudy.data.splits import SPLITS
from selfstudy.data.unlabelled import find_unlabelled
from selfstudy.sweep.datasets import CIFAR_HELD_OUT, CIFAR_TRAINING, TRAINING_BUCKETS, Dataset

HELD_OUT = 0.1  # the share that validates or tests where the configuration says none


class Counts(NamedTuple):
    """Images that train, validate and test, and those without labels."""

    train: int
    valid: int
    test: int
    unlabelled: int = 0


def count_splits(dataset: Dataset, seed: int) -> Counts:
    """Count a dataset's images by what it is prepared from; none of them is opened.

    Args:
        dataset: of the sweep.
        seed: that splits of own images are drawn with.

    Raises:
        DataError: what it is prepared from is missing, or does not make sense.
    """
    settings = dataset.settings
    if dataset.source == "prepared":
        prepared = open_dataset(settings["file"])
        return Counts(*prepared.splits, prepared.unlabelled)
    if dataset.is_own:
        source = settings.get("folder") or settings["table"]
        if dataset.source == "images":
            found, _ = find_images(source, settings.get("ignore", ()))
        else:
            found = list_labelled(dataset.source, dataset.collection)
        shares = {split: settings.get(split, HELD_OUT) for split in SPLITS[1:]}
        splits = assign_splits(source, found, sort_classes(found), shares, seed)
        others = settings.get("unlabelled")
        beside = find_unlabelled(others, source).images if others else []
        return Counts(*map(len, splits), len(beside))
    if dataset.source in ("render", "rendered"):
        given = settings.get("images") or len(find_samples(Path(settings["folder"])))
        bucket = given // BUCKETS
        return Counts(TRAINING_BUCKETS * bucket, bucket, bucket)
    return Counts(CIFAR_TRAINING, *CIFAR_HELD_OUT)
