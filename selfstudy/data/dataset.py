"""Prepared images as a run reads them."""

import pkgutil
from collections.abc import Callable, Mapping
from importlib import import_module
from pathlib import Path
from typing import ClassVar, NamedTuple

import gin
import h5py
import numpy as np
import torch
from torch import Tensor

from selfstudy.data.hdf5 import open_hdf5, report_damage
from selfstudy.data.splits import SPLITS, select_labelled, select_split
from selfstudy.errors import ConfigurationError, DataError
from selfstudy.provenance import fingerprint
from selfstudy.tasks.pose import BINS, pose_bins

DATASETS: dict[str, type["BaseDataset"]] = {}
MANY_LABELS, LONG_ROUND, ROUND = 4000, 20_000, 10_000
WITHOUT_CHUNKS = 100  # rows read at once of a file that has none


class Block(NamedTuple):
    """Images held on the device."""

    images: Tensor  # (n, 3, h, w) float16
    targets: Tensor  # (n, t) int64; dense (n, 3, h, w) uint8
    indices: Tensor  # (n,) int64, rows of the prepared file


@gin.configurable(denylist=["path"])
class BaseDataset:
    """A prepared file, checked. Subclasses are found by their name (`session.dataset`).

    Args:
        path: the prepared HDF5 file, or the folder of all data, where the subclass knows the place.
        input_res: resolution that its images must have.
        num_valid: at most this many images validate.
        semisupervised: number of training images that have labels; None: all.
        min_round: a small subset repeats until a round has this many images; None: 10,000, and
            20,000 for a budget of 4,000, as in the study.
        double_sample: a batch holds two augmented views of each image.
        predict_pose: targets are class and pose, not class alone.
        max_images: images held on the device at a time; a round is one pass over them.
        chunk_size: images that are read and shuffled together where the data exceeds a round.
        remote_loading: the next round's images are read while this one trains.
    """

    limited: ClassVar[tuple[str, ...]] = ("valid",)  # splits that `num_valid` is for

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        DATASETS[cls.__name__] = cls

    def __init__(
        self,
        path: str | Path,
        input_res: int = 64,
        num_valid: int = 5000,
        semisupervised: int | None = None,
        min_round: int | None = None,
        double_sample: bool = False,
        predict_pose: bool = False,
        max_images: int = 50_000,
        chunk_size: int = 1000,
        remote_loading: bool = True,
    ) -> None:
        path = Path(path)
        # The folder of data may not be there yet.
        folder = path.is_dir() or not path.suffix
        self.path = self.locate(path, input_res) if folder else path
        self.num_valid = num_valid
        self.semisupervised = semisupervised
        self.min_round = min_round
        self.double_sample = double_sample
        self.max_images = max_images // 2 if double_sample else max_images
        self.chunk_size = chunk_size
        self.remote_loading = remote_loading
        with open_hdf5(self.path) as file, report_damage(self.path):
            self.splits, self.classes = check_prepared(file, input_res, self.assumed)
            attributes = {name: str(value) for name, value in sorted(file.attrs.items())}
            self.dense = file["targets"].ndim == 4
            # Dense targets are as large as the images and read with these.
            self.targets = (
                np.zeros((sum(self.splits), 0), np.int64)
                if self.dense
                else labels(file, predict_pose)
            )
        self.fingerprint = fingerprint([str(attributes), self.targets.tobytes().hex()])
        self.training_images = self.splits[0]
        self._held_out: dict[str, Block] = {}

    def locate(self, folder: Path, input_res: int) -> Path:
        """The prepared file in the folder of all data."""
        raise ConfigurationError(
            f"{folder}: {type(self).__name__} expects a prepared file, not a folder of data"
        )

    def assumed(self, images: int) -> dict[str, object]:
        """Attributes of a file of so many images that does not say them."""
        return {}

    @property
    def outputs(self) -> list[int]:
        """Number of classes of each target: object and pose, or each pixel's and, 1, its depth."""
        if self.dense:
            return [self.classes + 1, 1]
        return [self.classes, BINS][: self.targets.shape[1]]

    def chance(self, target: int) -> float | None:
        """The share of the most frequent label in validation; of dense data it is not known."""
        if self.dense:
            return None
        counts = np.bincount(self.targets[self.rows("valid", seed=0), target])
        return float(counts.max() / counts.sum())

    def rows(self, split: str, seed: int) -> np.ndarray:
        """Rows of the prepared file that a split uses, for training its labelled subset."""
        if split == "train" and self.semisupervised is not None:
            return self.labelled_rows(self.semisupervised, seed)
        return select_split(self.splits, split, self.num_valid if split in self.limited else None)

    def labelled_rows(self, labels: int, seed: int) -> np.ndarray:
        """Rows of the training images that have labels where so many do."""
        rows = select_split(self.splits, "train", None)
        classes = np.zeros(len(rows)) if self.dense else self.targets[rows, 0]
        return rows[select_labelled(classes, labels, seed)]

    @property
    def round_length(self) -> int:
        """Fewest images in a round."""
        if self.semisupervised is None:
            return 0
        if self.min_round is not None:
            return self.min_round
        return LONG_ROUND if self.semisupervised == MANY_LABELS else ROUND

    def read(self, rows: np.ndarray, device: torch.device) -> Block:
        """The images and targets of sorted `rows`, read from contiguous chunks, on `device`."""
        with open_hdf5(self.path) as file, report_damage(self.path):
            images = read_rows(file["data"], rows)
            targets = read_rows(file["targets"], rows) if self.dense else self.targets[rows]
        return Block(
            torch.from_numpy(images).to(device),
            torch.from_numpy(targets).to(device),
            torch.from_numpy(rows).to(device),
        )

    def held_out(self, split: str, device: torch.device) -> Block:
        """All images of "valid" or "test", read once."""
        if split not in self._held_out:
            self._held_out[split] = self.read(self.rows(split, seed=0), device)
        return self._held_out[split]


def check_prepared(
    file: h5py.File, resolution: int, assumed: Callable[[int], Mapping[str, object]]
) -> tuple[list[int], int]:
    """How many images of a prepared file train, validate and test, and the number of classes.

    Where the file does not say it, it is `assumed`. The file's parts must agree.

    Raises DataError naming the file and what is wrong.
    """
    name = file.filename
    for key in ("data", "targets"):
        if key not in file:
            raise DataError(f"{name}: not a prepared dataset: no {key!r} in it")
    data, targets = file["data"], file["targets"]
    if data.ndim != 4 or data.shape[1:] != (3, resolution, resolution):
        raise DataError(
            f"{name}: 'data': expected images of shape (3, {resolution}, {resolution}), as "
            f"BaseDataset.input_res says, found {data.shape[1:]}"
        )
    if data.dtype.kind != "f" or targets.dtype.kind not in "iu":
        raise DataError(
            f"{name}: expected 'data' of floats and 'targets' of integers, found {data.dtype} and "
            f"{targets.dtype}"
        )
    if len(targets) != len(data):
        raise DataError(f"{name}: {len(targets)} rows in 'targets' for {len(data)} images")
    if targets.ndim != 1 and targets.shape != data.shape:
        raise DataError(f"{name}: 'targets' of shape {targets.shape} for images {data.shape}")
    attributes = {**assumed(len(data)), **file.attrs}
    for key in ("splits", "classes"):
        if key not in attributes:
            raise DataError(f"{name}: not a prepared dataset: it does not say its {key!r}")
    splits, classes = [int(n) for n in attributes["splits"]], len(attributes["classes"])
    if len(splits) != len(SPLITS) or min(splits) < 1 or sum(splits) != len(data):
        raise DataError(
            f"{name}: 'splits': expected some images each to train, validate and test, "
            f"{len(data)} in all, found {splits}"
        )
    if targets.ndim == 1:
        found = targets[:]
        if not 0 <= found.min() <= found.max() < classes:
            raise DataError(
                f"{name}: 'targets': expected classes from 0 to {classes - 1}, found "
                f"{found.min()} to {found.max()}"
            )
    return splits, classes


def labels(file: h5py.File, predict_pose: bool) -> np.ndarray:
    """The class, and the pose where it is asked for, of every image: int64 (n, 1 or 2)."""
    columns = [file["targets"][:].astype(np.int64)]
    if predict_pose:
        if "rot_mat" not in file:
            raise DataError(f"{file.filename}: no 'rot_mat' to take the pose from")
        columns.append(pose_bins(file["rot_mat"][:]))
    return np.stack(columns, 1)


def read_rows(data: h5py.Dataset, rows: np.ndarray) -> np.ndarray:
    """Sorted `rows` of a dataset, a chunk at a time."""
    images = np.empty((len(rows), *data.shape[1:]), data.dtype)
    size = data.chunks[0] if data.chunks else WITHOUT_CHUNKS
    edges = np.flatnonzero(np.diff(rows // size)) + 1
    for part in np.split(np.arange(len(rows)), edges):
        wanted = rows[part]
        images[part] = data[wanted[0] : wanted[-1] + 1][wanted - wanted[0]]
    return images


# Last, because these modules import this one: datasets of every kind register by being imported.
for _module in pkgutil.iter_modules([str(Path(__file__).parent)]):
    import_module(f"selfstudy.data.{_module.name}")
