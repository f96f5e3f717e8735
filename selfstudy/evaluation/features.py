"""Features of a trained network, which stays as it is."""

import csv
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import h5py
import numpy as np
import torch
from torch import Tensor

from selfstudy.backbones.study import Wrapper
from selfstudy.configuration import configured
from selfstudy.data.dataset import BaseDataset
from selfstudy.data.hdf5 import open_hdf5
from selfstudy.errors import DataError
from selfstudy.files import write_whole
from selfstudy.provenance import fingerprint, hash_files
from selfstudy.tasks.segment import semantic_labels
from selfstudy.training.precision import autocast
from selfstudy.training.session import Settings, device_of_run, frozen_network, open_dataset
from selfstudy.training.snapshot import SNAPSHOT, of_run

BATCH = 512
FEATURES = "features.h5"
SPLITS = ("train", "valid", "test")
# What a run's configuration says of its training, undone.
FROZEN = [
    "BaseDataset.double_sample = False",
    "BaseDataset.semisupervised = None",
    "Wrapper.pretrained = None",
    "Wrapper.run_selfsup = False",
    "init_resnet.pretrained = False",
]


class Features(NamedTuple):
    """Features of n images, or of places in them."""

    features: np.ndarray  # (n, features) float16
    labels: np.ndarray  # (n, targets) int64


def run_folder(name: str) -> Path:
    """The folder of a run that kept its snapshot, by its path or its name in `results/runs`."""
    return of_run(name, SNAPSHOT, "-e").parent


@contextmanager
def trained(folder: Path, data: str | Path | None = None) -> Iterator[tuple[Wrapper, BaseDataset]]:
    """The network of a run and its dataset, inside the run's configuration.

    Args:
        folder: of a run, with `config.gin`, `metrics.csv` and `snapshot.pt`.
        data: another prepared file than the one the run trained on.
    """
    with configured([str(folder / "config.gin")], FROZEN):
        dataset = open_dataset(data or data_of(folder))
        yield frozen_network(dataset, folder / SNAPSHOT), dataset


def data_of(folder: Path) -> str:
    """The prepared file that a run trained on."""
    path = folder / "metrics.csv"
    try:
        with path.open(newline="") as file:
            return next(csv.DictReader(file))["data"]
    except (OSError, KeyError, StopIteration) as error:
        raise DataError(f"{path}: expected the metrics of a run, with a column 'data'") from error


@torch.no_grad()
def batches(
    network: Wrapper, dataset: BaseDataset, rows: np.ndarray
) -> Iterator[tuple[Tensor, Tensor, Tensor]]:
    """Pooled features, dense features and targets of sorted `rows`, batch by batch."""
    device = device_of_run()
    cast = autocast(device, Settings().precision)
    for start in range(0, len(rows), BATCH):
        block = dataset.read(rows[start : start + BATCH], device)
        with cast:
            pooled, dense, _ = network.model(block.images.float(), block.indices)
        yield pooled.half(), dense.half(), block.targets


def image_features(network: Wrapper, dataset: BaseDataset, rows: np.ndarray) -> Features:
    """Pooled features and targets of the images at sorted `rows`."""
    parts = [(pooled, targets) for pooled, _, targets in batches(network, dataset, rows)]
    return joined(parts)


def pixel_features(
    network: Wrapper, dataset: BaseDataset, rows: np.ndarray, pixels: int, seed: int
) -> Features:
    """Features and semantic ids of random places in the images at sorted `rows`.

    Args:
        pixels: about how many in all; as many in each image, and at least one.
    """
    generator = torch.Generator().manual_seed(seed)
    parts = []
    for _, dense, targets in batches(network, dataset, rows):
        labels = semantic_labels(targets, dense.shape[-1]).flatten(1)
        each = min(labels.shape[1], max(1, pixels // len(rows)))
        places = torch.rand(labels.shape, generator=generator).argsort(1)[:, :each]
        places = places.to(labels.device)
        images = torch.arange(len(labels), device=labels.device)[:, None]
        features = dense.flatten(2).transpose(1, 2)[images, places]
        parts.append((features.flatten(0, 1), labels[images, places].reshape(-1, 1)))
    return joined(parts)


def joined(parts: list[tuple[Tensor, Tensor]]) -> Features:
    features, labels = (torch.cat([part[i] for part in parts]).cpu().numpy() for i in (0, 1))
    return Features(features, labels)


def save_features(network: Wrapper, dataset: BaseDataset, folder: Path) -> Path:
    """Write `features.h5` to a run's folder, unless it is there and up to date; give its path.

    For each split there are `{split}/features`, float16 (n, features), pooled; `{split}/labels`,
    int64 (n, targets), the classes of the scene's objects where the data is dense; and
    `{split}/rows` (n,) of the prepared file.
    """
    path = folder / FEATURES
    stamp = fingerprint([hash_files([folder / SNAPSHOT]), dataset.fingerprint])
    if path.is_file():
        with open_hdf5(path) as file:
            if file.attrs.get("stamp") == stamp:
                return path
    rows = {split: dataset.rows(split, seed=0) for split in SPLITS}
    needs = sum(map(len, rows.values())) * (2 * network.model.out_feats + 32)
    with write_whole(path, needs) as temporary, h5py.File(temporary, "w") as file:
        file.attrs["stamp"] = stamp
        file.attrs["data"] = str(dataset.path)
        for split in SPLITS:
            features, labels = image_features(network, dataset, rows[split])
            file[f"{split}/features"] = features
            file[f"{split}/labels"] = objects(dataset, rows[split]) if dataset.dense else labels
            file[f"{split}/rows"] = rows[split]
    return path


def objects(dataset: BaseDataset, rows: np.ndarray) -> np.ndarray:
    """The classes (n, objects) of the objects in the scenes at sorted `rows`."""
    with open_hdf5(dataset.path) as file:
        return file["class"][:][rows]
