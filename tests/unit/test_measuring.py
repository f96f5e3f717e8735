"""Own images of sixteen bits and of several frames: what is taken is said."""

import logging

import h5py
import numpy as np
import pytest
from own_images import prepared
from PIL import Image
from pngs import write_wide

from selfstudy.errors import DataError


@pytest.fixture
def log(caplog):
    caplog.set_level(logging.INFO, "selfstudy")
    return caplog


def write_greys(source, largest, chosen="**/*.png"):
    """In place of the chosen images greys of sixteen bits, of which the last is the brightest."""
    paths = sorted(source.glob(chosen))
    for number, path in enumerate(paths):
        peak = largest * (number + 1) // len(paths)
        Image.fromarray(np.linspace(0, peak, 400).astype(np.uint16).reshape(20, 20)).save(path)
    return paths


@pytest.mark.parametrize(
    ("largest", "depth"), [(65535, 16), (32768, 16), (4095, 12), (3000, 12), (255, 8), (9, 8)]
)
def test_greys_are_scaled_by_the_bits_that_all_of_them_use(source, log, largest, depth):
    paths = write_greys(source, largest)
    result = prepared(source)
    shown = dict(zip(result["files"], result["pixels"], strict=True))
    for path in paths:
        values = np.asarray(Image.open(path), np.float64) * 255 / (2**depth - 1)
        np.testing.assert_allclose(shown[str(path.relative_to(source))][0], values, atol=0.6)
    assert f"source: 30 greys of 16 bits: read as {depth} bits" in log.text
    with h5py.File(source.parent / "prepared.h5") as file:
        assert file.attrs["depth"] == depth


def test_images_of_eight_bits_have_no_depth_and_stay_as_they_are(source, log):
    whole = prepared(source)
    with h5py.File(source.parent / "prepared.h5") as file:
        assert "depth" not in file.attrs
    assert log.text == ""
    greys = [str(path.relative_to(source)) for path in write_greys(source, 4095, "cat/*.png")]
    mixed = prepared(source)
    for file in set(whole["files"]) - set(greys):
        before, after = (each["pixels"][each["files"].index(file)] for each in (whole, mixed))
        np.testing.assert_allclose(before, after, atol=0.2)
    assert mixed["mean"] != pytest.approx(whole["mean"])
    training = mixed["data"][: mixed["splits"][0]].astype(np.float64)
    np.testing.assert_allclose(training.mean((0, 2, 3)), 0, atol=1e-3)
    np.testing.assert_allclose(training.std((0, 2, 3)), 1, atol=1e-3)


def test_colours_of_twelve_bits_are_refused_or_skipped(source):
    write_wide(source / "cat/0.png", np.random.default_rng(0).integers(0, 4096, (20, 20, 3)))
    with pytest.raises(
        DataError, match=r"1 of 30 .*cat/0.png: .* only 12 of the 16 bits of its col"
    ):
        prepared(source)
    result = prepared(source, unreadable="skip")
    assert result["skipped"] == ["cat/0.png"]
    assert len(result["files"]) == 29
    write_wide(source / "cat/0.png", np.random.default_rng(0).integers(0, 65536, (20, 20, 3)))
    write_greys(source, 4095, "dog/*.png")
    assert len(prepared(source)["files"]) == 30
    with h5py.File(source.parent / "prepared.h5") as file:
        assert file.attrs["depth"] == 12


def test_images_of_several_frames_are_named(source, log):
    frames = [Image.new("RGB", (20, 20), color) for color in ("red", "blue")]
    frames[0].save(source / "cat/new.gif", save_all=True, append_images=frames[1:])
    result = prepared(source)
    assert "source: of 1 images with several frames the first is read: cat/new.gif\n" in log.text
    assert result["pixels"][result["files"].index("cat/new.gif"), :, 9, 9] == pytest.approx(
        [255, 0, 0], abs=0.5
    )
