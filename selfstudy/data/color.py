"""Conversion of images to the colour space that they are prepared in."""

import numpy as np
from numba import njit

from selfstudy.data.spaces import STATISTICS, TO_XYZ, Statistics

# A cubic within 9 % of the cube root, from 0.0088 to 1.1: where the iteration begins.
FIRST = (0.19963, 2.96331, -4.74847, 2.56461)


def convert_color(pixels: np.ndarray, space: str) -> np.ndarray:
    """Convert encoded sRGB (p, 3) uint8 to `space`: "lab", float32 (p, 3), or "rgb", the same."""
    return pixels if space == "rgb" else compute_lab(pixels, LINEAR, np.zeros(3), np.ones(3)).T


def normalise(images: np.ndarray, space: str, statistics: Statistics | None = None) -> np.ndarray:
    """Convert images to `space` and normalise them.

    Args:
        images: encoded sRGB, uint8 (n, h, w, 3).
        space: "lab" or "rgb".
        statistics: those of rendered images unless others are given.

    Returns:
        float16 (n, 3, h, w).
    """
    mean, std = map(np.array, statistics or STATISTICS["rendered"][space])
    count, height, width, channels = images.shape
    if space == "rgb":
        return ((images - mean) / std).transpose(0, 3, 1, 2).astype(np.float16)
    result = np.empty((count, channels * height * width), np.uint16)
    for image, bits in zip(images, result, strict=True):
        round_to_half(compute_lab(image.reshape(-1, 3), LINEAR, mean, std).ravel(), bits)
    return result.view(np.float16).reshape(count, channels, height, width)


def linearise(encoded: np.ndarray) -> np.ndarray:
    """Decode sRGB, from 0 to 1, to linear light."""
    return np.where(encoded > 0.04045, ((encoded + 0.055) / 1.055) ** 2.4, encoded / 12.92)


LINEAR = linearise(np.arange(256) / 255)


@njit(nogil=True, cache=True, error_model="numpy")
def compute_lab(
    pixels: np.ndarray, linear: np.ndarray, mean: np.ndarray, std: np.ndarray
) -> np.ndarray:
    """Compute normalised CIE Lab (3, p) float32 of encoded sRGB (p, 3) uint8.

    Computed in float64: the a and b of greys are small differences of large numbers.
    """
    count = len(pixels)
    red, green, blue = np.empty(count), np.empty(count), np.empty(count)
    for p in range(count):
        red[p], green[p], blue[p] = linear[pixels[p, 0]], linear[pixels[p, 1]], linear[pixels[p, 2]]
    result = np.empty((3, count), np.float32)
    for p in range(count):
        x = _take_root(_mix(TO_XYZ[0], red[p], green[p], blue[p]))
        y = _take_root(_mix(TO_XYZ[1], red[p], green[p], blue[p]))
        z = _take_root(_mix(TO_XYZ[2], red[p], green[p], blue[p]))
        result[0, p] = (116 * y - 16 - mean[0]) / std[0]
        result[1, p] = (500 * (x - y) - mean[1]) / std[1]
        result[2, p] = (200 * (y - z) - mean[2]) / std[2]
    return result


@njit(nogil=True, error_model="numpy", inline="always")
def _mix(weights: np.ndarray, red: float, green: float, blue: float) -> float:
    return weights[0] * red + weights[1] * green + weights[2] * blue


@njit(nogil=True, error_model="numpy", inline="always")
def _take_root(t: float) -> float:
    """Take the cube root of t, or, near 0, a line.

    Two of Halley's steps, which processors take for several pixels at a time.
    """
    root = FIRST[0] + t * (FIRST[1] + t * (FIRST[2] + t * FIRST[3]))
    for _ in range(2):
        cube = root * root * root
        root = root * (cube + 2 * t) / (2 * cube + t)
    return root if t > 0.008856 else 7.787 * t + 16 / 116


@njit(nogil=True, cache=True, error_model="numpy")
def round_to_half(values: np.ndarray, result: np.ndarray) -> None:
    """Write the bits, uint16 (n,), of the float16 nearest to finite float32 `values` (n,).

    Values are below 65504. NumPy does the same, one by one.
    """
    bits = values.view(np.uint32)
    for i in range(len(values)):
        size = bits[i] & np.uint32(0x7FFFFFFF)
        # The exponent's bias changes from 127 to 15, and 13 bits go, ties to even.
        normal = (size - np.uint32(0x37FFF001) + ((size >> 13) & np.uint32(1))) >> 13
        subnormal = np.uint32(np.rint(np.abs(values[i]) * np.float32(2**24)))
        half = normal if size >= np.uint32(0x38800000) else subnormal
        result[i] = (bits[i] >> 16) & np.uint32(0x8000) | half
