"""Prepared images as a run reads them."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import ClassVar, NamedTuple, Self

import h5py
import numpy as np
import torch
from torch import Tensor

from selfstudy.data.checking import check_prepared, read_input
from selfstudy.data.checksums import SUFFIX, read_checksums, read_whole, require_finite, verify_rows
from selfstudy.data.hdf5 import open_hdf5, report_damage
from selfstudy.data.names import BALANCED
from selfstudy.data.splits import (
    select_labelled,
    select_pretraining,
    select_split,
)
from selfstudy.data.transfer import make_buffer, send
from selfstudy.description import Count
from selfstudy.errors import ConfigurationError, DataError, require_least
from selfstudy.provenance import fingerprint, hash_array

NUM_VALID = 5000  # images that validate, at most, of the study
WITHOUT_CHUNKS = 100  # rows read at once of a file that has none
SAMPLED = 16  # images that a fingerprint is of, where there are no checksums of all


class Block(NamedTuple):
    """Images held on the device.

    Attributes:
        images: (n, 3, h, w) float16.
        labels: of each task, by its name: (n, ...).
        maps: dense targets (n, 3, h, w) uint8: instance id, semantic id and depth; None where
            there is one target per image.
        indices: (n,) int64, rows of the prepared file.
    """

    images: Tensor
    labels: dict[str, Tensor]
    maps: Tensor | None
    indices: Tensor

    def select(self, chosen: Tensor) -> Self:
        """Select the images at `chosen` places (m,)."""
        return type(self)(
            self.images[chosen],
            {name: values[chosen] for name, values in self.labels.items()},
            None if self.maps is None else self.maps[chosen],
            self.indices[chosen],
        )

    def list_tensors(self) -> list[Tensor]:
        """List all that it is made of."""
        maps = [] if self.maps is None else [self.maps]
        return [self.images, *self.labels.values(), *maps, self.indices]

    @classmethod
    def join(cls, blocks: Sequence[Self]) -> Self:
        """Join blocks of the same dataset and device, in this order."""
        images, labels, maps, indices = zip(*blocks, strict=True)
        return cls(
            torch.cat(images),
            {name: torch.cat([each[name] for each in labels]) for name in labels[0]},
            None if maps[0] is None else torch.cat(maps),
            torch.cat(indices),
        )


class BaseDataset:
    """A prepared file, checked.

    Args:
        path: the prepared HDF5 file, or the folder of all data, where the subclass knows the place.
        input_res: resolution in pixels that its images must have; None: any.
        num_valid: at most this many images validate.

    Attributes:
        splits: how many images train, validate and test; they lie in this order.
        unlabelled: how many more there are, behind these, that have no labels.
        class_names: of the classes.
        dense: there is a target for every pixel.
        input: how its images are prepared; None where the file does not say it.
        fingerprint: of what the file holds: the same wherever it lies, whenever it was made. Where
            images have no checksums, it is of some of them.

    Raises:
        DataError: the file is missing, damaged, or its parts do not agree.
        ConfigurationError: `path` is a folder, in which this kind of data has no place.
    """

    limited: ClassVar[tuple[str, ...]] = ("valid",)  # splits that `num_valid` is for

    def __init__(
        self, path: str | Path, input_res: Count | None = None, num_valid: int = NUM_VALID
    ) -> None:
        require_least("BaseDataset.num_valid", num_valid, 1)
        path = Path(path)
        # The folder of data may not be there yet.
        folder = path.is_dir() or not path.suffix
        self.path = self.locate(path, input_res) if folder else path
        self.num_valid = num_valid
        with open_hdf5(self.path) as file, report_damage(self.path):
            self.splits, self.class_names = check_prepared(file, input_res, self.assume)
            self.unlabelled = len(file["data"]) - sum(self.splits)
            self.resolution = file["data"].shape[-1]
            self.dense = file["targets"].ndim == 4
            self.input = read_input(file)
            # Dense targets are as large as the images and read with these.
            self.targets = (
                np.zeros(len(file["data"]), np.int64)
                if self.dense
                else read_whole(file, "targets").astype(np.int64)
            )
            self.fingerprint = fingerprint(
                [str(self.splits), str(self.class_names), str(self.input), *hash_contents(file)]
            )
        self.training_images = self.splits[0]

    def locate(self, folder: Path, input_res: int | None) -> Path:
        """Locate the prepared file in the folder of all data."""
        raise ConfigurationError(
            f"{folder}: {type(self).__name__} expects a prepared file, not a folder of data"
        )

    def assume(self, images: int) -> dict[str, object]:
        """Assume attributes of a file of so many images that does not say them."""
        return {}

    @property
    def classes(self) -> int:
        """Number of classes."""
        return len(self.class_names)

    @property
    def pretraining_images(self) -> int:
        """Number of images that may pretrain: those that train, and those without labels."""
        return self.training_images + self.unlabelled

    @property
    def image_bytes(self) -> int:
        """Bytes that an image and its dense target take in a block."""
        return 3 * self.resolution**2 * (2 + self.dense)

    def read_field(self, name: str) -> np.ndarray:
        """Read what is stored of all images under a name, such as "rot_mat": (n, ...).

        Raises:
            DataError: there is none of that name, or it is not of all images.
        """
        with open_hdf5(self.path) as file, report_damage(self.path):
            if name not in file:
                raise DataError(f"{self.path}: no {name!r} in it")
            values, images = read_whole(file, name), len(self.targets)
            if len(values) != images:
                raise DataError(f"{self.path}: {len(values)} rows in {name!r} for {images} images")
        return values

    def has_field(self, name: str) -> bool:
        """Whether something is stored under a name."""
        with open_hdf5(self.path) as file:
            return name in file

    def rows(self, split: str) -> np.ndarray:
        """List the rows (m,) of the prepared file that "train", "valid" or "test" uses."""
        return select_split(self.splits, split, self.num_valid if split in self.limited else None)

    def labelled_rows(self, labels: int | None, seed: int, subset: str = BALANCED) -> np.ndarray:
        """List the rows of the training images that have labels where so many do; None: all.

        Raises:
            ConfigurationError: there are fewer training images, or no such `subset`.
        """
        rows = select_split(self.splits, "train", None)
        if labels is None:
            return rows
        return rows[select_labelled(self.targets[rows], labels, seed, subset)]

    def pretraining_rows(self, images: int | None, seed: int) -> np.ndarray:
        """List the rows of the images that pretrain, so many of them; None: all.

        Raises:
            ConfigurationError: there are fewer.
        """
        behind = np.arange(sum(self.splits), len(self.targets))
        rows = np.concatenate([select_split(self.splits, "train", None), behind])
        if images is None:
            return rows
        if not 1 <= images <= len(rows):
            raise ConfigurationError(
                f"{self.path}: {images} images asked for, to pretrain on: expected 1 to "
                f"{len(rows)}, all there are"
            )
        return select_pretraining(rows, images, seed)

    def read(
        self, rows: np.ndarray, device: torch.device, labels: Mapping[str, np.ndarray]
    ) -> Block:
        """Read images from contiguous chunks.

        Args:
            rows: of the prepared file, sorted.
            device: where they go.
            labels: of all images, by task.

        Raises:
            DataError: some are damaged, which are named.
        """
        with open_hdf5(self.path) as file, report_damage(self.path):
            images = read_rows(file, "data", rows, device)
            maps = read_rows(file, "targets", rows, device) if self.dense else None
        return Block(
            send(images, device),
            {name: send(values[rows], device) for name, values in labels.items()},
            None if maps is None else send(maps, device),
            send(rows, device),
        )


def read_rows(file: h5py.File, name: str, rows: np.ndarray, device: torch.device) -> np.ndarray:
    """Read sorted `rows` of a dataset for a device, a chunk at a time, and verify them.

    Raises:
        DataError: some of them, which are named, do not agree with their checksums or, where the
            file has none, are not finite.
    """
    data, checksums = file[name], read_checksums(file, name, rows)
    values = make_buffer((len(rows), *data.shape[1:]), data.dtype, device)
    size = data.chunks[0] if data.chunks else WITHOUT_CHUNKS
    edges = [0, *np.flatnonzero(np.diff(rows // size)) + 1, len(rows)]
    for part in map(slice, edges[:-1], edges[1:]):
        wanted, found = rows[part], values[part]
        chunk = slice(wanted[0], wanted[-1] + 1)
        if chunk.stop - chunk.start == len(wanted):
            data.read_direct(found, chunk)  # which copies nothing
        else:
            found[:] = data[chunk][wanted - wanted[0]]
        if checksums is None:
            require_finite(file, name, wanted, found)
        else:
            verify_rows(file, name, wanted, found, checksums[part])
    return values


def hash_contents(file: h5py.File) -> Iterator[str]:
    """Hash all numbers that a prepared file holds: images by their checksums, or some of them."""
    for name in sorted(file):
        stored = file[name]
        if not isinstance(stored, h5py.Dataset) or stored.dtype.kind not in "iufb":
            continue  # names of files, which are places
        if name == "data" or stored.ndim == 4:
            if name + SUFFIX in file:
                continue  # its checksums are hashed
            rows = np.unique(np.linspace(0, len(stored) - 1, SAMPLED).astype(int))
            values = np.stack([stored[row] for row in rows])
        else:
            values = np.asarray(read_whole(file, name))
        yield f"{name} {stored.dtype} {stored.shape} {hash_array(values)}"
