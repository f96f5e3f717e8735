"""The prepared format: normalised images as training reads them, in `data_{resolution}_lab.h5`.

Preparation of rendered images, of CIFAR and of own images writes it. A file holds `data`, float16
(n, 3, resolution, resolution), in the order training, validation, test, in chunks of contiguous
rows; `targets`: classes, int64 (n,), or for multi-object data instance id, semantic id and depth of
each pixel, uint8 (n, 3, resolution, resolution); and what else is known of each image. Its
attributes are those of `Description`, and the `version` that wrote it.
"""

from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from importlib.metadata import version
from pathlib import Path
from typing import NamedTuple, TypeVar

import h5py
import numpy as np

from selfstudy.data.colour import Statistics, normalised
from selfstudy.files import written_whole

BATCH = 512  # images converted at a time, and
BATCH_PIXELS = 2**21  # pixels at most, which bounds the memory
CHUNK_BYTES = 2**20  # of contiguous rows, read and written at once
TEXT = h5py.string_dtype()

T, R = TypeVar("T"), TypeVar("R")


class Description(NamedTuple):
    """What a prepared file is and how it was made."""

    dataset: str
    resolution: int
    colour_space: str  # "lab" or "rgb"
    statistics: Statistics  # that it is normalised by; attributes `mean` and `std`
    classes: Sequence[str]
    splits: tuple[int, int, int]  # images that train, validate and test
    source: str
    inputs_sha256: str
    seed: int | None = None  # of the order; None: as the source has it


def prepared_name(resolution: int | str, space: str) -> str:
    """The name of a prepared file."""
    return f"data_{resolution}_lab.h5" if space == "lab" else f"data_{resolution}.h5"


def write_prepared(
    output: str | Path,
    about: Description,
    fields: Mapping[str, np.ndarray],
    read: Callable[[slice], np.ndarray],
    read_targets: Callable[[slice], np.ndarray] | None = None,
    progress: Callable[[int], object] = lambda images: None,
    threads: int = 1,
) -> None:
    """Write a prepared file.

    Args:
        fields: what is stored beside the images, `targets` (n,) among them unless they are dense.
        read: gives the images of some rows, encoded sRGB (rows, resolution, resolution, 3) uint8.
        read_targets: gives their dense targets, likewise.
        progress: is told of images as they finish.
        threads: batches that are read and converted at a time.

    Raises DataError if the disk is full or the place cannot be written.
    """
    shape = (sum(about.splits), 3, about.resolution, about.resolution)
    pixel = np.dtype(np.float16).itemsize + (read_targets is not None)
    needs = int(np.prod(shape)) * pixel + sum(values.nbytes for values in fields.values())
    attributes = about._asdict() | about.statistics._asdict() | {"version": version("selfstudy")}
    del attributes["statistics"]
    with (
        written_whole(output, needs) as temporary,
        # The first format whose attributes may exceed 64 KiB: the names of thousands of classes.
        h5py.File(temporary, "w", libver="v108") as file,
    ):
        file.attrs.update({k: value for k, value in attributes.items() if value is not None})
        for name, values in fields.items():
            file[name] = values
        rows = min(shape[0], max(1, CHUNK_BYTES // (2 * int(np.prod(shape[1:])))))
        chunks = (rows, *shape[1:])
        data = file.create_dataset("data", shape, np.float16, chunks=chunks)
        if read_targets is not None:
            targets = file.create_dataset("targets", shape, np.uint8, chunks=chunks)

        def convert(batch: slice) -> tuple[slice, np.ndarray, np.ndarray | None]:
            images = normalised(read(batch), about.colour_space, about.statistics)
            return batch, images, read_targets and read_targets(batch)

        size = max(1, min(BATCH, BATCH_PIXELS // about.resolution**2))
        batches = [slice(i, min(i + size, shape[0])) for i in range(0, shape[0], size)]
        for batch, images, dense in ahead(convert, batches, threads):
            data[batch] = images
            if dense is not None:
                targets[batch] = dense.transpose(0, 3, 1, 2)
            progress(len(images))


def ahead(work: Callable[[T], R], items: Sequence[T], threads: int) -> Iterator[R]:
    """What `work` makes of each item, in order, by so many threads.

    No more than one result a thread waits, which bounds the memory.
    """
    with ThreadPoolExecutor(threads) as pool:
        waiting = deque()
        for item in items:
            waiting.append(pool.submit(work, item))
            if len(waiting) > threads:
                yield waiting.popleft().result()
        for future in waiting:
            yield future.result()
