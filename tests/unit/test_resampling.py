"""Bicubic resizing against Pillow."""

import numpy as np
import pytest
from PIL import Image

from selfstudy.data.resampling import resize_bicubic


@pytest.mark.parametrize(
    ("size", "resolution"),
    [(128, 64), (64, 32), (64, 64), (128, 48), (131, 37), (20, 50), (2, 3), (1, 8), (300, 7)],
)
@pytest.mark.parametrize("values", [(0, 255), (0, 1, 254, 255)])
def test_every_pixel_equals_pillow(size, resolution, values):
    rng = np.random.default_rng(resolution)
    for _ in range(10):
        # Extreme values overshoot, and are clipped between the two passes.
        pixels = rng.choice(np.array(values), (size, size, 3)).astype(np.uint8)
        pixels[::2] = rng.integers(0, 256, pixels[::2].shape)
        image = Image.fromarray(pixels).resize((resolution, resolution), Image.Resampling.BICUBIC)
        np.testing.assert_array_equal(resize_bicubic(pixels, resolution), np.asarray(image))
