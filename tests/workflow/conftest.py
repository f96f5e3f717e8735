import copy
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from filelock import FileLock

ROOT = Path(__file__).parents[2]
CONFIG = yaml.safe_load((Path(__file__).parent / "config.yaml").read_text())


class Study:
    """A folder in which the workflow in `root` runs with a configuration of its own."""

    def __init__(self, folder, root=ROOT):
        self.folder, self.root = folder, root
        self.config = copy.deepcopy(CONFIG)

    def start(self, *arguments):
        """Start Snakemake in a process group of its own; give the process."""
        path, text = self.folder / "config.yaml", yaml.safe_dump(self.config, sort_keys=False)
        if not path.exists() or path.read_text() != text:
            path.write_text(text)
        command = [sys.executable, "-m", "snakemake", *map(str, arguments)]
        command += ["--snakefile", str(self.root / "Snakefile"), "--directory", str(self.folder)]
        command += ["--cores", "2", "--configfile", str(path)]
        return subprocess.Popen(
            command,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            cwd=self.folder,
            start_new_session=True,
        )

    def copy(self, folder):
        """Copy it as `cp -r` does: files have new times, in no order that means anything."""
        shutil.copytree(self.folder, folder, copy_function=shutil.copyfile)
        other = Study(folder, self.root)
        other.config = copy.deepcopy(self.config)
        return other

    def snakemake(self, *arguments, fails=False):
        """Run Snakemake; give what it printed."""
        process = self.start(*arguments)
        output, _ = process.communicate()
        assert (process.returncode != 0) == fails, output[-5000:]
        return output

    def planned(self, *arguments):
        """The number of jobs of each rule that Snakemake would run."""
        output = self.snakemake("--dry-run", *arguments)
        stats = re.search(r"Job stats:\njob +count\n[- ]+\n(.*?)\n\n", output, re.DOTALL)
        if stats is None:
            assert "Nothing to be done" in output, output
            return {}
        rows = (line.split() for line in stats[1].splitlines())
        return {rule: int(count) for rule, count in rows if rule not in ("all", "total")}


@pytest.fixture(scope="session")
def finished(tmp_path_factory):
    """The whole chain, run once for all processes that test. Nothing here may change it."""
    base = tmp_path_factory.getbasetemp()
    study = Study((base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "finished")
    done = study.folder.with_suffix(".done")
    with FileLock(study.folder.with_suffix(".lock")):
        if not done.exists():
            study.folder.mkdir(exist_ok=True)
            study.snakemake()
            done.touch()
    return study


@pytest.fixture
def study(finished, tmp_path):
    """A copy of the finished chain, to change."""
    return finished.copy(tmp_path / "study")


@pytest.fixture
def rendered(finished, tmp_path):
    """A study with the images of the finished chain, and nothing trained."""
    study = Study(tmp_path / "rendered")
    shutil.copytree(finished.folder / "data", study.folder / "data")
    return study


@pytest.fixture
def new_study(tmp_path):
    """A study with nothing."""
    return Study(tmp_path)
