"""Normalisation of many images by the colours met so far."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from skimage.color import rgb2lab

from selfstudy.data.colour import STATISTICS, Normaliser


@pytest.fixture
def images():
    """Images (30, 48, 48, 3) of few colours, which images share, and of many."""
    rng = np.random.default_rng(0)
    images = rng.integers(0, 256, (30, 48, 48, 3), dtype=np.uint8)
    images[::3] //= 64
    images[0, 0, :2] = [[0, 0, 0], [255, 255, 255]]
    return images


@pytest.mark.parametrize("dataset", ["rendered", "cifar"])
@pytest.mark.parametrize("space", ["lab", "rgb"])
def test_values_equal_those_of_scikit_image(images, space, dataset):
    statistics = STATISTICS[dataset][space]
    normalise = Normaliser(space, statistics)
    values = (rgb2lab(images) if space == "lab" else images) - np.array(statistics.mean)
    expected = (values / statistics.std).astype(np.float16).transpose(0, 3, 1, 2)
    for _ in range(2):  # colours met first, and known ones
        np.testing.assert_array_equal(normalise(images), expected)


def test_threads_share_colours(images):
    normalise = Normaliser("lab", STATISTICS["rendered"]["lab"])
    with ThreadPoolExecutor(4) as pool:
        results = list(pool.map(normalise, [images] * 8))
    expected = Normaliser("lab", STATISTICS["rendered"]["lab"])(images)
    for result in results:
        np.testing.assert_array_equal(result, expected)
