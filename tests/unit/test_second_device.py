"""Runs on a second device end with the CPU's numbers, mix no devices, and wait for none."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import tiny
from torch.utils import backend_registration

from selfstudy.data.prepare import prepare
from selfstudy.registry import list_names
from selfstudy.starts import KINDS

SCRIPT = Path(__file__).with_name("second_runs.py")
DATA = ("objects", "scenes")
RUNS = [
    *(f"method {name} {data}" for name in list_names("methods") for data in DATA),
    "partly labelled",
    *(f"task {name}" for name in list_names("tasks")),
    *(f"start {name}" for name in ("snapshot", *KINDS)),
]
FOUND = {}

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        not hasattr(backend_registration, "_setup_privateuseone_for_python_backend"),
        reason="this PyTorch takes no devices written in Python",
    ),
]


@pytest.fixture
def found(packed, prepared_multi, tmp_path):
    """What all runs end with; they train once, in a process of their own."""
    if not FOUND:
        objects, scenes = (tmp_path / f"{name}.h5" for name in DATA)
        prepare(packed, objects, "0110", tiny.SIZE, "lab", seed=0)
        shutil.copyfile(prepared_multi, scenes)
        paths = os.pathsep.join(map(str, filter(None, sys.path)))
        printed = subprocess.run(
            [sys.executable, SCRIPT, tmp_path, objects, scenes],
            env=os.environ | {"PYTHONPATH": paths, "OMP_NUM_THREADS": "1"},
            capture_output=True,
            text=True,
            check=False,
        )
        assert printed.returncode == 0, printed.stderr
        FOUND.update(json.loads(printed.stdout))
    return FOUND


@pytest.mark.parametrize("name", RUNS)
def test_it_ends_with_the_cpus_numbers_and_never_waits(name, found):
    run = found[name]
    assert run["device"] == "second"
    assert run["differ"] == []
    assert run["histories"]
    assert run["steps"] > 0
    assert run["waits"] == {}


def test_features_are_those_of_the_cpu(found):
    assert found["features"]["equal"]


def test_faults_are_noticed(found):
    faults = dict(found["faults"])
    assert faults.pop("none") == 0
    mixed = {"a constant of the CPU", "weights left behind", "labels left behind"}
    assert {name for name, outcome in faults.items() if outcome == "raised"} == mixed
    assert min(outcome for name, outcome in faults.items() if name not in mixed) > 0
