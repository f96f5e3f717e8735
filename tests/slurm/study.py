"""A tiny study in a folder of its own, on a cluster or beside it."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import torch
import yaml

ROOT = Path(__file__).parents[2]
CONFIG = ROOT / "tests/workflow/config.yaml"
LIMIT = 600  # seconds for anything to happen
ROUNDS = 150  # some seconds


class Study:
    """A study whose runs take some seconds and write a checkpoint in each."""

    def __init__(self, folder, environment):
        self.folder, self.environment = folder, environment
        self.log = folder / "snakemake.log"
        folder.mkdir(exist_ok=True)
        config = yaml.safe_load(CONFIG.read_text())
        config["gin"]["all"] += [
            "session.checkpoint_minutes = 0.01",
            f"scheduler.milestones = [1, {ROUNDS}]",
        ]
        (folder / "config.yaml").write_text(yaml.safe_dump(config))

    def start(self, command, *options):
        """Start Snakemake from the checkout, where the profile is."""
        words = [sys.executable, "-m", *command.split(), *options]
        words += ["--directory", str(self.folder), "--configfile", str(self.folder / "config.yaml")]
        with self.log.open("w") as log:
            return subprocess.Popen(
                words,
                cwd=ROOT,
                env=self.environment,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def wait(self, process):
        """Wait for Snakemake's end; give how it ended."""
        try:
            return process.wait(LIMIT)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            raise AssertionError(f"Snakemake does not end:\n{self.said()}") from None

    def finish(self, process):
        """Wait for Snakemake's end; it must have done all."""
        assert self.wait(process) == 0, self.said()

    def said(self):
        """What Snakemake said, without the rest of very long lines."""
        return "\n".join(line[:500] for line in self.log.read_text().splitlines())

    def until(self, condition, process):
        """Wait for something to happen while Snakemake runs; give it."""
        end = time.monotonic() + LIMIT
        while not (found := condition()):
            assert process.poll() is None, self.said()
            assert time.monotonic() < end, self.said()
            time.sleep(0.05)
        return found

    def until_trained(self, cluster, run, process, after=None):
        """Wait until another job than `after` has written a checkpoint of a run; give the job."""
        rule, checkpoints = f"rule_{run.split('/')[0]}", self.folder / "results" / run

        def date():
            return {path: path.stat().st_mtime_ns for path in checkpoints.rglob("checkpoint.pt")}

        job = self.until(lambda: {cluster.running(rule)} - {after, None}, process).pop()
        before = date()
        self.until(lambda: date() not in ({}, before), process)
        return job

    def went_on(self, run):
        """Whether the last job of a run went on from a checkpoint."""
        rounds = [f"round {number} of {ROUNDS}:" for number in (1, ROUNDS)]
        said = (self.folder / "logs/results" / f"{run}.log").read_text()
        return [text in said for text in rounds] == [False, True]

    def read(self, run):
        """A run's tables, except for times, and its weights."""
        folder = self.folder / "results" / run
        tables = {
            str(path.relative_to(folder)): path.read_text()
            for path in folder.rglob("*.csv")
            if path.name != "times.csv"
        }
        weights = {
            f"{path.relative_to(folder)}: {name}": tensor.numpy().tobytes()
            for path in folder.rglob("snapshot.pt")
            for name, tensor in torch.load(path, weights_only=True)["weights"].items()
        }
        return tables | weights
