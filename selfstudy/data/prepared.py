"""The prepared format: normalised images as training reads them, in `data_{resolution}_lab.h5`.

Preparation of rendered images, of CIFAR and of own images writes it. A file holds `data`, float16
(n, 3, resolution, resolution), in the order training, validation, test and, where there are such,
images without labels, row behind row; `targets`: classes, int64 (n,), -1 without a label, or for
multi-object data instance id, semantic id and depth of each pixel, uint8 (n, 3, resolution,
resolution); and what else is known of each image. Its attributes are those of `Description`, and
the `version` that wrote it. `data_crc32`, and `targets_crc32` of dense ones, are checksums of the
rows.
"""

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from importlib.metadata import version
from multiprocessing import get_context
from pathlib import Path
from typing import NamedTuple, TypeVar

import h5py
import numpy as np

from selfstudy.data.checksums import (
    CHECKSUM,
    FORMAT,
    RESERVE,
    checksum_rows,
    write_checksums,
)
from selfstudy.data.spaces import Statistics
from selfstudy.errors import DataError
from selfstudy.files import require_space, write_whole

BATCH = 2048  # images converted at a time, and
BATCH_PIXELS = 2**21  # pixels at most, which bounds the memory
TEXT = h5py.string_dtype()

T, R = TypeVar("T"), TypeVar("R")


class Description(NamedTuple):
    """What a prepared file is and how it was made."""

    dataset: str
    resolution: int
    color_space: str  # "lab" or "rgb"
    statistics: Statistics  # that it is normalised by; attributes `mean` and `std`
    classes: Sequence[str]
    splits: tuple[int, int, int]  # images that train, validate and test
    source: str
    inputs_sha256: str
    seed: int | None = None  # of the order; None: as the source has it
    left_out: int | None = None  # images of one's own that are not among them
    depth: int | None = None  # bits that images of sixteen bits were taken to use
    unlabelled: int | None = None  # images without labels, which pretrain


def read_color_space(file: h5py.File) -> str | None:
    """Read a prepared file's colour space, "lab" or "rgb"; the authors' files do not say it."""
    return file.attrs.get("color_space", file.attrs.get("colour_space"))  # once spelt otherwise


def write_prepared(
    output: str | Path,
    about: Description,
    fields: Iterable[tuple[str, np.ndarray]],
    read: Callable[[slice], np.ndarray],
    read_targets: Callable[[slice], np.ndarray] | None = None,
    progress: Callable[[int], object] = lambda images: None,
    processes: int = 1,
) -> None:
    """Write a prepared file.

    Args:
        output: the prepared file.
        about: what the file is; its attributes.
        fields: what is stored beside the images, by name, one after another: `targets` (n,) among
            them unless they are dense.
        read: gives the images of some rows, encoded sRGB (rows, resolution, resolution, 3) uint8.
        read_targets: gives their dense targets, likewise.
        progress: is told how many images have finished since it was told last.
        processes: that read and convert images.

    Raises:
        DataError: the disk is full, or the place cannot be written.
    """
    from selfstudy.data.color import normalise  # which brings a compiler, that readers spare

    shape = (sum(about.splits) + (about.unlabelled or 0), 3, about.resolution, about.resolution)
    stored = {"data": np.float16} | ({} if read_targets is None else {"targets": np.uint8})
    needs = int(np.prod(shape)) * sum(np.dtype(kind).itemsize for kind in stored.values())
    attributes = about._asdict() | about.statistics._asdict() | {"version": version("selfstudy")}
    del attributes["statistics"]
    with write_whole(output, needs) as temporary:
        # Its attributes may exceed 64 KiB, too: the names of thousands of classes.
        with h5py.File(temporary, "w", libver=FORMAT, locking=False) as file:
            file.attrs.update({k: value for k, value in attributes.items() if value is not None})
            for name, values in fields:
                require_space(temporary, needs + values.nbytes)
                # HDF5 has no checksums of texts, whose length differs.
                file.create_dataset(name, data=values, fletcher32=values.dtype.kind != "O")
                del values  # before the next are made
            starts = {
                name: reserve_dataset(file, name, shape, kind) for name, kind in stored.items()
            }

        # HDF5 has laid the file out, and closed it: now processes write side by side.
        with temporary.open("r+b", buffering=0) as pixels:

            def write_batch(batch: slice) -> dict[str, np.ndarray]:
                rows = {"data": normalise(read(batch), about.color_space, about.statistics)}
                if read_targets is not None:
                    rows["targets"] = read_targets(batch).transpose(0, 3, 1, 2)
                checksums = {}
                for name, values in rows.items():
                    contiguous = np.ascontiguousarray(values)
                    write_rows(pixels.fileno(), contiguous, starts[name], batch)
                    checksums[name] = checksum_rows(contiguous)
                return checksums

            size = max(1, min(BATCH, BATCH_PIXELS // about.resolution**2))
            batches = [slice(i, min(i + size, shape[0])) for i in range(0, shape[0], size)]
            if processes > 1:
                write_batch(slice(0, 1))  # so that its copies have the compiled functions loaded
            written = []
            for checksums in map_in_processes(write_batch, batches, processes):
                written.append(checksums)
                progress(len(checksums["data"]))
        require_space(temporary, RESERVE + shape[0] * CHECKSUM * len(stored))
        with h5py.File(temporary, "r+", libver=FORMAT, locking=False) as file:
            for name in stored:
                write_checksums(file, name, np.concatenate([batch[name] for batch in written]))


def reserve_dataset(file: h5py.File, name: str, shape: tuple[int, ...], dtype: np.dtype) -> int:
    """Make a dataset without filling it; give where in the file it begins."""
    layout = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
    layout.set_alloc_time(h5py.h5d.ALLOC_TIME_EARLY)
    layout.set_fill_time(h5py.h5d.FILL_TIME_NEVER)
    return file.create_dataset(name, shape, dtype, dcpl=layout).id.get_offset()


def write_rows(file: int, values: np.ndarray, start: int, rows: slice) -> None:
    """Write the values, contiguous, of some rows into the dataset that begins at `start`."""
    content = memoryview(values.ravel().view(np.uint8))
    place = start + rows.start * values[0].nbytes
    while content:  # the system may write less than it is given
        written = os.pwrite(file, content, place)
        content, place = content[written:], place + written


def map_in_processes(work: Callable[[T], R], items: Sequence[T], processes: int) -> Iterator[R]:
    """Apply `work` to each item, in order, by copies of this process.

    Threads would wait for each other: HDF5 lets in one at a time, and so does Python.

    Raises:
        DataError: a copy was killed.
    """
    if processes == 1:
        yield from map(work, items)
        return
    with ProcessPoolExecutor(processes, get_context("fork"), _given.append, (work,)) as pool:
        try:
            yield from pool.map(_work, items)
        except BrokenProcessPool as error:
            raise DataError(
                "a process of preparation was killed: is there too little memory?"
            ) from error


_given: list[Callable] = []  # in a copy of this process: what it was made for


def _work(item: object) -> object:
    return _given[-1](item)
