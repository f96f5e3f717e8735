"""Own images: from files with labels to one prepared array."""

import hashlib
import logging
import os
import re
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np

from selfstudy.data.color import Statistics, convert_color
from selfstudy.data.dataset import BaseDataset
from selfstudy.data.decoding import decode_image
from selfstudy.data.prepared import BATCH, TEXT, Description, write_prepared
from selfstudy.data.sources import Labelled, find_images
from selfstudy.data.splits import SPLITS
from selfstudy.errors import ConfigurationError, DataError

NAMED = 10  # unreadable images that a message names
FLAT = 0.01  # standard deviation below which a channel holds nothing but rounding errors
INTEGER = re.compile(r"-?\d+")
log = logging.getLogger("selfstudy")


class ImageDataset(BaseDataset):
    """Own images, as `prepare_images` writes them."""


def prepare_images(
    source: str | Path,
    output: str | Path,
    resolution: int,
    space: str,
    seed: int,
    valid: float = 0.1,
    test: float = 0.1,
    unreadable: str = "refuse",
    threads: int = 1,
    progress: Callable[[int], object] = lambda images: None,
) -> None:
    """Write a prepared file from the images of a folder or a table.

    Images are cropped to their central square, resized to `resolution` pixels (bicubic,
    antialiased) and stored in `space` ("lab" or "rgb"), normalised by the mean and the standard
    deviation of the training images, in random order within their split. Beside them lie `files`,
    their names, and `skipped`, the names of those that cannot be read.

    Args:
        source: the folder or the table, as `find_images` takes it.
        output: the prepared file.
        resolution: width and height of the stored images.
        space: "lab" or "rgb".
        seed: of the order, and of the splits where they are drawn.
        valid: share of each class's images that validates, where the source does not say which.
        test: the same of those that test.
        unreadable: "refuse" the source if images cannot be read, or "skip" these.
        threads: images decoded at a time.
        progress: is told of images twice: when they were found readable, and when they are stored.

    Raises:
        DataError: the source does not make sense, or images cannot be read.
        ConfigurationError: an argument is out of range.
    """
    check_arguments(space, valid, test, unreadable)
    shares = {"valid": valid, "test": test}
    found = find_images(source)
    classes = sort_classes(found)
    if len(classes) < 2:
        raise DataError(f"{source}: expected two classes or more, found {len(classes)}")
    assign_splits(source, found, classes, shares, seed)  # so that it fails now, not after the work
    inputs_sha256 = hash_source(found)
    with ThreadPoolExecutor(threads) as pool:
        # All images are decoded twice: they are normalised by what is known only after the last
        # one, and may not fit into memory until then.
        moments = {}
        failed = {}
        for start in range(0, len(found), BATCH):
            batch = found[start : start + BATCH]
            results = pool.map(lambda image: measure_image(image.path, resolution, space), batch)
            for image, result in zip(batch, results, strict=True):
                (failed if isinstance(result, DataError) else moments)[image.name] = result
            progress(len(batch))
        if failed:
            report_unreadable(source, len(found), failed, unreadable)
            found = [image for image in found if image.name in moments]
        rows = assign_splits(source, found, classes, shares, seed)
        images = [found[row] for row in np.concatenate(rows)]
        numbers = {name: number for number, name in enumerate(classes)}
        name = Path(source).resolve().name
        write_prepared(
            output,
            Description(
                dataset=name,
                resolution=resolution,
                color_space=space,
                statistics=pool_statistics(
                    [moments[image.name] for image in images[: len(rows[0])]]
                ),
                classes=classes,
                splits=tuple(map(len, rows)),
                source=name,
                inputs_sha256=inputs_sha256,
                seed=seed,
            ),
            [
                ("targets", np.array([numbers[image.label] for image in images], np.int64)),
                ("files", np.array([image.name for image in images], TEXT)),
                ("skipped", np.array(list(failed), TEXT)),
            ],
            lambda batch: np.stack(
                list(pool.map(lambda image: decode_image(image.path, resolution), images[batch]))
            ),
            progress=progress,
        )


def check_arguments(space: str, valid: float, test: float, unreadable: str) -> None:
    """Raise ConfigurationError unless the arguments of `prepare_images` are within their range."""
    for key, value, expected in (
        ("space", space, ("lab", "rgb")),
        ("unreadable", unreadable, ("refuse", "skip")),
    ):
        if value not in expected:
            raise ConfigurationError(f"{key} = {value!r}: expected {' or '.join(expected)}")
    if not (valid > 0 and test > 0 and valid + test < 1):
        raise ConfigurationError(
            f"valid = {valid}, test = {test}: expected shares above 0 that leave some for training"
        )


def sort_classes(found: Sequence[Labelled]) -> list[str]:
    """Sort all labels: by number if all are integers."""
    names = sorted({image.label for image in found})
    return sorted(names, key=int) if all(map(INTEGER.fullmatch, names)) else names


def assign_splits(
    source: str | Path,
    found: Sequence[Labelled],
    classes: Sequence[str],
    shares: Mapping[str, float],
    seed: int,
) -> list[np.ndarray]:
    """Give the rows of `found` that train, validate and test, each in random order.

    Splits that the source does not have are drawn from its training images, `shares` of every
    class, and one image at least.

    Raises:
        DataError: a class, which is named, has too few images to train and be drawn from.
    """
    rng = np.random.default_rng(seed)
    splits = np.array([image.split for image in found])
    drawn = {split: share for split, share in shares.items() if split not in splits}
    training: dict[str, list[int]] = {name: [] for name in classes}
    for row, image in enumerate(found):
        if image.split == "train":
            training[image.label].append(row)
    for name, rows in training.items():
        counts = {split: max(1, round(share * len(rows))) for split, share in drawn.items()}
        needed = 1 + sum(counts.values())
        if len(rows) < needed:
            raise DataError(
                f"{source}: class {name!r}: expected {needed} images or more for "
                f"{', '.join(['train', *drawn])}, found {len(rows)}"
            )
        left = rng.permutation(rows)
        for split, count in counts.items():
            splits[left[:count]] = split
            left = left[count:]
    return [rng.permutation(np.flatnonzero(splits == split)) for split in SPLITS]


def hash_source(found: Sequence[Labelled]) -> str:
    """Hash the images' names, sizes, labels and splits; their contents would take long."""
    digest = hashlib.sha256()
    for image in found:
        try:
            size = os.path.getsize(image.path)
        except OSError:
            size = -1  # missing, which is reported with all that cannot be read
        digest.update(repr((image.name, size, image.label, image.split)).encode())
    return digest.hexdigest()


def measure_image(path: str, resolution: int, space: str) -> np.ndarray | DataError:
    """Average an image's channels and their squares (2, 3), or give why it cannot be read."""
    try:
        pixels = decode_image(path, resolution).reshape(-1, 3)
        values = convert_color(pixels, space).astype(np.float64)
    except DataError as error:
        return error
    return np.stack([values.mean(0), np.square(values).mean(0)])


def pool_statistics(moments: Sequence[np.ndarray]) -> Statistics:
    """Compute the statistics of images of one size from what `measure_image` gives of each."""
    mean, square = np.mean(moments, axis=0)
    std = np.sqrt(np.maximum(square - mean**2, 0))
    std[std < FLAT] = 1  # such as a and b of grey images
    return Statistics(tuple(mean), tuple(std))


def report_unreadable(
    source: str | Path, images: int, failed: Mapping[str, DataError], unreadable: str
) -> None:
    """Log which images cannot be read if these are to be skipped, else raise DataError."""
    names = list(failed)
    listed = ", ".join(names[:NAMED]) + (", ..." if len(names) > NAMED else "")
    message = f"{source}: {len(failed)} of {images} images cannot be read: {listed}"
    if unreadable == "refuse":
        raise DataError(f"{message}; the first: {failed[names[0]]}")
    log.warning("%s: left out", message)
