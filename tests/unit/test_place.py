"""Where the project may lie: Snakemake puts paths into commands as they are."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from selfstudy.configuration import CONFIG
from selfstudy.errors import ConfigurationError
from selfstudy.planning.jobs import list_jobs
from selfstudy.sweep.place import check_place

ROOT = Path(__file__).parents[2]
FINE = ["plain", "Übung", "数据", "a-b_c.d", "a+b@c,d=e~f%20", "#1", "[a]!"]
UNUSABLE = [f"a{character}b" for character in " \t\n\"'`$\\:;&|<>()*?{}"]


@pytest.mark.parametrize("name", FINE + UNUSABLE)
def test_make_refuses_what_the_workflow_cannot_run_in(name, tmp_path):
    folder = tmp_path / name
    folder.mkdir()
    for file in ("Makefile", "pyproject.toml"):
        shutil.copy(ROOT / file, folder)
    # Whatever may be installed is asked of an interpreter that there is not.
    command = ["make", "--silent", "demo", "PYTHON=./no-such-python"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True)
    assert done.returncode != 0
    refused = "Snakemake cannot run in a folder with a blank, a colon" in done.stderr
    assert refused == (name in UNUSABLE)
    assert ("no-such-python" in done.stderr) == (name in FINE)
    assert not (folder / ".venv").exists()


@pytest.mark.parametrize("name", FINE)
def test_any_letters_are_fine(name):
    check_place(f"/home/{name}", f"/home/{name}/.venv/bin/python")


@pytest.mark.parametrize("name", UNUSABLE)
def test_an_interpreter_that_cannot_be_called_is_named(name):
    with pytest.raises(ConfigurationError, match=r"cannot run what has .* in its path"):
        check_place(f"/home/{name}", f"/home/{name}/.venv/bin/python")


def test_the_interpreter_may_lie_elsewhere():
    check_place("/home/my files", "/usr/bin/python3")
    for path in ("/home/a:b", "/home/a{b}"):  # in PATH, and in a rule's command
        with pytest.raises(ConfigurationError, match=f"^{path}: Snakemake cannot run"):
            check_place(path, "/usr/bin/python3")


def test_the_workflow_says_it_before_any_job(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "executable", "/home/my files/.venv/bin/python")
    with pytest.raises(ConfigurationError, match=r"my files/\.venv/bin/python: Snakemake cannot r"):
        list_jobs(CONFIG / "demo.yaml", force=True)
