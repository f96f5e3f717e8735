"""CIFAR: from its official files, which are small here, to a prepared dataset."""

import logging
import pickle
import shutil
import tarfile
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from multiprocessing import get_context
from threading import Thread

import h5py
import numpy as np
import pytest
import torch
from skimage.color import rgb2lab
from small_cifar import NAMES_10, NAMES_100, expect_small, md5s, write_cifar10, write_cifar100
from torchvision.datasets import CIFAR10, CIFAR100

from selfstudy.configuration import load_configuration
from selfstudy.data.cifar import CIFARDataset, prepare_cifar
from selfstudy.errors import DataError
from selfstudy.tasks.classify import Classify

STUDY = {
    "lab": ([50.84, 0.40, 5.73], [24.26, 10.15, 16.08]),
    "rgb": ([125.32, 122.97, 113.89], [62.99, 62.09, 66.70]),
}


@pytest.fixture
def official(tmp_path, monkeypatch):
    """A folder of data with both CIFARs in `cifar`: 50 + 10 and 40 + 40 images."""
    write_cifar10(tmp_path / "data" / "cifar", images_per_batch=10)
    write_cifar100(tmp_path / "data" / "cifar", images=40)
    expect_small(tmp_path / "data" / "cifar", monkeypatch.setattr)
    return tmp_path / "data" / "cifar"


def batches(official, use_100):
    """All images (n, 3072) and labels of the official files, in their order."""
    dataset, key = (CIFAR100, "fine_labels") if use_100 else (CIFAR10, "labels")
    contents = [
        pickle.loads((official / dataset.base_folder / name).read_bytes())
        for name, _ in [*dataset.train_list, *dataset.test_list]
    ]
    labels = [label for content in contents for label in content[key]]
    return np.concatenate([content["data"] for content in contents]), labels


@pytest.mark.parametrize("space", ["lab", "rgb"])
@pytest.mark.parametrize("use_100", [False, True])
def test_pixels_and_labels_land_where_they_should(official, tmp_path, space, use_100):
    done = []
    prepare_cifar(official, tmp_path / "out.h5", use_100, space, done.append)
    images, labels = batches(official, use_100)
    with h5py.File(tmp_path / "out.h5") as file:
        assert file["targets"].dtype == np.int64
        assert file["targets"][:].tolist() == labels
        assert list(file.attrs["classes"]) == (NAMES_100 if use_100 else NAMES_10)
        assert file.attrs["splits"].tolist() == ([36, 4, 40] if use_100 else [45, 5, 10])
        data = file["data"][:]
    assert data.dtype == np.float16
    assert data.shape == (len(labels), 3, 32, 32)
    assert sum(done) == len(labels)
    mean, std = STUDY[space]
    for image, row, column in [(0, 0, 0), (0, 0, 31), (7, 31, 2), (len(labels) - 1, 9, 17)]:
        pixel = images[image, 32 * row + column :: 1024]
        value = rgb2lab(pixel) if space == "lab" else pixel
        expected = (value - np.array(mean)) / std
        np.testing.assert_allclose(data[image, :, row, column], expected, rtol=1e-3, atol=1e-3)


def test_cifar_tests_on_all_its_test_images(official, tmp_path):
    prepare_cifar(official, tmp_path / "out.h5", False, "lab")
    dataset = open_in(tmp_path / "out.h5", "BaseDataset.num_valid = 3")
    assert isinstance(dataset, CIFARDataset)
    assert dataset.classes == 10
    assert dataset.training_images == 45
    assert dataset.labelled_rows(None, seed=0).tolist() == list(range(45))
    assert dataset.rows("valid").tolist() == [45, 46, 47]
    assert dataset.rows("test").tolist() == list(range(50, 60))
    _, labels = batches(official, use_100=False)
    assert dataset.targets[dataset.rows("test")].tolist() == labels[50:]
    classes = Classify.read_labels(dataset)
    assert classes.outputs == 10
    block = dataset.read(dataset.rows("test"), torch.device("cpu"), {"Classify": classes.values})
    assert block.labels["Classify"].tolist() == labels[50:]


def open_in(folder, *bindings):
    bindings = ["session.dataset = 'CIFARDataset'", "BaseDataset.input_res = 32", *bindings]
    return load_configuration([], bindings).open_dataset(folder)


def test_a_folder_of_data_is_prepared_once(official, caplog):
    caplog.set_level(logging.INFO, "selfstudy")
    data = official.parent
    dataset = open_in(data)
    assert dataset.path == data / "prepared" / "cifar10" / "data_32_lab.h5"
    assert "data_32_lab.h5: there is no such file: preparing it" in caplog.text
    shutil.rmtree(official)
    assert open_in(data).fingerprint == dataset.fingerprint


@pytest.mark.parametrize(
    ("bindings", "expected"),
    [
        (["CIFARDataset.use_100 = True"], "cifar100/data_32_lab.h5"),
        (["CIFARDataset.to_lab = False"], "cifar10/data_32.h5"),
    ],
)
def test_bindings_choose_the_file(official, bindings, expected):
    dataset = open_in(official.parent, *bindings)
    assert dataset.path == official.parent / "prepared" / expected
    assert dataset.classes == (100 if "100" in expected else 10)


def open_together(barrier, folder):
    barrier.wait()
    open_in(folder)


def test_runs_that_start_together_prepare_one_after_another(official):
    context = get_context("fork")
    arguments = (context.Barrier(4), official.parent)
    runs = [context.Process(target=open_together, args=arguments) for _ in range(4)]
    for run in runs:
        run.start()
    for run in runs:
        run.join()
    assert [run.exitcode for run in runs] == [0] * 4
    there = (official.parent / "prepared" / "cifar10").iterdir()
    assert [path.name for path in there] == ["data_32_lab.h5"]


def damage_batch(place):
    content = (place / "data_batch_3").read_bytes()
    (place / "data_batch_3").write_bytes(content[:-100])
    return "data_batch_3: missing or damaged"


def damage_missing(place):
    (place / "test_batch").unlink()
    return "test_batch: missing or damaged"


def damage_meta(place):
    (place / "batches.meta").write_bytes(b"")
    return "batches.meta: missing or damaged"


@pytest.mark.parametrize("damage", [damage_batch, damage_missing, damage_meta])
def test_damaged_files_are_named(official, tmp_path, damage):
    message = damage(official / "cifar-10-batches-py")
    with pytest.raises(DataError, match=f"{message}.* remove .*cifar-10-batches-py, and it is"):
        prepare_cifar(official, tmp_path / "out" / "data.h5", False, "lab")
    assert not (tmp_path / "out").exists()


@pytest.fixture
def archived(official, tmp_path, monkeypatch):
    """An empty folder; the archive of CIFAR-10 is to be had from a server."""
    archive = tmp_path / "server" / CIFAR10.filename
    archive.parent.mkdir()
    with tarfile.open(archive, "w:gz") as file:
        file.add(official / CIFAR10.base_folder, CIFAR10.base_folder)
    handler = partial(SimpleHTTPRequestHandler, directory=archive.parent)
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        Thread(target=server.serve_forever).start()
        url = f"http://127.0.0.1:{server.server_port}/{archive.name}"
        monkeypatch.setattr(CIFAR10, "url", url)
        monkeypatch.setattr(CIFAR10, "tgz_md5", md5s(archive.parent)[archive.name])
        yield tmp_path / "empty"
        server.shutdown()


def test_missing_files_are_downloaded(archived, tmp_path):
    prepare_cifar(archived, tmp_path / "out.h5", False, "rgb")
    with h5py.File(tmp_path / "out.h5") as file:
        assert len(file["data"]) == 60
    assert (archived / "cifar-10-batches-py" / "test_batch").is_file()


def test_a_folder_of_data_may_be_new(archived, tmp_path):
    assert sum(CIFARDataset(tmp_path / "new" / "data").splits) == 60


def test_failed_downloads_say_what_to_do(archived, tmp_path, monkeypatch):
    url = "http://127.0.0.1:9/cifar-10-python.tar.gz"
    monkeypatch.setattr(CIFAR10, "url", url)
    message = (
        f"cifar-10-batches-py: there is no such folder, and {url} cannot be downloaded "
        rf"\(.*Connection refused.*\): get that file elsewhere and unpack it in {archived}"
    )
    with pytest.raises(DataError, match=message):
        prepare_cifar(archived, tmp_path / "out.h5", False, "rgb")


def test_a_damaged_download_is_refused(archived, tmp_path, monkeypatch):
    monkeypatch.setattr(CIFAR10, "tgz_md5", "0" * 32)
    with pytest.raises(DataError, match=r"cannot be downloaded \(File not found or corrupted"):
        prepare_cifar(archived, tmp_path / "out.h5", False, "rgb")
