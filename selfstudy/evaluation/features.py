"""Features of a trained backbone, which stays as it is."""

import csv
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import h5py
import numpy as np
import torch
from torch import Tensor

from selfstudy.backbones.base import Backbone, Features
from selfstudy.data.dataset import BaseDataset, Block
from selfstudy.data.hdf5 import open_hdf5
from selfstudy.data.kinds import open_dataset
from selfstudy.errors import DataError
from selfstudy.files import write_whole
from selfstudy.provenance import fingerprint, hash_files
from selfstudy.snapshots import SNAPSHOT, load, locate_run
from selfstudy.tasks.segment import find_semantics
from selfstudy.training.device import find_device
from selfstudy.training.precision import keep_exact, make_autocast

BATCH = 512
FEATURES = "features.h5"
SPLITS = ("train", "valid", "test")


class Extracted(NamedTuple):
    """Features of n images, or of places in them.

    Attributes:
        features: (n, features) float16.
        labels: (n,) int64.
    """

    features: np.ndarray
    labels: np.ndarray


def locate_folder(name: str) -> Path:
    """Locate a run that kept its snapshot, by its path or its name in `results/runs`."""
    return locate_run(name, SNAPSHOT, "-e").parent


def find_data(folder: Path) -> str:
    """Find the prepared file that a run trained on.

    Raises:
        DataError: its metrics are missing or do not say it, or it is not there.
    """
    path = folder / "metrics.csv"
    try:
        with path.open(newline="") as file:
            data = next(csv.DictReader(file))["data"]
    except (OSError, KeyError, StopIteration) as error:
        raise DataError(f"{path}: expected the metrics of a run, with a column 'data'") from error
    if not Path(data).is_file():
        raise DataError(
            f"{data}: there is no such file here, which {folder} trained on: say where it is by "
            f"--data"
        )
    return data


def open_run(folder: Path, data: str | Path | None = None) -> tuple[Backbone, BaseDataset]:
    """Open a run's backbone, ready for the images of a dataset, and that dataset.

    Args:
        folder: of the run.
        data: another prepared file than the one that it trained on.

    Raises:
        DataError: a file is missing or damaged.
    """
    dataset = open_dataset(data or find_data(folder))
    backbone = load(folder, None)
    backbone.accept(dataset.input, dataset.resolution)
    return backbone, dataset


@torch.no_grad()
def extract_batches(
    backbone: Backbone,
    dataset: BaseDataset,
    rows: np.ndarray,
    precision: str = "auto",
) -> Iterator[tuple[Features, Block]]:
    """Extract the features of the images at sorted `rows`, batch by batch.

    Args:
        backbone: in evaluation mode, ready for the dataset's images.
        dataset: where they are.
        rows: of the prepared file.
        precision: as of a run.
    """
    device = find_device()
    backbone, cast = backbone.to(device), make_autocast(device, precision)
    keep_exact(precision)
    for start in range(0, len(rows), BATCH):
        block = dataset.read(rows[start : start + BATCH], device, {})
        with cast:
            features = backbone(block.images.float())
        yield features, block


def extract_images(
    backbone: Backbone, dataset: BaseDataset, rows: np.ndarray, precision: str = "auto"
) -> np.ndarray:
    """Extract pooled features (n, features) float16 of the images at sorted `rows`."""
    batches = extract_batches(backbone, dataset, rows, precision)
    return join([features.pooled.half() for features, _ in batches])


def extract_pixels(
    backbone: Backbone,
    dataset: BaseDataset,
    rows: np.ndarray,
    pixels: int,
    seed: int,
    precision: str = "auto",
) -> Extracted:
    """Extract features and semantic ids of random places in the images at sorted `rows`.

    Args:
        backbone: in evaluation mode, ready for the dataset's images.
        dataset: where they are.
        rows: of the prepared file.
        pixels: about how many in all; as many in each image, and at least one.
        seed: of the places.
        precision: as of a run.
    """
    generator = torch.Generator().manual_seed(seed)
    found, wanted = [], []
    for features, block in extract_batches(backbone, dataset, rows, precision):
        dense = features.dense.half()
        labels = find_semantics(block.maps, dense.shape[-1]).flatten(1)
        each = min(labels.shape[1], max(1, pixels // len(rows)))
        places = torch.rand(labels.shape, generator=generator).argsort(1)[:, :each]
        places = places.to(labels.device)
        images = torch.arange(len(labels), device=labels.device)[:, None]
        found.append(dense.flatten(2).transpose(1, 2)[images, places].flatten(0, 1))
        wanted.append(labels[images, places].flatten())
    return Extracted(join(found), join(wanted))


def join(parts: list[Tensor]) -> np.ndarray:
    """Join tensors to one array."""
    return torch.cat(parts).cpu().numpy()


def save_features(
    backbone: Backbone, dataset: BaseDataset, folder: Path, precision: str = "auto"
) -> Path:
    """Write `features.h5` to a run's folder, unless it is there and up to date.

    For each split there are `{split}/features`, float16 (n, features), pooled; `{split}/labels`,
    int64, the classes (n,) of images, or (n, objects) of a scene's objects; and `{split}/rows` (n,)
    of the prepared file.

    Returns:
        Its path.

    Raises:
        DataError: it cannot be written.
    """
    path = folder / FEATURES
    stamp = fingerprint([hash_files([folder / SNAPSHOT]), dataset.fingerprint, str(dataset.input)])
    if path.is_file():
        with open_hdf5(path) as file:
            if file.attrs.get("stamp") == stamp:
                return path
    rows = {split: dataset.rows(split) for split in SPLITS}
    labels = dataset.read_field("class") if dataset.dense else dataset.targets
    needs = sum(map(len, rows.values())) * (2 * backbone.out_feats + 32)
    with write_whole(path, needs) as temporary, h5py.File(temporary, "w", locking=False) as file:
        file.attrs["stamp"] = stamp
        file.attrs["data"] = str(dataset.path)
        for split in SPLITS:
            found = extract_images(backbone, dataset, rows[split], precision)
            file.create_dataset(f"{split}/features", data=found, fletcher32=True)
            file[f"{split}/labels"] = labels[rows[split]]
            file[f"{split}/rows"] = rows[split]
    return path
