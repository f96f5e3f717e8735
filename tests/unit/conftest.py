import shutil
from pathlib import Path

import numpy as np
import pytest
import tiny
from made_runs import make_folder
from own_images import write_images

from selfstudy.data.names import BUCKETS, name_bucket
from selfstudy.data.packed import OBJECT, Sample, encode_png, write_packed
from selfstudy.data.prepare import prepare

IMAGES, RESOLUTION = 10, 16  # images of a bucket, and their size
PREPARED, SCENES = "data_16_lab.h5", "data_32.h5"


@pytest.fixture(scope="session")
def made_once(tmp_path_factory):
    """A folder of files that are made once, and copied for each test.

    Twelve packed files, in `packed`, and what is prepared of them, `data_16_lab.h5`; the same of
    scenes, in `packed_multi`, and `data_32.h5`.
    """
    folder, rng = tmp_path_factory.mktemp("made"), np.random.default_rng(0)
    paths = []
    for bucket in range(BUCKETS):
        images = rng.integers(0, 256, (IMAGES, RESOLUTION, RESOLUTION, 3), dtype=np.uint8)
        objects = np.zeros((IMAGES, 1), OBJECT)
        objects["class"][:, 0] = np.arange(IMAGES)
        objects["rot_mat"][:, 0] = np.eye(3)
        images[:, 0, 0] = [(bucket, i, i) for i in range(IMAGES)]
        paths.append(folder / "packed" / name_bucket(bucket))
        about = {"dataset": "0110", "bucket": bucket, "seed": 0}
        write_packed(paths[-1], IMAGES, map(Sample, map(encode_png, images), objects), about)
    prepare(paths, folder / PREPARED, "0110", RESOLUTION, "lab", seed=0)
    rng, paths = np.random.default_rng(0), []
    for bucket in range(BUCKETS):
        images = rng.integers(0, 256, (4, 32, 32, 3), dtype=np.uint8)
        targets = rng.integers(0, 11, (4, 32, 32, 3), dtype=np.uint8)
        targets[..., 0] = images[:, 0, 0, 0, None, None] = 4 * bucket + np.arange(4)[:, None, None]
        targets[..., 2] *= 20
        paths.append(folder / "packed_multi" / name_bucket(bucket))
        samples = map(
            Sample, map(encode_png, images), np.zeros((4, 2), OBJECT), map(encode_png, targets)
        )
        write_packed(paths[-1], 4, samples, {"dataset": "0110-multi"})
    prepare(paths, folder / SCENES, "0110-multi", 32, "rgb", seed=0)
    return folder


@pytest.fixture
def packed(made_once, tmp_path):
    """Twelve packed files. The first pixel of image i of bucket b is (b, i, class)."""
    shutil.copytree(made_once / "packed", tmp_path / "packed")
    return [tmp_path / "packed" / name_bucket(bucket) for bucket in range(BUCKETS)]


@pytest.fixture
def prepared(made_once, tmp_path):
    """A prepared file of 120 images, 100 of them for training."""
    return Path(shutil.copyfile(made_once / PREPARED, tmp_path / PREPARED))


@pytest.fixture
def prepared_multi(made_once, tmp_path):
    """A prepared file of 48 scenes of two objects, 40 of them for training, at 32 pixels.

    The dense targets of a scene say in their instance id which scene it is.
    """
    return Path(shutil.copyfile(made_once / SCENES, tmp_path / SCENES))


@pytest.fixture
def source(tmp_path):
    """A folder of ten images each of three classes."""
    return write_images(tmp_path / "source", ["cat", "Hündin 1", "dog"])


@pytest.fixture
def one_thread():
    """Sums come out bit for bit the same, from seed 0."""
    with tiny.one_thread():
        yield


@pytest.fixture
def make_run(prepared, tmp_path, monkeypatch):
    """Make a run in `results/runs`, as `make_folder` does, of a method and bindings."""
    monkeypatch.chdir(tmp_path)
    with tiny.one_thread():
        yield lambda method, *bindings: make_folder(
            f"results/runs/{method}", prepared, method, *bindings
        )
