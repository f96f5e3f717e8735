"""Bicubic resizing, bit for bit as Pillow does it and about three times as fast."""

from functools import lru_cache

import numpy as np
from numba import njit

BITS = 22  # of Pillow's weights, behind the point


def resize_bicubic(pixels: np.ndarray, resolution: int) -> np.ndarray:
    """Resize RGB pixels (size, size, 3) uint8 to (resolution, resolution, 3) uint8.

    Square ones only: for others Pillow may resize the columns first, which rounds otherwise.
    """
    size = len(pixels)
    return pixels if size == resolution else resample(pixels, compute_weights(size, resolution))


@lru_cache
def compute_weights(size: int, resolution: int) -> np.ndarray:
    """Compute what each of `size` pixels adds to each of `resolution`: (resolution, size) int32.

    In units of 2^-BITS. The cubic (a = -0.5) widens as the image shrinks, which antialiases.
    """
    scale = size / resolution
    centres = (np.arange(resolution) + 0.5) * scale
    x = np.abs(np.arange(size) + 0.5 - centres[:, None]) / max(scale, 1)
    near = (1.5 * x - 2.5) * x * x + 1
    far = (((x - 5) * x + 8) * x - 4) * -0.5
    values = np.where(x < 1, near, np.where(x < 2, far, 0))
    values *= 2**BITS / values.sum(axis=1, keepdims=True)
    return np.trunc(values + np.copysign(0.5, values)).astype(np.int32)


@njit(nogil=True, cache=True)
def resample(pixels: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Resize pixels (size, size, 3) in width, then in height, by weights (resolution, size).

    Columns are made rows for the first: whole rows are summed many values at a time.
    """
    resolution, size = weights.shape
    columns = transpose(pixels).reshape(size, -1)
    narrow = transpose(combine(columns, weights).reshape(resolution, size, 3))
    return combine(narrow.reshape(size, -1), weights).reshape(resolution, resolution, 3)


@njit(nogil=True, cache=True)
def transpose(pixels: np.ndarray) -> np.ndarray:
    """Copy pixels (height, width, 3) to (width, height, 3)."""
    height, width, _ = pixels.shape
    result = np.empty((width, height, 3), np.uint8)
    for y in range(height):
        for x in range(width):
            # Not a loop, which would take twice as long.
            result[x, y, 0] = pixels[y, x, 0]
            result[x, y, 1] = pixels[y, x, 1]
            result[x, y, 2] = pixels[y, x, 2]
    return result


@njit(nogil=True, cache=True)
def combine(rows: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Sum rows (k, n) uint8, weighted by (m, k), to (m, n) uint8, rounded and clipped."""
    count, size = len(weights), rows.shape[1]
    result = np.empty((count, size), np.uint8)
    total = np.empty(size, np.int32)
    for m in range(count):
        total[:] = 2 ** (BITS - 1)  # so that the shift rounds
        for k in range(len(rows)):
            weight, row = weights[m, k], rows[k]
            if weight:
                for i in range(size):
                    total[i] += weight * np.int32(row[i])
        for i in range(size):
            result[m, i] = min(max(total[i] >> np.int32(BITS), np.int32(0)), np.int32(255))
    return result
