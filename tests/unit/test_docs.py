"""The documentation: its pages, and whether its commands are ones that exist."""

import os
import re
import shlex
import subprocess
import sys

import pytest
from documented import ROOT, list_commands

from selfstudy.cli import make_parser

TARGETS = set(re.findall(r"^([\w/.]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))


@pytest.mark.slow
def test_the_pages_are_built_and_no_link_is_broken(tmp_path):
    command = [sys.executable, "-m", "mkdocs", "build", "--site-dir", str(tmp_path)]
    done = subprocess.run(
        command,
        cwd=ROOT,
        env=os.environ | {"NO_MKDOCS_2_WARNING": "1"},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    for name, said in {
        "commands.html": "selfstudy advise",
        "configuration.html": "pretrain_seeds",
        "gin.html": "ResNet.width",
        "python.html": "measure_utility",
    }.items():
        page = (tmp_path / name).read_text()
        assert said in page, name
        assert "insert:" not in page, name


@pytest.mark.parametrize("command", list_commands("selfstudy"))
def test_the_command_is_one(command):
    assert make_parser().parse_args(shlex.split(command)[1:]).run


@pytest.mark.parametrize("command", list_commands("make"))
def test_the_target_is_one(command):
    assert shlex.split(command)[1] in TARGETS
