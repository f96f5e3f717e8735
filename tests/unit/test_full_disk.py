"""A disk that is really full: one clear error, and nothing half-written."""

import subprocess
import sys
from contextlib import suppress

import numpy as np
import pytest

from selfstudy.backbones.base import make_backbone
from selfstudy.data.packed import OBJECT, Sample, write_packed
from selfstudy.data.prepare import prepare
from selfstudy.errors import DataError
from selfstudy.snapshots import save_snapshot
from selfstudy.training.history import write_metrics

JOB = """
import logging, sys
from selfstudy.job import run_job
with run_job(sys.argv[1], 1):
    for number in range(3):
        logging.getLogger("selfstudy").warning("x" * 5000)
    with open(sys.argv[2], "w") as file:
        file.write("x" * 100_000)
"""


@pytest.fixture
def small_disk(tmp_path):
    folder = tmp_path / "small"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(folder)]
    try:
        done = subprocess.run(mount, capture_output=True, text=True, check=False)
    except FileNotFoundError:
        pytest.skip("there is no mount command")
    if done.returncode:
        pytest.skip(f"may not mount a small disk: {done.stderr.strip()}")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


def test_full_disk(small_disk, packed):
    big = [bytes(20_000)] * 50
    objects = np.zeros((50, 1), OBJECT)
    writers = {
        "imgs_00.h5": lambda path: write_packed(path, 50, map(Sample, big, objects), {}),
        "data_64_lab.h5": lambda path: prepare(packed, path, "0110", 64, "lab", seed=0),
        "snapshot.pt": lambda path: save_snapshot(path, make_backbone("resnet9", width=32), {}),
        "metrics.csv": lambda path: write_metrics(path, {"note": "x" * 100_000}),
    }
    for name, write in writers.items():
        with pytest.raises(DataError, match=f"{name}: cannot be written: no space left"):
            write(small_disk / name)
        assert not list(small_disk.iterdir()), name


def test_a_full_disk_is_said_once_though_the_log_lies_on_it(small_disk):
    with suppress(OSError), open(small_disk / "filling", "wb", buffering=0) as file:
        while True:
            file.write(bytes(1024))
    words = [sys.executable, "-c", JOB, str(small_disk / "log"), str(small_disk / "results.csv")]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    (line,) = done.stderr.splitlines()
    assert line.startswith("error: no space left on the disk: ")
