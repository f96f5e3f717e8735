"""The colour spaces of prepared images, in numbers, and the statistics of known ones (study)."""

from typing import NamedTuple

import numpy as np

# From linear sRGB to XYZ, over the white point (D65, 2 degrees), as in scikit-image.
TO_XYZ = np.array(
    [
        [0.412453, 0.357580, 0.180423],
        [0.212671, 0.715160, 0.072169],
        [0.019334, 0.119193, 0.950227],
    ]
) / np.array([[0.95047], [1.0], [1.08883]])


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
