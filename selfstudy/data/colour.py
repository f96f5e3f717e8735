"""Colour spaces of prepared images, and their statistics (study, "Datasets")."""

from typing import NamedTuple

import numpy as np
from skimage.color import rgb2lab


class Statistics(NamedTuple):
    mean: tuple[float, float, float]
    std: tuple[float, float, float]


STATISTICS = {
    "lab": Statistics((38.44, 3.03, 4.77), (17.42, 9.41, 11.37)),
    "rgb": Statistics((98.12, 89.92, 84.36), (43.95, 42.66, 44.05)),
}


def normalised(images: np.ndarray, space: str) -> np.ndarray:
    """Encoded sRGB (n, h, w, 3) uint8 to normalised (n, 3, h, w) float16 in `space`."""
    mean, std = (np.array(values) for values in STATISTICS[space])
    values = rgb2lab(images) if space == "lab" else images
    return ((values - mean) / std).transpose(0, 3, 1, 2).astype(np.float16)
