"""Preparation of packed files."""

import io
import os
import shutil
import signal

import h5py
import numpy as np
import pytest
import tiny
from PIL import Image

from selfstudy.data.packed import CLASSES, OBJECT, Sample, write_packed
from selfstudy.data.prepare import draw_order, prepare
from selfstudy.data.prepared import map_in_processes, read_color_space
from selfstudy.errors import DataError


def prepared_rgb(packed, path, seed=0):
    prepare(packed, path, "0110", 16, "rgb", seed)
    with h5py.File(path) as file:
        mean, std = file.attrs["mean"], file.attrs["std"]
        first_pixels = file["data"][:, :, 0, 0] * std + mean
        return first_pixels.round().astype(int), file["targets"][:]


def test_preparation_keeps_buckets_apart(packed, tmp_path):
    pixels, targets = prepared_rgb(packed, tmp_path / "data_16.h5")
    buckets = pixels[:, 0]
    assert set(buckets[:100]) == set(range(10))
    assert set(buckets[100:110]) == {10}
    assert set(buckets[110:]) == {11}
    assert (np.diff(buckets[:100]) != 0).sum() > 50, "training images are not shuffled"
    assert (pixels[:, 2] == targets).all(), "labels do not follow their images"
    assert len(np.unique(pixels[:, :2], axis=0)) == 120, "an image is missing"


def test_preparation_depends_on_its_seed_alone(packed, tmp_path):
    first, _ = prepared_rgb(packed, tmp_path / "a.h5")
    again, _ = prepared_rgb(packed, tmp_path / "b.h5")
    other, _ = prepared_rgb(packed, tmp_path / "c.h5", seed=1)
    assert (first == again).all()
    assert (first != other).any()


@pytest.mark.parametrize(
    ("mode", "size", "kind"),
    [
        ("RGB", (40, 40), "PNG"),
        ("RGB", (40, 30), "PNG"),
        ("RGB", (40, 40), "JPEG"),
        ("RGBA", (40, 40), "PNG"),
        ("L", (40, 40), "PNG"),
    ],
)
def test_images_of_any_kind_equal_those_of_pillow(packed, tmp_path, mode, size, kind):
    rng = np.random.default_rng(0)
    pixels = rng.integers(0, 256, (*size, len(mode)), dtype=np.uint8).squeeze()
    image = Image.fromarray(pixels)
    file = io.BytesIO()
    image.save(file, kind)
    with h5py.File(packed[11], "r+") as bucket:
        del bucket["png_images_crc32"]
        bucket["png_images"][3] = np.frombuffer(file.getvalue(), np.uint8)
    output = tmp_path / "data_16.h5"
    prepare(packed, output, "0110", 16, "rgb", seed=0)
    with h5py.File(output) as prepared:
        row = draw_order(10, seed=0).tolist().index(113)
        values = prepared["data"][row].transpose(1, 2, 0) * prepared.attrs["std"]
        found = (values + prepared.attrs["mean"]).round()
    opened = Image.open(file).convert("RGB").resize((16, 16), Image.Resampling.BICUBIC)
    np.testing.assert_array_equal(found, np.asarray(opened))


def test_processes_change_nothing(packed, tmp_path, monkeypatch):
    monkeypatch.setattr("selfstudy.data.prepared.BATCH", 7)  # so that there are many
    results = []
    for processes in (1, 4):
        output = tmp_path / f"{processes}.h5"
        prepare(packed, output, "0110", 16, "lab", seed=0, processes=processes)
        with h5py.File(output) as prepared:
            results.append(prepared["data"][:])
    np.testing.assert_array_equal(*results)


@pytest.mark.parametrize(("attributes", "space"), [({"colour_space": "rgb"}, "rgb"), ({}, None)])
def test_color_space_of_files_of_before_and_of_the_authors(tmp_path, attributes, space):
    with h5py.File(tmp_path / "data.h5", "w") as file:
        file.attrs.update(attributes)
        assert read_color_space(file) == space


def test_prepared_file_says_what_it_is(prepared):
    with h5py.File(prepared) as file:
        assert file["data"].dtype == np.float16
        assert file["data"].shape == (120, 3, 16, 16)
        assert file.attrs["dataset"] == "0110"
        assert file.attrs["color_space"] == read_color_space(file) == "lab"
        assert file.attrs["resolution"] == 16
        assert file.attrs["mean"].tolist() == [38.44, 3.03, 4.77]
        assert file.attrs["splits"].tolist() == [100, 10, 10]
        assert list(file.attrs["classes"]) == list(CLASSES)
        assert file.attrs["seed"] == 0
        assert len(file.attrs["inputs_sha256"]) == 64
        for field in OBJECT.names:
            assert len(file[field]) == 120


def damage_missing(paths):
    paths[3].unlink()
    return "imgs_03.h5: there is no such file"


def damage_truncated(paths):
    paths[3].write_bytes(paths[3].read_bytes()[:2000])
    return "imgs_03.h5: damaged"


def damage_inside(paths):
    content = paths[3].read_bytes()
    assert b"GCOL" in content, "where HDF5 keeps data of variable length"
    paths[3].write_bytes(content.replace(b"GCOL", b"LOST"))
    return "imgs_03.h5: damaged"


def damage_png(paths):
    with h5py.File(paths[3], "r+") as file:
        del file["png_images_crc32"]
        file["png_images"][2] = file["png_images"][2][:100]
    return "imgs_03.h5: 'png_images': image 2 cannot be decoded"


def damage_metadata(paths):
    with h5py.File(paths[3], "r+") as file:
        rows = file["light"][:-1]
        del file["light"]
        file["light"] = rows
    return "imgs_03.h5: 9 rows in 'light' for 10 images"


def damage_label(paths):
    with h5py.File(paths[3], "r+") as file:
        file["targets"][0] = 10
    return "imgs_03.h5: 'targets': expected one class from 0 to 9"


def damage_count(paths):
    with h5py.File(paths[3]) as file:
        encoded = [row.tobytes() for row in file["png_images"][:-1]]
        objects = np.zeros((len(encoded), 1), OBJECT)
    write_packed(paths[3], len(encoded), map(Sample, encoded, objects), {})
    return r"packed: expected 12 buckets of one size, found \[10, 10, 10, 9,"


def damage_field(paths):
    with h5py.File(paths[3], "r+") as file:
        del file["png_images"]
    return "imgs_03.h5: not a packed dataset: no 'png_images'"


@pytest.mark.parametrize(
    "damage",
    [
        damage_missing,
        damage_truncated,
        damage_inside,
        damage_png,
        damage_metadata,
        damage_label,
        damage_count,
        damage_field,
    ],
)
def test_damaged_packed_files_are_named(packed, tmp_path, damage):
    message = damage(packed)
    output = tmp_path / "out" / "data.h5"
    with pytest.raises(DataError, match=message):
        prepare(packed, output, "0110", 16, "lab", seed=0)
    assert not output.parent.exists() or not list(output.parent.iterdir())


def test_a_killed_process_is_one_clear_error():
    def work(item):
        if item == 3:
            os.kill(os.getpid(), signal.SIGKILL)
        return item

    assert list(map_in_processes(lambda item: -item, range(3), 2)) == [0, -1, -2]
    with pytest.raises(DataError, match="killed: is there too little memory"):
        list(map_in_processes(work, range(5), 2))


def swap(one, other):
    aside = one.with_name("aside.h5")
    one.rename(aside)
    other.rename(one)
    aside.rename(other)


def reverse(paths):
    for low in range(6):
        swap(paths[low], paths[11 - low])
    return "imgs_00.h5: its bucket is 11: expected 0"


def validate_in_training(paths):
    shutil.copy(paths[10], paths[2])
    return "imgs_02.h5: its bucket is 10: expected 2"


def relabel(key, value, message, places=range(12)):
    def change(paths):
        for place in places:
            with h5py.File(paths[place], "r+") as file:
                file.attrs[key] = value
        return message

    return change


@pytest.mark.parametrize(
    "change",
    [
        reverse,
        validate_in_training,
        relabel("dataset", "1111", "imgs_03.h5: its dataset is 1111: expected 0110", [3]),
        relabel("dataset", "1111", "imgs_00.h5: its dataset is 1111: expected 0110"),
        relabel("seed", 1, "imgs_03.h5: its seed is 1: expected 0", [3]),
        relabel("seed", 1, "imgs_00.h5: its seed is 1: expected 0"),
        relabel("seed", "1", "imgs_00.h5: its seed is 1: expected 0"),
        relabel("lighting", 2.0, r"imgs_03.h5: its lighting is 2.0, and .* not said: exp", [3]),
        relabel("renderer", "b", r"imgs_01.h5: its renderer is not said, and .*00.h5 b: exp", [0]),
    ],
)
def test_buckets_of_other_places_are_refused(packed, tmp_path, change):
    message = change(packed)
    output = tmp_path / "data.h5"
    with pytest.raises(DataError, match=message) as error:
        prepare(packed, output, "0110", 16, "lab", seed=5, made={"seed": 0})
    assert tiny.tell(error)
    assert not output.exists()


def test_another_seeds_bucket_is_refused_whatever_was_asked_for(packed, tmp_path):
    relabel("seed", 1, "", [3])(packed)
    message = "imgs_03.h5: its seed is 1, and that of .*imgs_00.h5 0: expected buckets that were"
    with pytest.raises(DataError, match=message):
        prepare(packed, tmp_path / "data.h5", "0110", 16, "lab", seed=5)


def test_buckets_that_say_nothing_of_themselves_are_believed(packed, tmp_path):
    for path in packed:
        with h5py.File(path, "r+") as file:
            for key in ("dataset", "bucket", "seed"):
                del file.attrs[key]
    prepare(packed, tmp_path / "data.h5", "1111", 16, "lab", seed=5, made={"seed": 3})
    with h5py.File(tmp_path / "data.h5") as file:
        assert file.attrs["dataset"] == "1111"
