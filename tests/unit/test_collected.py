"""Labelled images in files of other libraries: read as an image folder of the same images is."""

import io
import struct
import tarfile

import datasets
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import yaml
from own_images import by_split, prepared, write_images
from PIL import Image

from selfstudy.data.collected import list_labelled, unpack
from selfstudy.errors import ConfigurationError, DataError
from selfstudy.planning.images import Counts, count_splits
from selfstudy.planning.jobs import list_jobs
from selfstudy.sweep.check import read_configuration
from selfstudy.sweep.runs import Sweep

CLASSES = ["cat", "dog / wolf"]


@pytest.fixture
def images():
    """Pixels by split and class, ten of each."""
    rng = np.random.default_rng(0)
    return {
        (split, name): rng.integers(0, 256, (10, 20, 20, 3), dtype=np.uint8)
        for split in ("train", "test")
        for name in CLASSES
    }


def encode(pixels):
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "PNG")
    return buffer.getvalue()


def save_huggingface(folder, images):
    features = datasets.Features(
        {"image": datasets.Image(), "label": datasets.ClassLabel(names=CLASSES)}
    )
    parts = {}
    for split in ("train", "test"):
        rows = [
            {"image": {"bytes": encode(each), "path": None}, "label": number}
            for number, name in enumerate(CLASSES)
            for each in images[split, name]
        ]
        parts[split] = datasets.Dataset.from_list(rows, features=features)
    datasets.DatasetDict(parts).save_to_disk(folder)
    return {}


def save_parquet(folder, images):
    """As the hub has them: numbers of classes, whose names the schema's description has."""
    folder.mkdir()
    kind = '{"info": {"features": {"kind": {"names": ["cat", "dog / wolf"]}}}}'
    for split in ("train", "test"):
        pixels = [each for name in CLASSES for each in images[split, name]]
        table = pa.table(
            {
                "picture": [{"bytes": encode(each), "path": "x.png"} for each in pixels],
                "kind": [number for number in range(2) for _ in range(10)],
            }
        ).replace_schema_metadata({"huggingface": kind})
        pq.write_table(table, folder / f"{split}-00000-of-00001.parquet", row_group_size=7)
    return {"image": "picture", "label": "kind"}


def save_webdataset(folder, images):
    folder.mkdir()
    for split in ("train", "test"):
        with tarfile.open(folder / f"{split}-000.tar", "w") as archive:
            for number, name in enumerate(CLASSES):
                for row, pixels in enumerate(images[split, name]):
                    key = f"{number}{row:03}"
                    for ending, content in (("cls", name.encode()), ("png", encode(pixels))):
                        member = tarfile.TarInfo(f"{key}.{ending}")
                        member.size = len(content)
                        archive.addfile(member, io.BytesIO(content))
    return {}


SAVERS = {
    "huggingface": save_huggingface,
    "parquet": save_parquet,
    "webdataset": save_webdataset,
}


@pytest.mark.parametrize("source", SAVERS)
def test_a_collection_is_read_whole(source, images, tmp_path):
    settings = SAVERS[source](tmp_path / "mine", images)
    settings = {"folder": str(tmp_path / "mine"), **settings}
    with unpack(source, settings) as table:
        assert table.name == "mine"
        found = prepared(table, valid=0.2)
    assert not table.exists()
    assert found["classes"] == CLASSES
    assert found["splits"] == [16, 4, 20]
    for name, rows in zip(("train", "valid", "test"), by_split(found), strict=True):
        assert [row[0] for row in rows].count("cat") == {"train": 8, "valid": 2, "test": 10}[name]
    pixels = np.rint(found["pixels"][20:].transpose(0, 2, 3, 1)).astype(np.uint8)
    expected = {
        each.tobytes(): number
        for number, name in enumerate(CLASSES)
        for each in images["test", name]
    }
    targets = found["targets"][20:].tolist()
    assert dict(zip([each.tobytes() for each in pixels], targets, strict=True)) == expected
    labelled = list_labelled(source, settings)
    assert len(labelled) == 40
    assert {(image.split, image.label) for image in labelled} == set(images)


def test_a_dataset_of_torchvision(tmp_path):
    """MNIST's files, with few images."""
    raw = tmp_path / "MNIST/raw"
    raw.mkdir(parents=True)
    rng = np.random.default_rng(0)
    for part, count in (("train", 60), ("t10k", 20)):
        pixels = rng.integers(0, 256, (count, 28, 28), dtype=np.uint8)
        labels = (np.arange(count) % 10).astype(np.uint8)
        header = struct.pack(">iiii", 2051, count, 28, 28)
        (raw / f"{part}-images-idx3-ubyte").write_bytes(header + pixels.tobytes())
        header = struct.pack(">ii", 2049, count)
        (raw / f"{part}-labels-idx1-ubyte").write_bytes(header + labels.tobytes())
    settings = {"folder": str(tmp_path), "name": "MNIST"}
    with unpack("torchvision", settings) as table:
        found = prepared(table, resolution=28)
    assert found["classes"][3] == "3 - three"
    assert found["splits"] == [50, 10, 20]
    targets = found["targets"][60:]
    rows = [int(file.rpartition("/")[2].removesuffix(".png")) for file in found["files"][60:]]
    assert targets.tolist() == [row % 10 for row in rows]
    first = np.rint(found["pixels"][60, 0]).astype(np.uint8)
    assert (first == pixels[rows[0]]).all()


def test_splits_by_torchvisions_names(tmp_path):
    """The pets' training images are its `trainval`, from which validation images are drawn."""
    place = tmp_path / "oxford-iiit-pet"
    (place / "annotations").mkdir(parents=True)
    pets = [f"{name}_{number}" for name in ("Abyssinian", "pug") for number in range(10)]
    write_images(place / "images", [""], images=20)
    for number, pet in enumerate(pets):
        path = next((place / "images").rglob(f"{number}.png"))
        Image.open(path).save(place / f"images/{pet}.jpg")
    lines = [f"{pet} {1 + (pet < 'b')} 1 1\n" for pet in pets]
    (place / "annotations/trainval.txt").write_text("".join(lines))
    (place / "annotations/test.txt").write_text("".join(lines[::2]))
    found = list_labelled("torchvision", {"folder": str(tmp_path), "name": "OxfordIIITPet"})
    assert [image.split for image in found].count("train") == 20
    assert [image.split for image in found].count("test") == 10
    assert {image.label for image in found} == {"Abyssinian", "Pug"}
    with pytest.raises(ConfigurationError, match="'EMNIST': expected a dataset whose images train"):
        list_labelled("torchvision", {"folder": str(tmp_path), "name": "EMNIST"})


@pytest.mark.parametrize(
    ("source", "name", "message"),
    [
        ("huggingface", None, "cannot be read as saved by save_to_disk"),
        ("parquet", None, "no .parquet files in it"),
        ("webdataset", None, "no .tar files in it"),
        ("torchvision", "MNIST", "MNIST cannot be read there: Dataset not found"),
    ],
)
def test_a_folder_that_is_something_else(source, name, message, tmp_path):
    write_images(tmp_path / "images", ["cat"])
    settings = {"folder": str(tmp_path / "images")} | ({"name": name} if name else {})
    with pytest.raises(DataError, match=f"^{tmp_path}/images: {message}"):
        list_labelled(source, settings)


def test_a_dataset_that_torchvision_has_not(tmp_path):
    with pytest.raises(ConfigurationError, match="'MINST': did you mean 'MNIST'"):
        list_labelled("torchvision", {"folder": str(tmp_path), "name": "MINST"})


@pytest.mark.parametrize("source", ["huggingface", "parquet"])
def test_a_column_that_is_not_there(source, images, tmp_path):
    settings = SAVERS[source](tmp_path / "mine", images)
    settings |= {"folder": str(tmp_path / "mine"), "label": "class"}
    with pytest.raises(DataError, match="no column 'class': expected label: one of "):
        list_labelled(source, settings)


def test_shards_that_make_no_sense(images, tmp_path):
    save_webdataset(tmp_path / "mine", images)
    settings = {"folder": str(tmp_path / "mine")}
    with pytest.raises(DataError, match=r"test-000.tar: 0000.png: no label: expected a file .txt "):
        list_labelled("webdataset", settings | {"label": "txt"})
    (tmp_path / "mine/train-000.tar").write_bytes(b"nothing" * 200)
    with pytest.raises(DataError, match=r"train-000.tar: cannot be read as a shard"):
        list_labelled("webdataset", settings)


def test_a_shard_writes_nowhere_else(images, tmp_path):
    save_webdataset(tmp_path / "mine", images)
    with tarfile.open(tmp_path / "mine/train-000.tar", "w") as archive:
        for ending in ("png", "cls"):
            archive.addfile(tarfile.TarInfo(f"../../out.{ending}"))
    with pytest.raises(DataError, match=r"train-000.tar: '../../out.png': expected a name that "):
        list_labelled("webdataset", {"folder": str(tmp_path / "mine")})


def test_parts_of_which_some_are_no_splits(images, tmp_path):
    save_webdataset(tmp_path / "mine", images)
    (tmp_path / "mine/test-000.tar").rename(tmp_path / "mine/other-000.tar")
    with pytest.raises(DataError, match=r"mine: other-000.tar: expected a name that begins with t"):
        list_labelled("webdataset", {"folder": str(tmp_path / "mine")})
    (tmp_path / "mine/train-000.tar").rename(tmp_path / "mine/any-000.tar")
    found = list_labelled("webdataset", {"folder": str(tmp_path / "mine")})
    assert {image.split for image in found} == {"train"}


def test_an_image_that_cannot_be_read_is_named_as_it_lies(images, tmp_path):
    save_webdataset(tmp_path / "mine", images)
    path = tmp_path / "mine/train-000.tar"
    path.write_bytes(path.read_bytes().replace(b"\x89PNG", b"\x00PNG", 1))
    message = f"^{tmp_path}/mine: 1 of 40 images cannot be read: images/train-000/"
    with (
        pytest.raises(DataError, match=message) as error,
        unpack("webdataset", {"folder": str(tmp_path / "mine")}) as table,
    ):
        prepared(table)
    assert "selfstudy-" not in str(error.value)


def test_collections_are_datasets_of_a_sweep(images, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    found = {}
    for source, save in SAVERS.items():
        columns = save(tmp_path / source, images)
        found[source] = {"source": source, "folder": source, "resolution": 16, **columns}
    config = {"datasets": found, "backbones": ["r9"], "pretext": ["scratch"], "seeds": [0]}
    config["tasks"] = {"classify": {"labels": [10]}}
    path = tmp_path / "mine.yaml"
    path.write_text(yaml.safe_dump(config))
    sweep = Sweep(read_configuration(path))
    for dataset in sweep.datasets.values():
        assert count_splits(dataset, 0) == Counts(18, 2, 20)
        assert dataset.preparation == {}
    jobs = [
        dict(place)["dataset"] for rule, place in list_jobs(path, force=False) if "coll" in rule
    ]
    assert sorted(jobs) == sorted(SAVERS)
