"""Flipped bits, numbers that are not finite, files that point elsewhere: none goes unseen."""

import random
import shutil
import zlib

import h5py
import numpy as np
import pytest
import tiny
import torch
from own_meshes import write_meshes, write_textures
from tiny import flip

import selfstudy
from selfstudy.data.dataset import BaseDataset
from selfstudy.data.kinds import open_dataset
from selfstudy.data.packed import OBJECT, encode_png
from selfstudy.data.prepare import prepare
from selfstudy.data.rendered import SynDataset
from selfstudy.errors import DataError, SelfstudyError
from selfstudy.rendering.meshes import Collection, collect_meshes
from selfstudy.rendering.own_textures import collect_textures, read_textures
from selfstudy.tasks.base import Labels, Task

CPU = torch.device("cpu")


def find(path, name, row=0):
    """Where in a file a row of a dataset begins; where the first chunk does."""
    with h5py.File(path) as file:
        data = file[name]
        if data.chunks:
            return data.id.get_chunk_info(0).byte_offset
        return data.id.get_offset() + row * data[0].nbytes


def read(dataset, rows):
    return dataset.read(np.array(rows), CPU, {})


@pytest.mark.parametrize("name", ["data", "targets"])
def test_a_flipped_bit_is_one_error_that_names_the_rows(prepared_multi, name):
    for row in (3, 7, 8, 20, 21, 30):
        flip(prepared_multi, find(prepared_multi, name, row) + 100 + row)
    dataset = open_dataset(prepared_multi)
    message = f"{prepared_multi}: damaged: '{name}' and its checksums do not agree in row"
    with pytest.raises(DataError) as error:
        read(dataset, [1, 3, 4])
    assert tiny.tell(error) == f"{message} 3"
    with pytest.raises(DataError) as error:
        read(dataset, range(40))
    assert tiny.tell(error) == f"{message}s 3, 7, 8, 20, 21 and 1 more"
    with pytest.raises(DataError, match=f"{message} 30"):
        selfstudy.finetune(
            "segment",
            selfstudy.Scratch(lambda: tiny.make_small("resnet9")),
            Chosen(prepared_multi, 30),
            prepared_multi.with_name("run"),
            recipe=tiny.make_tiny_recipe(),
        )
    assert len(read(dataset, [0, 1, 2, 4, 5, 6, 9]).images) == 7, "sound ones are read"


class Chosen(SynDataset):
    """A dataset of which one image trains."""

    def __init__(self, path, row):
        self.row = row
        super().__init__(path)

    def labelled_rows(self, labels, seed, subset):
        return np.array([self.row])


@pytest.mark.parametrize("name", ["targets", "rot_mat", "light", "data_crc32"])
def test_flipped_bits_of_what_is_read_whole_are_noticed(prepared, name):
    flip(prepared, find(prepared, name))
    with pytest.raises(DataError, match=f"{prepared}: damaged: '{name}': .*filter") as error:
        open_dataset(prepared)
    tiny.tell(error)


def read_all(path):
    """Everything that a run can read of a prepared file."""
    dataset = open_dataset(path)
    fields = [dataset.read_field(name).tobytes() for name in OBJECT.names]
    block = read(dataset, range(120))
    content = block.images.numpy().tobytes(), dataset.targets.tobytes(), *fields
    return content, dataset.splits, dataset.input, dataset.resolution, dataset.fingerprint


@pytest.mark.slow
def test_a_flipped_bit_anywhere_changes_nothing_unseen(prepared):
    sound, content = read_all(prepared), prepared.read_bytes()
    places = random.Random(0)
    refused = 0
    start, end = find(prepared, "data"), find(prepared, "data", 120)
    beside = [place for place in range(len(content)) if not start <= place < end]
    for place in [*places.sample(beside, 60), *places.sample(range(start, end), 10)]:
        prepared.write_bytes(content)
        flip(prepared, place, places.randrange(8))
        try:
            found = read_all(prepared)
        except SelfstudyError:
            refused += 1
        else:
            assert found == sound, place
    assert refused > 10


def test_flipped_bits_of_packed_images_are_named(packed, tmp_path):
    content = packed[3].read_bytes()
    with h5py.File(packed[3]) as file:
        image = file["png_images"][4].tobytes()
    flip(packed[3], content.index(image) + len(image) // 2)
    message = f"{packed[3]}: damaged: 'png_images' and its checksums do not agree in row 4"
    with pytest.raises(DataError) as error:
        prepare(packed, tmp_path / "data.h5", "0110", 16, "lab", seed=0)
    assert tiny.tell(error) == message
    packed[3].write_bytes(content)
    flip(packed[3], find(packed[3], "rot_mat"))
    with pytest.raises(DataError, match=f"{packed[3]}: damaged: 'rot_mat': .*filter"):
        prepare(packed, tmp_path / "data.h5", "0110", 16, "lab", seed=0)
    assert not (tmp_path / "data.h5").exists()


@pytest.mark.slow
def test_flipped_bits_of_png_files_are_named_by_their_own_checksums(packed, tmp_path):
    """In packed files of before, which have no others, and of other programs."""
    blocks = np.random.default_rng(0).integers(0, 11, (4, 4, 3), dtype=np.uint8)
    encoded = encode_png(blocks.repeat(8, axis=0).repeat(8, axis=1))
    start = encoded.index(b"IDAT") + 4
    for place in range(start, start + int.from_bytes(encoded[start - 8 : start - 4]), 7):
        damaged = bytearray(encoded)
        damaged[place] ^= 1 << place % 8
        with h5py.File(packed[3], "r+") as file:
            if "png_images_crc32" in file:
                del file["png_images_crc32"]
            file["png_images"][4] = np.frombuffer(bytes(damaged), np.uint8)
        with pytest.raises(DataError, match=r"imgs_03.h5: 'png_images': image 4 cannot be decoded"):
            prepare(packed, tmp_path / "data.h5", "0110", 16, "lab", seed=0)


def forget(path):
    """Make a file one of before, which has no checksums."""
    with h5py.File(path, "r+") as file:
        for name in list(file):
            if name.endswith("_crc32"):
                del file[name]
            elif file[name].chunks:
                values = file[name][:]
                del file[name]
                file[name] = values


def test_files_without_checksums_are_read(prepared, packed, tmp_path):
    sound = read_all(prepared)
    for path in (prepared, *packed):
        forget(path)
    assert read_all(prepared)[:-1] == sound[:-1]
    prepare(packed, tmp_path / "again.h5", "0110", 16, "lab", seed=0)
    assert read_all(tmp_path / "again.h5") == sound


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_images_that_are_not_finite_are_blamed_and_no_learning_rate(prepared, tmp_path, value):
    forget(prepared)
    with h5py.File(prepared, "r+") as file:
        file["data"][17, 1, 3, 3] = file["data"][105, 0, 0, 0] = value
    dataset = open_dataset(prepared)
    with pytest.raises(DataError) as error:
        pretrain(dataset, tmp_path / "run")
    assert tiny.tell(error) == f"{prepared}: 'data' is not finite in row 17"
    with pytest.raises(DataError, match="'data' is not finite in row 105"):
        read(dataset, dataset.rows("valid"))
    assert len(read(dataset, range(17)).images) == 17


def pretrain(dataset, folder):
    method = tiny.make_method("vae")
    return selfstudy.pretrain(method, dataset, folder, tiny.make_tiny_recipe())


class Light(Task):
    """Where the light comes from."""

    @classmethod
    def read_labels(cls, source):
        return Labels(source.read_field("light").astype(np.float32), outputs=3)

    def evaluate(self, predictions, labels):
        loss = (predictions - labels).square().mean()
        return {"loss": loss, "accuracy": -loss}


@pytest.mark.parametrize(
    ("task", "field", "message"),
    [
        (Light, "light", "labels of Light are not finite in row 5"),
        ("pose", "rot_mat", "'rot_mat' is not finite in row 5"),
    ],
)
def test_labels_that_are_not_finite_are_blamed(prepared, tmp_path, task, field, message):
    with h5py.File(prepared, "r+") as file:
        file[field][5] = np.nan
    start = selfstudy.Scratch(lambda: tiny.make_small("resnet9"))
    recipe = tiny.make_tiny_recipe()
    with pytest.raises(DataError) as error:
        selfstudy.finetune(task, start, open_dataset(prepared), tmp_path / "run", recipe=recipe)
    assert tiny.tell(error) == f"{prepared}: {message}"


def test_fingerprints_are_of_contents(packed, prepared, tmp_path):
    first = BaseDataset(prepared).fingerprint
    moved = packed[0].parent.rename(tmp_path / "moved")
    packed = sorted(moved.iterdir())
    again = tmp_path / "elsewhere.h5"
    prepare(packed, again, "0110", 16, "lab", seed=0)
    with h5py.File(again, "r+") as file:
        file.attrs["version"] = "0.0"
    assert BaseDataset(again).fingerprint == first

    for name, value in (("targets", 3), ("light", 0.25)):
        other = shutil.copy(prepared, tmp_path / "other.h5")
        with h5py.File(other, "r+") as file:
            file[name][0] = value
        assert BaseDataset(other).fingerprint != first, name
    for name, value in (("mean", [1.0, 2.0, 3.0]), ("splits", [90, 20, 10])):
        other = shutil.copy(prepared, tmp_path / "other.h5")
        with h5py.File(other, "r+") as file:
            file.attrs[name] = value
        assert BaseDataset(other).fingerprint != first, name


@pytest.mark.parametrize("checked", [True, False])
def test_other_pixels_give_another_fingerprint(packed, prepared, tmp_path, checked):
    """Whatever the files say of themselves is the same."""
    for number, path in enumerate(packed):
        with h5py.File(path, "r+") as file:
            if "png_images_crc32" in file:
                del file["png_images_crc32"]
            for row in range(len(file["png_images"])) if number < 10 or not checked else ():
                pixels = np.full((16, 16, 3), row, np.uint8)
                file["png_images"][row] = np.frombuffer(encode_png(pixels), np.uint8)
    other = tmp_path / "other.h5"
    prepare(packed, other, "0110", 16, "lab", seed=0)
    with h5py.File(prepared) as one, h5py.File(other, "r+") as file:
        file.attrs["inputs_sha256"] = one.attrs["inputs_sha256"]
        assert {key: str(value) for key, value in one.attrs.items()} == {
            key: str(value) for key, value in file.attrs.items()
        }
    if not checked:
        forget(prepared)
        forget(other)
    assert BaseDataset(prepared).fingerprint != BaseDataset(other).fingerprint


def test_an_unknown_color_space_is_refused(prepared):
    with h5py.File(prepared, "r+") as file:
        file.attrs["color_space"] = "lac"
    with pytest.raises(DataError, match=r"'color_space': expected lab or rgb, found 'lac'"):
        open_dataset(prepared)


def link(file, name, other):
    del file[name]
    file[name] = h5py.SoftLink("/class")


def link_outside(file, name, other):
    del file[name]
    file[name] = h5py.ExternalLink(str(other), name)


def store_outside(file, name, other):
    shape, dtype = file[name].shape, file[name].dtype
    del file[name]
    file.create_dataset(name, shape, dtype, external=[(str(other), 0, h5py.h5f.UNLIMITED)])


def show_outside(file, name, other):
    layout = h5py.VirtualLayout(file[name].shape, file[name].dtype)
    layout[:] = h5py.VirtualSource(str(other), name, shape=file[name].shape)
    del file[name]
    file.create_virtual_dataset(name, layout)


@pytest.mark.parametrize(
    ("change", "found"),
    [
        (link, "a link"),
        (link_outside, "a link"),
        (store_outside, "some of other files"),
        (show_outside, "some of other files"),
    ],
)
def test_files_that_point_elsewhere_are_refused(packed, prepared, tmp_path, change, found):
    for path in (prepared, packed[3]):
        secret = shutil.copy(path, tmp_path / "secret.h5")
        with h5py.File(path, "r+") as file:
            change(file, "targets", secret)
        with pytest.raises(DataError) as error:
            open_dataset(path)
        expected = f"{path}: 'targets': expected data in the file itself, found {found}"
        assert tiny.tell(error) == expected
    with pytest.raises(DataError, match=expected):
        prepare(packed, tmp_path / "data.h5", "0110", 16, "lab", seed=0)
    assert not (tmp_path / "data.h5").exists()


def test_a_prepared_file_holds_checksums_of_its_rows(prepared_multi):
    with h5py.File(prepared_multi) as file:
        for name in ("data", "targets"):
            expected = [zlib.crc32(row.tobytes()) for row in file[name][:]]
            assert file[f"{name}_crc32"][:].tolist() == expected


def read_meshes(path):
    collection = Collection.open(path)
    shapes = [collection.read_shape(index) for index in range(len(collection.labels))]
    content = [part.tobytes() for shape in shapes for part in shape]
    return collection.classes, collection.labels.tobytes(), content


def read_every_texture(path):
    return [read_textures(path, 0, bucket).tobytes() for bucket in range(12)]


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["meshes", "textures"])
def test_flipped_bits_of_what_is_rendered_with_are_named(kind, tmp_path):
    path, source = tmp_path / f"{kind}.h5", tmp_path / "source"
    if kind == "meshes":
        collect_meshes(write_meshes(source, count=12), path)
        read_back, names = read_meshes, ("vertices", "normals", "faces", "class", "face_ends")
    else:
        collect_textures(write_textures(source), path)
        read_back, names = read_every_texture, ("textures",)
    sound, content = read_back(path), path.read_bytes()
    message = f"^{path}: damaged"
    for name in names:
        flip(path, find(path, name) + 8)
        with pytest.raises(DataError, match=message) as error:
            read_back(path)
        tiny.tell(error)
        path.write_bytes(content)
    places, refused = random.Random(0), 0
    for place in places.sample(range(len(content)), 40):
        flip(path, place, places.randrange(8))
        try:
            assert read_back(path) == sound, place
        except DataError:
            refused += 1
        path.write_bytes(content)
    assert refused > 10
