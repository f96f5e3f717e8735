"""The package as `pip install` leaves it, outside any checkout and without the network."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

ROOT = Path(__file__).parents[2]
INTO_WHEEL = ("pyproject.toml", "README.md", "LICENSE", "config", "selfstudy")
PIP = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check"]
ALONE = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}


def run(*words, cwd, fails=False):
    """Run a command; give what it printed."""
    done = subprocess.run(list(map(str, words)), cwd=cwd, env=ALONE, capture_output=True, text=True)
    assert (done.returncode != 0) == fails, done.stdout + done.stderr
    return done.stdout + done.stderr


@pytest.fixture(scope="module")
def selfstudy(tmp_path_factory):
    """The command of a wheel that is installed into an environment of its own."""
    pytest.importorskip("setuptools", minversion="77")
    folder = tmp_path_factory.mktemp("wheel")
    tree = folder / "tree"
    tree.mkdir()
    for name in INTO_WHEEL:
        copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copyfile
        copy(ROOT / name, tree / name, **{"symlinks": True} if copy is shutil.copytree else {})
    offline = ["--no-deps", "--no-index", "--no-build-isolation"]
    run(*PIP, "wheel", *offline, "--wheel-dir", folder, tree, cwd=folder)
    environment = folder / "environment"
    run(sys.executable, "-m", "venv", "--without-pip", environment, cwd=folder)
    python = environment / "bin" / "python"
    (wheel,) = folder.glob("*.whl")
    run(*PIP, "--python", python, "install", "--no-deps", "--no-index", wheel, cwd=folder)
    # What the package depends on is that of these tests; this checkout is not, as links are not
    # followed from there.
    theirs = [path for path in sys.path if Path(path).name in ("site-packages", "dist-packages")]
    (own,) = environment.glob("lib/python*/site-packages")
    (own / "dependencies.pth").write_text("\n".join(theirs))
    return environment / "bin" / "selfstudy"


pytestmark = pytest.mark.slow
TINY = [
    "session.precision = 'float32'",
    "session.train_iters = 2",
    "BaseDataset.input_res = 16",
    "ResNet.width = 4",
    "dataloader.batch_size = 16",
    "scheduler.milestones = [1, 2]",
]
# Runs commands in one process, as loading takes most of the time.
SCRIPT = """
import json, sys
from selfstudy.cli import main

for words in json.loads(sys.argv[1]):
    main(words)
"""


def test_commands_work_from_a_wheel(selfstudy, prepared, tmp_path):
    python, folder = selfstudy.with_name("python"), tmp_path / "elsewhere"
    folder.mkdir()
    place = "import selfstudy; from selfstudy.configuration import GIN; print(selfstudy, GIN)"
    assert run(python, "-c", place, cwd=folder).count(str(selfstudy.parents[1])) == 2
    assert "total" in run(selfstudy, "params", "-g", "syn/r9/cmc", cwd=folder)
    (folder / "a.csv").write_text(
        "method,labels,seed,accuracy\nscratch,100,0,0.2\nscratch,1000,0,0.5\nmine,100,0,0.35\n"
    )
    commands = [
        ["train", "-q", "-e", "mine", "-g", "syn/r9/rotate", "--data", str(prepared), "-p", *TINY],
        ["features", "-e", "mine"],
        ["linear", "-e", "mine", "--labels", "20"],
        ["export", "-e", "mine", "--format", "safetensors"],
        ["utility", "a.csv", "-o", "utility.csv"],
        ["render", "0100", "--images", "12", "--resolution", "16", "--jobs", "1"],
    ]
    run(python, "-c", SCRIPT, json.dumps(commands), cwd=folder)
    results = folder / "results/runs/mine"
    made = ["snapshot.pt", "metrics.csv", "features.h5", "linear.csv", "backbone.safetensors"]
    assert [name for name in made if not (results / name).is_file()] == []
    assert pd.read_csv(folder / "utility.csv")["utility"].tolist() == pytest.approx([10**0.5 - 1])
    assert len(list((folder / "data/packed/0100").glob("imgs_*.h5"))) == 12


def test_what_needs_a_checkout_says_so(selfstudy, tmp_path):
    for command, message in (
        ("plan", "Snakefile: there is no such file: the workflow needs a checkout"),
        ("status", "config/config.yaml: there is no such file"),
    ):
        line = run(selfstudy, command, cwd=tmp_path, fails=True)
        assert message in line
        assert line.count("\n") == 1
    (own,) = selfstudy.parents[1].glob("lib/python*/site-packages/selfstudy/config/demo.yaml")
    assert "0 done" in run(selfstudy, "status", "--configfile", own, cwd=tmp_path)
