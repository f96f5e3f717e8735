"""Packing of data that the authors' renderer, or one like it, left in a folder.

The folder holds `img/00000.png` or `.exr` and `img/00000.npy` for each sample. Its samples are in
the order of the twelve buckets, each of which has shapes of its own.
"""

import io
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
from PIL import Image

from selfstudy.data.decoding import UNREADABLE
from selfstudy.data.exr import read_exr
from selfstudy.data.names import BUCKETS
from selfstudy.data.packed import OBJECT, Sample, encode_png, write_packed
from selfstudy.data.prepare import draw_order
from selfstudy.errors import DataError
from selfstudy.files import require_file

SUFFIXES = (".png", ".exr")


def pack(
    folder: str | Path,
    output: str | Path,
    dataset: str,
    bucket: int,
    seed: int,
    progress: Callable[[int], object] = lambda images: None,
) -> None:
    """Write one bucket of a folder's samples.

    Training samples are shuffled among the first ten buckets, validation and test samples inside
    their own; the order depends on the seed alone.

    Args:
        folder: what the renderer left.
        output: the packed file.
        dataset: name of the dataset, stored as an attribute.
        bucket: 0 to 11.
        seed: of the order.
        progress: is told how many samples have finished since it was told last.

    Raises:
        DataError: images and metadata disagree, a file is damaged, or the number of samples cannot
            be divided into twelve buckets.
    """
    paths = find_samples(Path(folder))
    if len(paths) % BUCKETS:
        raise DataError(
            f"{folder}: {len(paths)} samples cannot be divided into {BUCKETS} equal buckets"
        )
    size = len(paths) // BUCKETS
    rows = draw_order(size, seed)[bucket * size : (bucket + 1) * size]
    chosen = [paths[row] for row in rows]

    def read_samples() -> Iterator[Sample]:
        expected = len(read_metadata(paths[0].with_suffix(".npy")))
        for path in chosen:
            sample = read_sample(path)
            if len(sample.objects) != expected:
                raise DataError(
                    f"{path}: {len(sample.objects)} objects, but {expected} in {paths[0]}"
                )
            yield sample
            progress(1)

    source = Path(folder).resolve().name  # not its place, which changes nothing
    attributes = {"dataset": dataset, "bucket": bucket, "seed": seed, "source": source}
    write_packed(output, size, read_samples(), attributes, rows)


def find_samples(folder: Path) -> list[Path]:
    """List the images of a folder in the order of their numbers.

    Raises:
        DataError: one is missing, or has no metadata, or is of another kind than the others.
    """
    images = folder / "img"
    if not images.is_dir():
        raise DataError(f"{images}: there is no such folder")
    names = {path.name for path in images.iterdir()}
    found = [name for name in names if name.endswith(SUFFIXES)]
    suffixes = {Path(name).suffix for name in found}
    if len(suffixes) != 1:
        raise DataError(
            f"{images}: expected images ending in one of {', '.join(SUFFIXES)}, found "
            f"{' and '.join(sorted(suffixes)) or 'none'}"
        )
    suffix = suffixes.pop()
    for number in range(len(found)):
        for name in (f"{number:05d}{suffix}", f"{number:05d}.npy"):
            if name not in names:
                raise DataError(f"{images / name}: missing, with {len(found)} images there")
    metadata = sum(name.endswith(".npy") for name in names)
    if metadata != len(found):
        raise DataError(f"{images}: {metadata} .npy files for {len(found)} images")
    return [images / f"{number:05d}{suffix}" for number in range(len(found))]


def read_sample(path: Path) -> Sample:
    """Read an image, as it is encoded or out of an EXR, and its metadata.

    Raises:
        DataError: the image or its metadata, which is named, is damaged.
    """
    objects = read_metadata(path.with_suffix(".npy"))
    if path.suffix == ".exr":
        image, targets = (encode_png(pixels) for pixels in read_exr(path))
        return Sample(image, objects, targets)
    try:
        require_file(path)
        content = path.read_bytes()
        with Image.open(io.BytesIO(content), formats=("PNG",)) as image:
            image.load()
    except UNREADABLE as error:
        raise DataError(f"{path}: cannot be read as PNG: {error}") from error
    if len(objects) != 1:
        raise DataError(f"{path}: {len(objects)} objects, but a PNG has no targets for every pixel")
    return Sample(content, objects)


def read_metadata(path: Path) -> np.ndarray:
    """Read a sample's objects, an array of dtype `OBJECT`.

    Raises:
        DataError: the file, which is named, is damaged or lacks a field.
    """
    try:
        require_file(path)
        objects = np.atleast_1d(np.load(path, allow_pickle=False))
    except Exception as error:  # NumPy parses the header as Python, which ends in anything
        raise DataError(f"{path}: cannot be read as a NumPy array: {error}") from error
    if objects.ndim != 1 or not len(objects) or set(objects.dtype.names or ()) != set(OBJECT.names):
        raise DataError(
            f"{path}: expected one row per object with the fields {', '.join(OBJECT.names)}, found "
            f"shape {objects.shape} and {objects.dtype}"
        )
    for field in OBJECT.names:
        if objects.dtype[field].shape != OBJECT[field].shape:
            raise DataError(
                f"{path}: {field!r}: expected shape {OBJECT[field].shape}, found "
                f"{objects.dtype[field].shape}"
            )
    return objects[list(OBJECT.names)].astype(OBJECT)
