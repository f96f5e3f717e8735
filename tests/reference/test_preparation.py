"""Preparation of rendered images against the authors' arrays."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from selfstudy.data.color import normalise
from selfstudy.data.prepare import resize

SAMPLE = Path(__file__).parent / "rendered_sample"


@pytest.mark.parametrize("space", ["lab", "rgb"])
def test_images_equal_the_authors_to_float16_rounding(space):
    expected = np.load(SAMPLE / "expected_32.npz")[space]
    paths = sorted((SAMPLE / "img").glob("*.png"))
    images = np.stack([resize(Image.open(path), 32) for path in paths])
    result = normalise(images, space)
    assert result.dtype == np.float16
    # One step of float16, which has 11 significant bits.
    np.testing.assert_allclose(result.astype(float), expected.astype(float), rtol=2**-10, atol=2e-7)
    assert (result == expected).mean() > 0.999
