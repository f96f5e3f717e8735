"""A user's textures, and how varied the procedural shapes are."""

import h5py
import numpy as np
import pytest
from own_meshes import write_textures

from selfstudy.errors import DataError
from selfstudy.rendering.own_textures import BORDER, collect_textures, make_seamless, read_textures
from selfstudy.rendering.render import render_bucket
from selfstudy.rendering.settings import Rendering
from selfstudy.rendering.streams import Tempered
from selfstudy.rendering.supply import supply_shapes, supply_textures
from selfstudy.rendering.textures import POOL, SIZE, TEXELS


@pytest.fixture
def collected(tmp_path):
    path = tmp_path / "textures.h5"
    collect_textures(write_textures(tmp_path / "source", count=30), path)
    return path


def test_textures_are_dealt_to_the_buckets(collected):
    greens = [set(read_textures(collected, 0, bucket)[:, 0, 0, 1].tolist()) for bucket in range(12)]
    assert {len(own) for own in greens} == {2, 3}
    assert set.union(*greens) == {8 * number for number in range(30)}
    assert sum(map(len, greens)) == len(set.union(*greens))
    assert [set(read_textures(collected, 1, b)[:, 0, 0, 1].tolist()) for b in range(12)] != greens


def test_a_bucket_draws_from_its_own_textures(collected, tmp_path):
    settings = Rendering(16, textures=collected)
    pool = supply_textures(settings, 3)
    assert pool.shape == (POOL, TEXELS, 3)
    greens = set(np.rint(255 * pool[:, 0, 1] ** (1 / 2.2)).astype(int).tolist())
    assert greens == set(read_textures(collected, 0, 3)[:, 0, 0, 1].tolist())
    render_bucket(tmp_path / "imgs.h5", "1000", 3, 10, settings)
    with h5py.File(tmp_path / "imgs.h5") as file:
        assert len(file.attrs["textures"]) == 64


def test_textures_repeat_without_a_seam():
    ramp = np.zeros((SIZE + BORDER, SIZE + BORDER, 3), np.uint8)
    ramp[..., 0] = np.arange(SIZE + BORDER)
    ramp[..., 1] = np.arange(SIZE + BORDER)[:, None]
    texture = make_seamless(ramp).astype(int)
    assert texture.shape == (SIZE, SIZE, 3)
    for channel, axis in ((0, 1), (1, 0)):
        steps = np.diff(texture[..., channel], axis=axis, append=0)
        wrapped = texture[..., channel].take(0, axis) - texture[..., channel].take(-1, axis)
        assert np.abs(wrapped).max() <= np.abs(steps.take(range(SIZE - 1), axis)).max() + 1
        # What is not near a border stays as it was.
        inside = (slice(BORDER, None), slice(BORDER, None), channel)
        np.testing.assert_array_equal(texture[inside], ramp[:SIZE, :SIZE][inside])


def test_unreadable_textures_are_left_out_and_listed(tmp_path, caplog):
    folder = write_textures(tmp_path / "source")
    (folder / "bad.jpg").write_bytes(b"no image")
    collect_textures(folder, tmp_path / "textures.h5")
    with h5py.File(tmp_path / "textures.h5") as file:
        assert list(file["skipped"].asstr()) == ["bad.jpg"]
        assert len(file["textures"]) == 12
    assert "bad.jpg: cannot be read" in caplog.text
    (folder / "kind0" / "0.png").unlink()
    with pytest.raises(DataError, match="source: 11 sound images of 12: expected"):
        collect_textures(folder, tmp_path / "other.h5")
    with pytest.raises(DataError, match="none: there is no such folder of textures"):
        collect_textures(tmp_path / "none", tmp_path / "other.h5")
    assert not (tmp_path / "other.h5").exists()


def test_full_variety_is_numpys_own_draws():
    ours, theirs = Tempered(np.random.default_rng(0), 1), np.random.default_rng(0)
    for _ in range(50):
        assert ours.uniform(2, 5) == pytest.approx(theirs.uniform(2, 5), abs=1e-12)
        assert ours.integers(7) == theirs.integers(7)
        assert ours.integers(2, 9) == theirs.integers(2, 9)
        assert ours.random() == pytest.approx(theirs.random(), abs=1e-12)


@pytest.mark.parametrize(("variety", "choices"), [(0, 1), (0.6, 4), (1, 6)])
def test_variety_bounds_the_draws(variety, choices):
    draws = Tempered(np.random.default_rng(0), variety)
    assert len({int(draws.integers(3, 9)) for _ in range(300)}) == choices
    values = np.array([draws.uniform(1, 3) for _ in range(300)])
    assert np.ptp(values) <= 2 * variety
    assert np.ptp(values) >= 1.9 * variety


def test_less_variety_makes_shapes_alike():
    def spread(variety):
        shapes = supply_shapes(Rendering(variety=variety), 0)
        sizes = np.array([np.ptp(shapes(10 * i + 4).vertices, axis=0) for i in range(20)])
        return sizes.std(axis=0).sum()

    assert spread(0) == pytest.approx(0, abs=1e-12)
    assert 0 < spread(0.3) < spread(1)
