"""Packing of what the authors' renderer leaves, against the authors' own arrays."""

import io
from pathlib import Path

import h5py
import numpy as np
import OpenEXR
import pytest
from PIL import Image

from selfstudy.data.exr import read_exr
from selfstudy.data.names import BUCKETS, name_bucket
from selfstudy.data.pack import pack
from selfstudy.data.prepare import prepare

SINGLE = Path(__file__).parent / "rendered_sample"
MULTI = Path(__file__).parent / "rendered_sample_multi"


def packed(folder, place):
    """All twelve buckets of a folder."""
    paths = [place / name_bucket(bucket) for bucket in range(BUCKETS)]
    for bucket, path in enumerate(paths):
        pack(folder, path, "0110", bucket, seed=0)
    return paths


def stored(paths, field):
    """Number in the source → what is stored, through all buckets."""
    found = {}
    for path in paths:
        with h5py.File(path) as file:
            found |= dict(zip(file["rows"][:].tolist(), file[field][:], strict=True))
    assert sorted(found) == list(range(24))
    return found


def pixels(encoded):
    return np.asarray(Image.open(io.BytesIO(encoded.tobytes())))


def test_scenes_are_packed_as_the_authors_pack_them(tmp_path):
    paths = packed(MULTI, tmp_path)
    expected = np.load(MULTI / "expected.npz")
    for field, name in (("png_images", "rgb"), ("png_targets", "targets")):
        for number, encoded in stored(paths, field).items():
            assert (pixels(encoded) == expected[name][number]).all(), (field, number)
    for number, classes in stored(paths, "class").items():
        assert (classes == np.load(MULTI / f"img/{number:05d}.npy")["class"]).all()


def test_images_are_packed_as_they_are(tmp_path):
    paths = packed(SINGLE, tmp_path)
    for number, encoded in stored(paths, "png_images").items():
        assert encoded.tobytes() == (SINGLE / f"img/{number:05d}.png").read_bytes()
    for field in ("quaternion", "rot_mat", "light"):
        for number, value in stored(paths, field).items():
            assert (value == np.load(SINGLE / f"img/{number:05d}.npy")[field][0]).all()
    targets = stored(paths, "targets")
    assert targets[5] == np.load(SINGLE / "img/00005.npy")["class"][0]


def test_shapes_stay_in_their_split(tmp_path):
    """Two samples a bucket: the last four numbers are held out, in their own buckets."""
    rows = []
    for path in packed(SINGLE, tmp_path):
        with h5py.File(path) as file:
            rows.append(set(file["rows"][:].tolist()))
    assert rows[10:] == [{20, 21}, {22, 23}]
    assert set.union(*rows[:10]) == set(range(20))
    assert rows[:10] != [{2 * bucket, 2 * bucket + 1} for bucket in range(10)], "not shuffled"


@pytest.mark.parametrize("space", ["lab", "rgb"])
def test_prepared_images_equal_the_authors(tmp_path, space):
    paths = packed(SINGLE, tmp_path)
    prepare(paths, tmp_path / "data.h5", "0110", 32, space, seed=0)
    expected = np.load(SINGLE / "expected_32.npz")[space]
    with h5py.File(tmp_path / "data.h5") as file:
        # Packing and preparation shuffle; the quaternion tells which sample a row is.
        numbers = {
            np.load(SINGLE / f"img/{number:05d}.npy")["quaternion"].tobytes(): number
            for number in range(24)
        }
        order = [numbers[row.tobytes()] for row in file["quaternion"][:]]
        assert sorted(order) == list(range(24))
        found = file["data"][:].astype(float)
    np.testing.assert_allclose(found, expected[order].astype(float), rtol=2**-10, atol=2e-7)


def rewritten(source, path, layer, names, parts):
    """A scene's EXR with its passes named otherwise, in one part or one for each pass."""
    (part,) = OpenEXR.File(str(source), separate_channels=True).parts
    header = {"compression": OpenEXR.ZIP_COMPRESSION, "type": OpenEXR.scanlineimage}
    channels = {}
    for name, channel in part.channels.items():
        kind, _, component = name.removeprefix("View Layer.").partition(".")
        channels[f"{names.get(kind, kind)}.{component}"] = channel.pixels
    if not parts:
        renamed = {f"{layer}.{name}": pixels for name, pixels in channels.items()}
        OpenEXR.File(header, renamed).write(str(path))
        return
    kinds = sorted({name.partition(".")[0] for name in channels})
    made = []
    for kind in kinds:
        of_kind = {n: p for n, p in channels.items() if n.startswith(f"{kind}.")}
        if parts == "short":  # the part says the pass, the channel its component
            of_kind = {n.partition(".")[2]: p for n, p in of_kind.items()}
        made.append(OpenEXR.Part(dict(header), of_kind, name=f"{layer}.{kind}"))
    OpenEXR.File(made).write(str(path))


NEW = {"IndexOB": "Object Index", "IndexMA": "Material Index"}


@pytest.mark.parametrize("parts", [None, "long", "short"])
@pytest.mark.parametrize(("layer", "names"), [("ViewLayer", NEW), ("My Layer.2", {}), ("L", NEW)])
def test_newer_files_are_read_likewise(tmp_path, layer, names, parts):
    source = MULTI / "img/00007.exr"
    rewritten(source, tmp_path / "new.exr", layer, names, parts)
    for found, expected in zip(read_exr(tmp_path / "new.exr"), read_exr(source), strict=True):
        assert (found == expected).all()
