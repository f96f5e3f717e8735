"""Colour spaces of prepared images, and the statistics of known ones (study, "Datasets")."""

from typing import NamedTuple

import numpy as np

CACHED = 2**12  # pixels converted at a time: more leave the processor's cache, and take four times


class Statistics(NamedTuple):
    """Of each channel."""

    mean: tuple[float, float, float]
    std: tuple[float, float, float]


STATISTICS = {
    "rendered": {
        "lab": Statistics((38.44, 3.03, 4.77), (17.42, 9.41, 11.37)),
        "rgb": Statistics((98.12, 89.92, 84.36), (43.95, 42.66, 44.05)),
    },
    "cifar": {
        "lab": Statistics((50.84, 0.40, 5.73), (24.26, 10.15, 16.08)),
        "rgb": Statistics((125.32, 122.97, 113.89), (62.99, 62.09, 66.70)),
    },
}


def converted(images: np.ndarray, space: str) -> np.ndarray:
    """Encoded sRGB (..., 3) uint8 as values in `space`: "lab" (float64) or "rgb" (the same)."""
    if space == "rgb":
        return images
    # Slow to import, and training imports this module.
    from skimage.color import rgb2lab

    return rgb2lab(images)


def normalised(images: np.ndarray, space: str, statistics: Statistics | None = None) -> np.ndarray:
    """Encoded sRGB (n, h, w, 3) uint8 to normalised (n, 3, h, w) float16 in `space`.

    By the statistics of rendered images unless others are given.
    """
    mean, std = map(np.array, statistics or STATISTICS["rendered"][space])
    count, height, width, channels = images.shape
    result = np.empty((count, channels, height, width), np.float16)
    size = max(1, CACHED // (height * width))
    for start in range(0, count, size):
        values = (converted(images[start : start + size], space) - mean) / std
        result[start : start + size] = values.transpose(0, 3, 1, 2)
    return result
