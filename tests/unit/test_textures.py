from itertools import islice

import numpy as np
import pytest

from selfstudy.rendering.settings import Rendering
from selfstudy.rendering.supply import supply_texture_images
from selfstudy.rendering.textures import FAMILIES, SIZE, TEXELS, build_pyramids, make_texture


@pytest.mark.parametrize("family", FAMILIES, ids=lambda family: family.__name__)
def test_patterns_fill_the_range_and_vary(family):
    patterns = [family(np.random.default_rng(seed)) for seed in range(4)]
    for pattern in patterns:
        assert pattern.shape == (SIZE, SIZE)
        assert pattern.min() >= -1e-6
        assert pattern.max() <= 1 + 1e-6
        assert pattern.std() > 0.02
    assert not np.allclose(patterns[0], patterns[1])


@pytest.mark.parametrize("family", FAMILIES, ids=lambda family: family.__name__)
def test_patterns_repeat_without_a_seam(family):
    for seed in range(6):
        pattern = family(np.random.default_rng(seed))
        for turned in (pattern, pattern.T):
            inside = np.abs(np.diff(turned, axis=0)).mean(axis=1)
            seam = np.abs(turned[0] - turned[-1]).mean()
            assert seam <= 1.5 * inside.max() + 1e-6


def test_the_pyramid_averages():
    images = [make_texture(np.random.default_rng(seed)) for seed in range(3)]
    pool = build_pyramids(images)
    assert pool.shape == (3, TEXELS, 3)
    assert pool.dtype == np.float32
    top = pool[:, : SIZE * SIZE]
    np.testing.assert_allclose(top[1].reshape(SIZE, SIZE, 3), images[1] ** 2.2, rtol=1e-6)
    np.testing.assert_allclose(pool[:, -1], top.mean(axis=1), rtol=1e-4)


def test_buckets_have_textures_of_their_own():
    first, again, other = (
        list(islice(supply_texture_images(Rendering(seed=1), bucket), 3)) for bucket in (0, 0, 1)
    )
    np.testing.assert_array_equal(first, again)
    assert not np.allclose(first, other)
    assert not np.allclose(first[0], first[1])


def test_textures_are_images():
    image = make_texture(np.random.default_rng(0))
    assert image.shape == (SIZE, SIZE, 3)
    assert 0 <= image.min() < image.max() <= 1
