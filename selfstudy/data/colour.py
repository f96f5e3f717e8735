"""Colour spaces of prepared images, and the statistics of known ones (study, "Datasets")."""

from typing import NamedTuple

import numpy as np
from numba import njit

CACHED = 2**12  # pixels converted at a time: more leave the processor's cache, and take four times
SOUGHT = 2**15  # pixels looked up at a time: few are of one colour, and wait for it to be converted
SHIFTS = np.array([0, 8, 16], np.uint64)  # of the three bytes in the number of a colour
MET = np.uint64(2**48)  # in the word of a colour, above its three values


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


class Normaliser:
    """What `normalised` does, for many images: each colour is converted when first met, and kept.

    Several threads may share one. It takes up to 128 MiB, as colours are met.
    """

    def __init__(self, space: str, statistics: Statistics) -> None:
        self.space = space
        self.statistics = statistics
        # One word a colour, so that no thread sees half of one; 0 where it was not met yet.
        self.words = np.zeros(2**24, np.uint64)

    def __call__(self, images: np.ndarray) -> np.ndarray:
        """Encoded sRGB (n, h, w, 3) uint8 to normalised (n, 3, h, w) float16."""
        count, height, width, channels = images.shape
        pixels = images.reshape(count, -1, channels)
        result = np.empty((count, channels, height * width), np.uint16)
        size = max(1, SOUGHT // (height * width))
        for start in range(0, count, size):
            some = slice(start, start + size)
            unmet = look_up(pixels[some], self.words, result[some])
            if len(unmet):
                self.meet(unmet)
                look_up(pixels[some], self.words, result[some])
        return result.view(np.float16).reshape(count, channels, height, width)

    def meet(self, numbers: np.ndarray) -> None:
        """Convert the colours of these numbers (k,) uint64."""
        colours = (numbers[:, None] >> SHIFTS[::-1]).astype(np.uint8)
        values = normalised(colours[:, None, None], self.space, self.statistics)
        words = values.view(np.uint16).reshape(-1, 3).astype(np.uint64) << 2 * SHIFTS
        self.words[numbers] = words.sum(axis=1) + MET


@njit(nogil=True, cache=True)
def look_up(pixels: np.ndarray, words: np.ndarray, result: np.ndarray) -> np.ndarray:
    """Fill `result` (n, 3, p) uint16 for `pixels` (n, p, 3) uint8.

    Returns the numbers (k,) uint64 of the colours of those pixels that have no word yet.
    """
    unmet = np.empty(pixels.shape[0] * pixels.shape[1], np.uint64)
    count = 0
    for n in range(pixels.shape[0]):
        for p in range(pixels.shape[1]):
            number = np.uint64(0)
            for channel in range(3):
                number = number << np.uint64(8) | np.uint64(pixels[n, p, channel])
            word = words[number]
            if word == 0:
                unmet[count] = number
                count += 1
            for channel in range(3):
                result[n, channel, p] = word >> np.uint64(16 * channel)
    return unmet[:count]
