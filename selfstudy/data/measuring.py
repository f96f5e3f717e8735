"""A first look at all images of a source: which can be read or are equal, what normalises them."""

import hashlib
import logging
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor
from pathlib import Path
from typing import NamedTuple

import numpy as np

from selfstudy.data.color import convert_color
from selfstudy.data.decoding import WIDE, convert_picture, read_picture
from selfstudy.data.labels import Labelled
from selfstudy.data.prepared import BATCH
from selfstudy.data.spaces import Statistics
from selfstudy.errors import DataError

NAMED = 10  # images that a message names
NARROW = 8  # bits
FLAT = 0.01  # standard deviation below which a channel holds nothing but rounding errors
log = logging.getLogger("selfstudy")


class Measured(NamedTuple):
    """What is known of a source's images, by their names.

    Attributes:
        moments: of each image the mean of its channels and of their squares (2, 3).
        contents: a fingerprint of each image's pixels, as they are prepared.
        failed: why images cannot be read.
        depth: bits that greys of sixteen bits use; None if there are none.
    """

    moments: dict[str, np.ndarray]
    contents: dict[str, bytes]
    failed: dict[str, DataError]
    depth: int | None


class Look(NamedTuple):
    """What is known of one image: moments and content, unless its depth is unknown, and more."""

    moments: np.ndarray | None
    content: bytes | None
    peak: int | None
    animated: bool


def measure_images(
    source: str | Path,
    images: Sequence[Labelled],
    resolution: int,
    space: str,
    pool: Executor,
    progress: Callable[[int], object],
) -> Measured:
    """Read all images once, and those of sixteen bits again, when their depth is known.

    Args:
        source: for the log.
        images: to be read.
        resolution: at which they are measured.
        space: "lab" or "rgb", likewise.
        pool: reads images side by side.
        progress: is told how many images were read since it was told last.
    """
    looks: dict[str, Look] = {}
    failed: dict[str, DataError] = {}

    def look(chosen: Sequence[Labelled], depth: int | None) -> None:
        results = pool.map(lambda image: look_at(image.path, resolution, space, depth), chosen)
        for image, result in zip(chosen, results, strict=True):
            (failed if isinstance(result, DataError) else looks)[image.name] = result

    for start in range(0, len(images), BATCH):
        batch = images[start : start + BATCH]
        look(batch, None)
        progress(len(batch))
    wide = [image for image in images if image.name in looks and looks[image.name].peak is not None]
    greys = [image for image in wide if looks[image.name].moments is None]
    colors = [image for image in wide if looks[image.name].moments is not None]
    depth = find_depth([looks[image.name].peak for image in greys])
    if depth:
        log.info("%s: %d greys of 16 bits: read as %d bits", source, len(greys), depth)
        look(greys, depth)
    used = find_depth([looks[image.name].peak for image in colors])
    if used and used < WIDE:
        for image in colors:
            failed[image.name] = DataError(
                f"{image.path}: cannot be read as an image: only {used} of the 16 bits of its "
                f"colours are used: expected 8 bits"
            )
    animated = [name for name, found in looks.items() if found.animated]
    if animated:
        log.warning(
            "%s: of %d images with several frames the first is read: %s",
            *(source, len(animated), list_names(animated)),
        )
    sound = {name: found for name, found in looks.items() if name not in failed}
    return Measured(
        {name: found.moments for name, found in sound.items()},
        {name: found.content for name, found in sound.items()},
        failed,
        depth,
    )


def look_at(path: str, resolution: int, space: str, depth: int | None) -> Look | DataError:
    """Look at an image, of whose greys `depth` bits are used, or give why it cannot be read."""
    try:
        picture = read_picture(path)
    except DataError as error:
        return error
    moments = content = None
    if depth or picture.peak is None or picture.cut:
        pixels = convert_picture(picture, resolution, depth or WIDE).reshape(-1, 3)
        content = hashlib.sha256(pixels.tobytes()).digest()
        values = convert_color(pixels, space).astype(np.float64)
        moments = np.stack([values.mean(0), np.square(values).mean(0)])
    return Look(moments, content, picture.peak, picture.animated)


def find_depth(peaks: Sequence[int]) -> int | None:
    """Find the fewest bits, eight at least, that hold all of these values; None without any."""
    return max(NARROW, max(peaks).bit_length()) if peaks else None


def pool_statistics(moments: Sequence[np.ndarray]) -> Statistics:
    """Compute the statistics of images of one size from the `moments` of each."""
    mean, square = np.mean(moments, axis=0)
    std = np.sqrt(np.maximum(square - mean**2, 0))
    std[std < FLAT] = 1  # such as a and b of grey images
    return Statistics(tuple(mean), tuple(std))


def report_failed(
    source: str | Path, images: int, failed: Mapping[str, DataError], unreadable: str
) -> None:
    """Log which files cannot be read if these are to be skipped, else raise DataError."""
    if not failed:
        return
    names = list(failed)
    message = f"{source}: {len(failed)} of {images} images cannot be read: {list_names(names)}"
    if unreadable == "refuse":
        raise DataError(f"{message}; the first: {failed[names[0]]}")
    log.warning("%s: left out", message)


def list_names(names: Sequence[str]) -> str:
    """List the first of these names."""
    return ", ".join(names[:NAMED]) + (", ..." if len(names) > NAMED else "")
