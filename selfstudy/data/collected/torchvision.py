"""Datasets that torchvision has a class for, by its name."""

import inspect
import io
from collections.abc import Iterator
from functools import partial

from torchvision import datasets
from torchvision.datasets import VisionDataset

from selfstudy.data.collected.base import Item
from selfstudy.errors import ConfigurationError, DataError, join_lines, suggest

SPLITS = {  # by the names that they have there
    "train": ("train", "trainval"),
    "valid": ("val", "valid", "validation"),
    "test": ("test",),
}


def open_items(folder: str, name: str) -> Iterator[Item]:
    """List the images of a dataset, which is not downloaded.

    Args:
        folder: the `root` that it lies below.
        name: of the class, such as "OxfordIIITPet".

    Raises:
        ConfigurationError: torchvision has no such dataset of labelled images.
        DataError: it is not there.
    """
    known = [each for each in datasets.__all__ if inspect.isclass(getattr(datasets, each))]
    if name not in known:
        raise ConfigurationError(f"name: {name!r}: {suggest(name, known)}")
    for split, dataset in open_splits(getattr(datasets, name), folder, name):
        classes = getattr(dataset, "classes", None)
        for row in range(len(dataset)):
            label = read_label(dataset, row, f"{folder}: {name}, {split}, row {row}")
            text = classes[label] if classes else str(label)
            text = text[0] if isinstance(text, tuple) else text  # of several names the first
            yield Item(f"{split}/{row:08}.png", text, split, partial(encode, dataset, row))


def open_splits(
    make: type[VisionDataset], folder: str, name: str
) -> Iterator[tuple[str, VisionDataset]]:
    """Open the splits that a dataset has, by our names.

    Raises:
        ConfigurationError: it has no images that train.
        DataError: it is not there.
    """
    parameters = inspect.signature(make).parameters
    choices = {"train": [{}]}
    if "train" in parameters:
        choices = {"train": [{"train": True}], "test": [{"train": False}]}
    elif "split" in parameters:
        choices = {ours: [{"split": name} for name in names] for ours, names in SPLITS.items()}
    for split, several in choices.items():
        found = next(filter(None, (open_one(make, folder, each) for each in several)), None)
        if found is not None:
            yield split, found
        elif split == "train":
            raise ConfigurationError(f"name: {name!r}: expected a dataset whose images train")


def open_one(
    make: type[VisionDataset], folder: str, arguments: dict[str, object]
) -> VisionDataset | None:
    """Open a split; None: the dataset has none of that name.

    Raises:
        DataError: it is not there.
    """
    try:
        return make(folder, **arguments)
    except ValueError:
        return None
    except (RuntimeError, OSError) as error:
        reason = join_lines(error)
        raise DataError(f"{folder}: {make.__name__} cannot be read there: {reason}") from error


def read_label(dataset: VisionDataset, row: int, place: str) -> int:
    """Read a label, without its image where the dataset keeps labels apart."""
    for kept in ("targets", "labels", "_labels"):
        values = getattr(dataset, kept, None)
        if values is not None and len(values) == len(dataset):
            label = values[row]
            break
    else:
        label = dataset[row][1]
    try:
        return int(label)
    except (TypeError, ValueError) as error:
        raise DataError(f"{place}: no single class is its label, but {label!r}") from error


def encode(dataset: VisionDataset, row: int) -> bytes:
    """Encode an image as PNG, which loses nothing."""
    buffer = io.BytesIO()
    dataset[row][0].save(buffer, "PNG")
    return buffer.getvalue()
