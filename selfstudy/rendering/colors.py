"""Colours by hue, saturation and value."""

import numpy as np


def hsv_to_rgb(hsv: np.ndarray) -> np.ndarray:
    """HSV (..., 3) as RGB: hue in turns, any number; saturation and value clipped to 0 to 1."""
    hue, saturation, value = np.moveaxis(hsv, -1, 0)[..., None]
    saturation, value = np.clip(saturation, 0, 1), np.clip(value, 0, 1)
    pure = np.clip(np.abs((6 * hue + [0, 4, 2]) % 6 - 3) - 1, 0, 1)
    return value * (1 - saturation + saturation * pure)
