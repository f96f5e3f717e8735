import numpy as np
import pytest

from selfstudy.rendering import textures
from selfstudy.rendering.textures import FAMILIES, LEVELS, SIZE, TEXELS, make_texture


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


def test_the_pyramid_averages_and_buckets_differ(monkeypatch):
    monkeypatch.setattr(textures, "POOL", 3)
    pool = textures.texture_pool(seed=1, bucket=0)
    assert pool.shape == (3, TEXELS, 3)
    assert pool.dtype == np.float32
    assert len(range(LEVELS)) == 8
    top = pool[:, : SIZE * SIZE]
    np.testing.assert_allclose(pool[:, -1], top.mean(axis=1), rtol=1e-4)
    assert top.min() >= 0
    assert top.max() <= 1
    assert not np.allclose(pool[0], pool[1])
    assert not np.allclose(pool, textures.texture_pool(seed=1, bucket=1))
    np.testing.assert_array_equal(pool, textures.texture_pool(seed=1, bucket=0))


def test_textures_are_images():
    image = make_texture(np.random.default_rng(0))
    assert image.shape == (SIZE, SIZE, 3)
    assert 0 <= image.min() < image.max() <= 1
