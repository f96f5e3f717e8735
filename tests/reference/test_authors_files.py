"""A gin file of the authors loads and trains as it is, by the command that they would give."""

import json
from itertools import repeat
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from small_cifar import expect_small, write_cifar10

from selfstudy import cli
from selfstudy.data.names import BUCKETS, name_bucket
from selfstudy.data.packed import OBJECT, Sample, encode_png, write_packed
from selfstudy.data.prepare import prepare

CONFIGS = json.loads((Path(__file__).parent / "configs.json").read_text())
NAMES = [
    pytest.param(name, marks=[pytest.mark.slow] if "/r50/" in name else []) for name in CONFIGS
]
SHORT = [
    "session.train_iters = 1",
    "session.valid_iters = 1",
    "scheduler.milestones = [1, 2]",
    "dataloader.batch_size = 2",
]


def write_rendered(folder, name, resolution, objects):
    """Twelve packed files of two random images each, prepared where a run looks for them."""
    rng = np.random.default_rng(0)
    paths = [folder / "packed" / name / name_bucket(bucket) for bucket in range(BUCKETS)]
    for path in paths:
        things = np.zeros((2, objects), OBJECT)
        things["rot_mat"] = np.eye(3)
        images, targets = rng.integers(0, 11, (2, 2, 8, 8, 3), dtype=np.uint8)
        dense = map(encode_png, targets) if objects > 1 else repeat(None)
        write_packed(path, 2, map(Sample, map(encode_png, 20 * images), things, dense), {})
    prepared = folder / "prepared" / name / f"data_{resolution}_lab.h5"
    prepare(paths, prepared, name, resolution, "lab", seed=0)


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    folder = tmp_path_factory.mktemp("data")
    write_rendered(folder, "1111", 64, objects=1)
    write_rendered(folder, "1111-multi", 128, objects=4)
    write_cifar10(folder / "cifar")
    return folder


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_it_trains_unchanged(name, data, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    expect_small(data / "cifar", monkeypatch.setattr)
    lines = [f"{binding} = {value!r}" for binding, value in CONFIGS[name].items()]
    Path("theirs.gin").write_text("# Parameters:\n" + "\n".join(lines))
    cli.main(["train", "-q", "-g", "theirs.gin", "--data", str(data), "-p", *SHORT])
    run = tmp_path / "results/runs/default"
    history = pd.read_csv(run / "history.csv")
    assert len(history) == 2
    assert np.isfinite(history["train_loss"]).all()
    # What the run used is what the file says, in our names.
    used = (run / "config.gin").read_text()
    method = CONFIGS[name]["Wrapper.model_choice"]
    task = name.rpartition("/")[2] if method == "resnet" else None
    assert f"session.method = {None if task else method!r}\n" in used
    assert f"session.task = {task!r}\n" in used
    assert f"weight_decay = {CONFIGS[name]['optimizer.weight_decay']}" in used


@pytest.mark.slow
def test_with_no_arguments_a_quick_run_on_cifar10(data, tmp_path, monkeypatch, capsys):
    """The configuration of the authors' program with no arguments."""
    monkeypatch.chdir(tmp_path)
    expect_small(data / "cifar", monkeypatch.setattr)
    Path("data").symlink_to(data)
    cli.main(["train"])
    assert capsys.readouterr().out.startswith("results/runs/default: accuracy ")
    assert len(pd.read_csv("results/runs/default/history.csv")) == 25
