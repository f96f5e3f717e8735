"""The documentation: its pages, and whether its commands are ones that exist."""

import os
import re
import shlex
import subprocess
import sys

import gallery
import pytest
from documented import ROOT, list_commands
from PIL import Image

from selfstudy.analysis.figures import list_names
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


def test_every_figure_is_in_the_gallery():
    page, pictures = (ROOT / "docs/gallery.md").read_text(), ROOT / "docs/gallery"
    drawn = [name for name, _ in gallery.list_drawings()]
    assert {*drawn, gallery.IMAGES} == {*list_names(), "decision"}
    assert sorted(path.stem for path in pictures.iterdir()) == sorted(drawn)
    for name in drawn:
        assert f"](gallery/{name}.png)" in page
        assert (pictures / f"{name}.png").stat().st_size < 100_000
    for name in list_names():
        assert f"\n## Figure {name.removeprefix('fig')}: " in page
        assert f"\n| `{name}` | " in page


def test_the_gallery_draws(tmp_path):
    """One for all, as each is drawn by tests of its own."""
    for name, draw in gallery.list_drawings():
        if name == "fig11":
            gallery.save_small(draw(), tmp_path / "drawn.png")
    assert Image.open(tmp_path / "drawn.png").size == Image.open(gallery.FOLDER / "fig11.png").size
