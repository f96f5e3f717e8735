"""The documented commands of Snakemake, tried dry in a checkout that has the images they name.

Of the paper's study there are two datasets and three budgets, as five commands plan it.
"""

import shlex
import shutil
import subprocess
import sys

import pytest
import yaml
from documented import ROOT, list_commands
from own_images import write_images


@pytest.fixture(scope="module")
def checkout(tmp_path_factory):
    folder = tmp_path_factory.mktemp("documented")
    for name in ("config", "profiles", "rules", "selfstudy", "workflow"):
        ignored = shutil.ignore_patterns("__pycache__")
        shutil.copytree(ROOT / name, folder / name, symlinks=True, ignore=ignored)
    shutil.copyfile(ROOT / "Snakefile", folder / "Snakefile")
    config = folder / "config/config.yaml"
    study = yaml.safe_load(config.read_text())
    study["datasets"] = {name: study["datasets"][name] for name in ("1111", "1111-multi")}
    for task in study["tasks"].values():
        task["labels"] = task["labels"][:3]
    config.write_text(yaml.safe_dump(study, sort_keys=False))
    write_images(folder / "images", ["cat", "dog"])
    return folder


@pytest.mark.parametrize("command", list_commands("snakemake"))
def test_the_command_plans(checkout, command):
    words = [sys.executable, "-m", *shlex.split(command), "--dry-run"]
    done = subprocess.run(words, cwd=checkout, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
