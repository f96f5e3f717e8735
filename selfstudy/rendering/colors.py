"""Colours by hue, saturation and value."""

import matplotlib.colors
import numpy as np


def convert_hsv(hsv: np.ndarray) -> np.ndarray:
    """Convert HSV (..., 3) to RGB: hue in turns, any number; the others are clipped to 0 to 1."""
    hsv = np.concatenate([hsv[..., :1] % 1, np.clip(hsv[..., 1:], 0, 1)], axis=-1)
    return matplotlib.colors.hsv_to_rgb(hsv)
