"""A sweep with one bar: what it shows, what it keeps from the terminal, and how it fails."""

import os
import pty
import subprocess
import sys
import termios
from pathlib import Path

import pytest
import yaml
from own_images import write_images

from selfstudy.configuration import CONFIG

PIXELS = {"source": "images", "folder": "images", "resolution": 16}
TINY = {
    "datasets": {"own": PIXELS},
    "backbones": ["r9"],
    "pretext": ["scratch"],
    "tasks": {"classify": {"labels": [6]}},
    "seeds": [0],
}


def run(folder, terminal, **more):
    """Run the command in a folder; give what it ends with, and what it printed."""
    command = [sys.executable, "-m", "selfstudy", "run", "--configfile", "tiny.yaml"]
    environment = os.environ | {"PYTHONPATH": str(CONFIG.parent)}
    (folder / "tiny.yaml").write_text(yaml.safe_dump(TINY | more))
    return subprocess.run(
        command, cwd=folder, env=environment, stdout=subprocess.PIPE, stderr=terminal, text=True
    )


@pytest.mark.slow
def test_what_fails_is_shown(tmp_path):
    """Snakemake's error with the job's log, which are in the file, too."""
    write_images(tmp_path / "images", ["cat", "dog"])
    (tmp_path / "images/cat/broken.png").write_bytes(b"nothing")
    master, slave = pty.openpty()
    termios.tcsetwinsize(slave, (24, 80))
    done = run(tmp_path, slave)
    os.close(slave)
    shown = b""
    while chunk := read(master):
        shown += chunk
    os.close(master)
    shown = shown.decode()
    assert done.returncode == 1
    assert done.stdout == (
        "tiny.yaml: images in data/, results in results/, what Snakemake says in logs/tiny.log\n"
    )
    assert "jobs: " in shown
    assert "1 prepare_images" in shown
    assert "0%|" in shown, "a bar"
    assert "Error in rule prepare_images" in shown
    assert "broken.png: cannot be read as an image" in shown
    assert "Building DAG" not in shown
    log = Path(tmp_path, "logs/tiny.log").read_text()
    assert "Building DAG" in log
    assert "Error in rule prepare_images" in log


def read(terminal):
    try:
        return os.read(terminal, 65536)
    except OSError:  # all who write there have ended
        return b""


def test_a_wrong_configuration_is_a_line(tmp_path):
    done = run(tmp_path, subprocess.PIPE, sedes=[0])
    assert done.returncode != 0
    assert done.stdout == ""
    assert done.stderr.startswith(
        "error: tiny.yaml: configuration: unknown key 'sedes': did you me"
    )
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize(
    ("line", "found"),
    [("selfstudy exp", ["export "]), ("selfstudy export --format t", ["timm", "torchvision"])],
)
def test_a_shell_completes_words(line, found, tmp_path):
    pytest.importorskip("argcomplete")
    asked = {
        "_ARGCOMPLETE": "1",
        "COMP_LINE": line,
        "COMP_POINT": str(len(line)),
        "_ARGCOMPLETE_STDOUT_FILENAME": str(tmp_path / "words"),
        "_ARGCOMPLETE_IFS": "\n",
    }
    script = "from selfstudy.cli import main; main()"
    subprocess.run([sys.executable, "-c", script], env=os.environ | asked, check=True)
    assert sorted(Path(tmp_path, "words").read_text().split("\n")) == found
