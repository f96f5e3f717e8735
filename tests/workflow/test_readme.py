"""The documented commands for single runs, and the program of the README, word for word."""

import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
from small_cifar import write_cifar10

from selfstudy.data.names import BUCKETS, name_bucket
from selfstudy.data.packed import OBJECT, Sample, encode_png, write_packed
from selfstudy.data.prepare import prepare

TESTS = Path(__file__).parents[1]
ROOT = TESTS.parent


def write_demo_images(folder):
    """A prepared file as the demo's, but of 1,200 images of noise."""
    rng = np.random.default_rng(0)
    paths = [folder / "packed" / name_bucket(bucket) for bucket in range(BUCKETS)]
    for path in paths:
        images = rng.integers(0, 256, (100, 8, 8, 3), dtype=np.uint8)
        objects = np.zeros((100, 1), OBJECT)
        objects["class"][:, 0] = np.arange(100) % 10
        objects["rot_mat"] = np.eye(3)
        write_packed(path, 100, map(Sample, map(encode_png, images), objects), {})
    prepare(paths, folder / "prepared/0100/data_16_lab.h5", "0100", 16, "lab", seed=0)


def test_single_runs(tmp_path):
    write_cifar10(tmp_path / "data/cifar")
    site = tmp_path / "site"
    site.mkdir()
    expect = f"from small_cifar import *; expect_small({str(tmp_path / 'data/cifar')!r})"
    (site / "sitecustomize.py").write_text(expect)
    write_demo_images(tmp_path / "data/demo")
    (tmp_path / "accuracies.csv").write_text(
        "method,labels,seed,accuracy\nscratch,100,0,0.2\nscratch,1000,0,0.5\nmine,100,0,0.35\n"
    )
    section = (ROOT / "docs/runs.md").read_text()
    commands = re.search(r"```sh\n(.*?)```", section, re.DOTALL)[1]
    environment = os.environ | {
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "PYTHONPATH": f"{site}:{TESTS}",
    }
    done = subprocess.run(
        ["bash", "-euc", commands], cwd=tmp_path, env=environment, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr[-3000:]
    runs = tmp_path / "results/runs"
    assert pd.read_csv(runs / "tuned/metrics.csv")["labels"].item() == 1000
    assert pd.read_csv(runs / "mine/linear.csv")["labels"].tolist() == [100, 1000]
    assert "2.16" in done.stdout.splitlines()[-1]


def test_the_python_example(tmp_path):
    """Word for word, on fewer images."""
    write_demo_images(tmp_path / "data/demo")
    readme = (ROOT / "README.md").read_text()
    program = re.search(r"```python\n(.*?)```", readme, re.DOTALL)[1]
    program = program.replace("5000", "900")  # there are 1,000 images to train on
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=tmp_path, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr[-3000:]
    assert done.stdout.split()[:4] == ["pretext", "labels", "utility", "at_least"]
    assert len(done.stdout.splitlines()) == 4
    runs = tmp_path / "runs"
    assert (runs / "rotate/snapshot.pt").is_file()
    assert pd.read_csv(runs / "scratch/n100/metrics.csv")["accuracy"].between(0, 1).all()
