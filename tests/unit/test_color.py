"""Colours equal scikit-image's, and float16 numbers NumPy's."""

import numpy as np
import pytest
from skimage.color import rgb2lab

from selfstudy.data.color import convert_color, normalise, round_to_half
from selfstudy.data.spaces import STATISTICS


@pytest.fixture
def images():
    """Images of random colours and of greys."""
    rng = np.random.default_rng(0)
    images = rng.integers(0, 256, (64, 48, 48, 3), dtype=np.uint8)
    images[::4] = images[::4, :, :, :1]
    images[0, 0, :2] = [[0, 0, 0], [255, 255, 255]]
    return images


@pytest.mark.parametrize("dataset", ["rendered", "cifar"])
@pytest.mark.parametrize("space", ["lab", "rgb"])
def test_values_equal_those_of_scikit_image(images, space, dataset):
    """But for one step of float16 where a value lies between two."""
    statistics = STATISTICS[dataset][space]
    values = (rgb2lab(images) if space == "lab" else images) - np.array(statistics.mean)
    exact = (values / statistics.std).transpose(0, 3, 1, 2)
    found = normalise(images, space, statistics)
    assert found.dtype == np.float16
    expected = exact.astype(np.float16)
    assert (found == expected).mean() > 0.9999
    np.testing.assert_array_max_ulp(found, expected, maxulp=1)


def test_lab_is_exact_to_a_millionth(images):
    pixels = images.reshape(-1, 3)
    np.testing.assert_allclose(convert_color(pixels, "lab"), rgb2lab(pixels), atol=1e-5)
    assert convert_color(pixels, "rgb") is pixels


def test_rounding_to_float16_is_numpys():
    rng = np.random.default_rng(0)
    values = [rng.normal(0, 10.0**power, 20_000) for power in range(-9, 4)]
    edges = [0, -0.0, 2**-14, 2**-24, 2**-25, 1.5 * 2**-24, 1 + 2**-11, 1 + 3 * 2**-11, 65000]
    values = np.concatenate([*values, edges]).astype(np.float32)
    bits = np.empty(len(values), np.uint16)
    round_to_half(values, bits)
    np.testing.assert_array_equal(bits, values.astype(np.float16).view(np.uint16))
