"""A tiny study in a folder of its own, on a cluster or beside it."""

import os
import shutil
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
ROUNDS = 150  # take some seconds


def hear_interrupts():
    """Undo what shells do to processes in the background, such as these tests: to ignore SIGINT."""
    signal.signal(signal.SIGINT, signal.default_int_handler)


class Study:
    """A study whose runs take some seconds and write a checkpoint in each.

    Its Snakemake, which is one at a time, is killed on leaving.
    """

    def __init__(self, folder, environment, images=None):
        self.folder, self.environment = folder, environment
        self.log = folder / "snakemake.log"
        self.process = None
        folder.mkdir(exist_ok=True)
        if images is not None:
            shutil.copytree(images, folder / "data")
        config = yaml.safe_load(CONFIG.read_text())
        config["gin"]["all"] += [
            "session.checkpoint_minutes = 0.01",
            f"scheduler.milestones = [1, {ROUNDS}]",
        ]
        (folder / "config.yaml").write_text(yaml.safe_dump(config))

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self.kill()

    def start(self, command, *options):
        """Start Snakemake from the checkout, where the profile is."""
        words = [sys.executable, "-m", *command.split(), *options]
        words += ["--directory", str(self.folder), "--configfile", str(self.folder / "config.yaml")]
        with self.log.open("w") as log:
            self.process = subprocess.Popen(
                words,
                cwd=ROOT,
                env=self.environment,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                preexec_fn=hear_interrupts,
            )

    def signal(self, number):
        """Send a signal to Snakemake and what it runs here, as a terminal does."""
        os.killpg(self.process.pid, number)

    def kill(self):
        """Kill Snakemake, unless it has ended."""
        if self.process is not None and self.process.poll() is None:
            self.signal(signal.SIGKILL)
            self.process.wait()

    def wait(self):
        """Wait for Snakemake's end; give how it ended."""
        try:
            return self.process.wait(LIMIT)
        except subprocess.TimeoutExpired:
            raise AssertionError(f"Snakemake does not end:\n{self.said()}") from None

    def finish(self):
        """Wait for Snakemake's end; it must have done all."""
        assert self.wait() == 0, self.said()

    def said(self):
        """What Snakemake said, without the rest of very long lines."""
        return "\n".join(line[:500] for line in self.log.read_text().splitlines())

    def until(self, condition):
        """Wait for something to happen while Snakemake runs; give it."""
        end = time.monotonic() + LIMIT
        while not (found := condition()):
            assert self.process.poll() is None, self.said()
            assert time.monotonic() < end, self.said()
            time.sleep(0.05)
        return found

    def until_trained(self, cluster, run, after=None):
        """Wait until another job than `after` has written a checkpoint of a run; give the job."""
        rule, checkpoints = f"rule_{run.split('/')[0]}", self.folder / "results" / run

        def date():
            return {path: path.stat().st_mtime_ns for path in checkpoints.rglob("checkpoint.pt")}

        job = self.until(lambda: {cluster.running(rule)} - {after, None}).pop()
        before = date()
        self.until(lambda: date() not in ({}, before))
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
