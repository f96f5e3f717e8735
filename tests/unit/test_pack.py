"""Folders of rendered samples that are not as they should be: each is named, nothing is written."""

import shutil

import numpy as np
import OpenEXR
import pytest
from PIL import Image

from selfstudy.data.exr import read_exr
from selfstudy.data.pack import pack
from selfstudy.data.packed import OBJECT
from selfstudy.errors import DataError


@pytest.fixture
def folder(tmp_path):
    """Twelve single-object samples."""
    images = tmp_path / "rendered" / "img"
    images.mkdir(parents=True)
    noise = np.random.default_rng(0).integers(0, 256, (12, 8, 8, 3), dtype=np.uint8)
    for number, pixels in enumerate(noise):
        Image.fromarray(pixels).save(images / f"{number:05d}.png")
        np.save(images / f"{number:05d}.npy", np.zeros(1, OBJECT))
    return images.parent


def test_packed_files_are_the_same_wherever_the_samples_lie(folder, tmp_path):
    elsewhere = tmp_path / "elsewhere" / folder.name
    shutil.copytree(folder, elsewhere)
    packed = []
    for place in (folder, elsewhere):
        pack(place, tmp_path / "packed.h5", "0110", bucket=0, seed=0)
        packed.append((tmp_path / "packed.h5").read_bytes())
    assert packed[0] == packed[1]


def no_metadata(images):
    (images / "00003.npy").unlink()
    return "img/00003.npy: missing, with 12 images there"


def no_image(images):
    (images / "00003.png").unlink()
    return "img/00003.png: missing, with 11 images there"


def spare_metadata(images):
    np.save(images / "00012.npy", np.zeros(1, OBJECT))
    return "img: 13 .npy files for 12 images"


def odd_number(images):
    for suffix in ("png", "npy"):
        (images / f"00011.{suffix}").unlink()
    return "rendered: 11 samples cannot be divided into 12 equal buckets"


def truncated_image(images):
    path = images / "00011.png"
    path.write_bytes(path.read_bytes()[:150])
    return "img/00011.png: cannot be read as PNG"


def truncated_metadata(images):
    path = images / "00011.npy"
    path.write_bytes(path.read_bytes()[:200])
    return "img/00011.npy: cannot be read as a NumPy array"


def pickled_metadata(images):
    np.save(images / "00011.npy", np.array([{"class": 1}]), allow_pickle=True)
    return "img/00011.npy: cannot be read as a NumPy array"


def other_metadata(images):
    np.save(images / "00011.npy", np.zeros(3))
    return "img/00011.npy: expected one row per object with the fields class, rot_mat"


def other_shape(images):
    fields = [(name, OBJECT[name]) for name in OBJECT.names if name != "light"]
    np.save(images / "00011.npy", np.zeros(1, [*fields, ("light", "<f8", (4,))]))
    return r"img/00011.npy: 'light': expected shape \(3,\), found \(4,\)"


def more_objects(images):
    np.save(images / "00011.npy", np.zeros(2, OBJECT))
    return "img/00011.png: 2 objects, but a PNG has no targets"


def mixed(images):
    (images / "00012.exr").write_bytes(b"")
    return "found .exr and .png"


def none(images):
    for path in images.iterdir():
        path.unlink()
    return "found none"


DAMAGE = [
    no_metadata,
    no_image,
    spare_metadata,
    odd_number,
    truncated_image,
    truncated_metadata,
    pickled_metadata,
    other_metadata,
    other_shape,
    more_objects,
    mixed,
    none,
]


@pytest.mark.parametrize("damage", DAMAGE)
def test_what_is_wrong_is_named(folder, tmp_path, damage):
    message = damage(folder / "img")
    with pytest.raises(DataError, match=message):
        pack(folder, tmp_path / "packed" / "imgs_11.h5", "0110", 11, seed=0)
    assert not list((tmp_path / "packed").glob("*"))


def test_other_buckets_do_not_mind(folder, tmp_path):
    truncated_image(folder / "img")
    pack(folder, tmp_path / "imgs_10.h5", "0110", 10, seed=0)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "there is no such file"),
        (b"", "damaged, or not an EXR file"),
        (b"v/1\x01 and then nothing of it", "damaged, or not an EXR file"),
    ],
)
def test_other_files_are_no_scenes(tmp_path, content, message):
    path = tmp_path / "a.exr"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(DataError, match=f"a.exr: {message}"):
        read_exr(path)


def write_exr(path, **changed):
    channels = {
        name: np.full((4, 4), 0.5, np.float32)
        for name in ("Combined.R", "Combined.G", "Combined.B", "IndexOB.X", "IndexMA.X", "Depth.Z")
    }
    channels |= {name.replace("_", "."): value for name, value in changed.items()}
    header = {"compression": OpenEXR.ZIP_COMPRESSION, "type": OpenEXR.scanlineimage}
    named = {f"L.{name}": value for name, value in channels.items() if value is not None}
    OpenEXR.File(header, named).write(str(path))


def test_missing_passes_are_named(tmp_path):
    write_exr(tmp_path / "a.exr", IndexMA_X=None)
    with pytest.raises(DataError, match=r"no pass IndexMA.X or Material Index.X: found L\.Comb"):
        read_exr(tmp_path / "a.exr")


def test_values_out_of_range(tmp_path):
    far = np.array([[0, 1e10, 2.549, -1]] * 4, np.float32)
    write_exr(tmp_path / "a.exr", Depth_Z=far, Combined_R=far)
    image, targets = read_exr(tmp_path / "a.exr")
    assert targets[0, :, 2].tolist() == [0, 255, 254, 0]
    assert image[0, :, 0].tolist() == [0, 255, 255, 0]
    write_exr(tmp_path / "b.exr", Depth_Z=far * np.nan)
    with pytest.raises(DataError, match=r"b.exr: some of its values are not finite"):
        read_exr(tmp_path / "b.exr")
