"""Own images: from files with labels to one prepared array."""

import hashlib
import os
import re
from collections.abc import Callable, Collection, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import numpy as np

from selfstudy.data.decoding import WIDE, decode_image
from selfstudy.data.labels import Labelled, escape_name
from selfstudy.data.measuring import measure_images, pool_statistics, report_failed
from selfstudy.data.prepared import TEXT, Description, write_prepared
from selfstudy.data.sources import find_images
from selfstudy.data.splits import SPLITS
from selfstudy.data.unlabelled import find_unlabelled, leave_out_equal
from selfstudy.errors import ConfigurationError, DataError
from selfstudy.measures import UNKNOWN

INTEGER = re.compile(r"-?\d+")


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
    ignore: Collection[str] = (),
    unlabelled: str | Path | None = None,
) -> None:
    """Write a prepared file from the images of a folder or a table.

    Images are cropped to their central square, resized to `resolution` pixels (bicubic,
    antialiased) and stored in `space` ("lab" or "rgb"), normalised by the mean and the standard
    deviation of the training images, in random order within their split. Beside them lie `files`,
    their names, and `skipped`, the names of those that cannot be read, or might be images and are
    none that is read; attribute `left_out`: how many. Greys of sixteen bits become eight by the
    fewest bits, eight at least, that hold the largest value of all of them: attribute `depth`.
    Images without labels follow those of all splits, in random order, but for those that are equal
    to others, pixel by pixel at that resolution: attribute `unlabelled`: how many.

    Args:
        source: the folder or the table, as `find_images` takes it.
        output: the prepared file.
        resolution: width and height of the stored images.
        space: "lab" or "rgb".
        seed: of the order, and of the splits where they are drawn.
        valid: share of each class's images that validates, where the source does not say which.
        test: the same of those that test.
        unreadable: "refuse" the source if there are such that would be skipped, or "skip" these.
        threads: images decoded at a time.
        progress: is told of images twice: when they were found readable, and when they are stored.
        ignore: columns of the table that say nothing here.
        unlabelled: a folder or a table of images without labels, as `find_unlabelled` takes it.

    Raises:
        DataError: a source does not make sense, or images cannot be read.
        ConfigurationError: an argument is out of range.
    """
    check_arguments(space, valid, test, unreadable)
    shares = {"valid": valid, "test": test}
    found, left_out = find_images(source, ignore)
    report_failed(source, len(found) + len(left_out), left_out, unreadable)
    others: list[Labelled] = []
    if unlabelled is not None:
        others, beside = find_unlabelled(unlabelled, source)
        report_failed(unlabelled, len(others) + len(beside), beside, unreadable)
        left_out = left_out | beside
    classes = sort_classes(found)
    if len(classes) < 2:
        raise DataError(f"{source}: expected two classes or more, found {len(classes)}")
    assign_splits(source, found, classes, shares, seed)  # so that it fails now, not after the work
    inputs_sha256 = hash_source([*found, *others])
    with ThreadPoolExecutor(threads) as pool:
        # All images are decoded twice: they are normalised by what is known only after the last
        # one, and may not fit into memory until then.
        measured = measure_images(source, [*found, *others], resolution, space, pool, progress)
        report_failed(source, len(found) + len(others), measured.failed, unreadable)
        found = [image for image in found if image.name not in measured.failed]
        rows = assign_splits(source, found, classes, shares, seed)
        images = [found[row] for row in np.concatenate(rows)]
        if unlabelled is not None:
            others = [image for image in others if image.name not in measured.failed]
            splits = np.repeat(SPLITS, [len(each) for each in rows])
            others = leave_out_equal(unlabelled, others, images, splits, measured.contents)
            images += [others[row] for row in np.random.default_rng(seed).permutation(len(others))]
        numbers = {name: number for number, name in enumerate(classes)}
        name = escape_name(Path(source).resolve().name)
        skipped = sorted([*left_out, *measured.failed])
        decode = partial(decode_image, resolution=resolution, depth=measured.depth or WIDE)
        write_prepared(
            output,
            Description(
                dataset=name,
                resolution=resolution,
                color_space=space,
                statistics=pool_statistics(
                    [measured.moments[image.name] for image in images[: len(rows[0])]]
                ),
                classes=classes,
                splits=tuple(map(len, rows)),
                source=name,
                inputs_sha256=inputs_sha256,
                seed=seed,
                left_out=len(skipped),
                depth=measured.depth,
                unlabelled=len(others) or None,
            ),
            [
                (
                    "targets",
                    np.array([numbers.get(image.label, UNKNOWN) for image in images], np.int64),
                ),
                ("files", np.array([image.name for image in images], TEXT)),
                ("skipped", np.array(skipped, TEXT)),
            ],
            lambda batch: np.stack(list(pool.map(decode, [image.path for image in images[batch]]))),
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
