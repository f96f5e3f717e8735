"""The chain on a real Slurm, whose jobs are cancelled, run out of time, and lose their node."""

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pandas as pd
import pytest
import yaml
from cluster import Cluster, missing

ROOT = Path(__file__).parents[2]
CONFIG = ROOT / "tests/workflow/config.yaml"
COMMAND = "snakemake --cores all --profile slurm"  # as the README has it
# For the test alone: there is no accounting, and polling is to be quick.
TEST = (
    "--slurm-status-command squeue --slurm-init-seconds-before-status-checks 2 "
    "--seconds-between-status-checks 1"
)
TARGETS = [
    f"results/finetune/0110/r9/{start}/classify/n100/metrics.csv" for start in ("scratch", "cmc")
]
LIMIT = 600  # seconds for anything to happen

pytestmark = pytest.mark.skipif(bool(missing()), reason=f"Slurm is not installed: {missing()}")


@pytest.fixture(scope="module")
def cluster(tmp_path_factory):
    # Short, because the path of a socket may not be long.
    with Cluster(tmp_path_factory.mktemp("slurm")) as running:
        yield running


class Study:
    """A tiny study in a folder of its own."""

    def __init__(self, folder, rounds, environment):
        self.folder, self.environment = folder, environment
        folder.mkdir(exist_ok=True)
        config = yaml.safe_load(CONFIG.read_text())
        config["pretext"] = ["scratch", "cmc"]
        config["gin"]["all"] += [
            "session.checkpoint_minutes = 0.02",
            f"scheduler.milestones = [1, {rounds}]",
        ]
        (folder / "config.yaml").write_text(yaml.safe_dump(config))

    def start(self, command, *options):
        """Start Snakemake from the checkout, where the profile is."""
        words = [sys.executable, "-m", *command.split(), *TARGETS, *options]
        words += ["--directory", str(self.folder), "--configfile", str(self.folder / "config.yaml")]
        log = (self.folder / "snakemake.log").open("w")
        return subprocess.Popen(
            words,
            cwd=ROOT,
            env=self.environment,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )

    def finish(self, process):
        try:
            process.wait(LIMIT)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGINT)
            process.wait()
        assert process.returncode == 0, self.said()

    def said(self):
        return (self.folder / "snakemake.log").read_text()[-5000:]

    def until(self, condition, process):
        """Wait for something to happen while Snakemake runs; give it."""
        end = time.monotonic() + LIMIT
        while not (found := condition()):
            assert process.poll() is None, self.said()
            assert time.monotonic() < end, self.said()
            time.sleep(0.05)
        return found

    def tables(self):
        """The runs' tables, but for times."""
        paths = (self.folder / "results").rglob("*.csv")
        return {
            path.relative_to(self.folder): path.read_text()
            for path in paths
            if path.name != "times.csv"
        }


@pytest.fixture(scope="module")
def images(tmp_path_factory):
    """Rendered and prepared images, made without the cluster."""
    study = Study(tmp_path_factory.mktemp("images"), 2, dict(os.environ))
    study.finish(study.start("snakemake --cores 2", "--until", "prepare"))
    return study.folder / "data"


@pytest.fixture
def studies(images, tmp_path, cluster):
    """Two studies alike, one for the cluster and one beside it."""

    def make(rounds):
        both = []
        for name, environment in (("slurm", cluster.environment), ("local", dict(os.environ))):
            study = Study(tmp_path / name, rounds, environment)
            shutil.copytree(images, study.folder / "data")
            both.append(study)
        return both

    return make


def test_cancelled_jobs_and_lost_nodes_change_nothing(cluster, studies):
    study, local = studies(rounds=150)
    process = study.start(COMMAND, *TEST.split())
    folder = study.folder / "results/pretrain/0110/r9/cmc"
    job = study.until(lambda: cluster.running("rule_pretrain"), process)
    study.until((folder / "checkpoint.pt").exists, process)
    cluster.run("scancel", job)
    study.until(lambda: cluster.running("rule_pretrain") not in (None, job), process)
    study.until((folder / "metrics.csv").exists, process)
    job = study.until(lambda: cluster.running("rule_finetune"), process)
    cluster.node("down")
    # A job that begins again beside its last process has its node drained.
    study.until(lambda: not cluster.has_steps(job), process)
    cluster.node("resume")
    # Slurm puts it back into the queue, to begin two minutes later unless it is told to hurry.
    cluster.run("scontrol", "update", f"jobid={job}", "starttime=now")
    study.finish(process)
    log = (study.folder / "logs/results/pretrain/0110/r9/cmc.log").read_text()
    assert "round 1 of 150" not in log, "it went on from its checkpoint"
    local.finish(local.start("snakemake --cores 2"))
    assert study.tables() == local.tables()
    assert len(local.tables()) > 4


def test_a_job_over_its_time_limit_goes_on(cluster, studies):
    timed, local = studies(rounds=40)
    local.finish(local.start("snakemake --cores 2", "--until", "pretrain"))
    times = pd.read_csv(local.folder / "results/pretrain/0110/r9/cmc/times.csv")
    # Slurm looks for jobs over their limits every thirty seconds.
    rounds = int(90 / times["seconds"].median())
    study, local = (Study(each.folder, rounds, each.environment) for each in (timed, local))
    shutil.rmtree(local.folder / "results")
    process = study.start(COMMAND, *TEST.split(), "--until", "pretrain")
    job = study.until(lambda: cluster.running("rule_pretrain"), process)
    study.until((study.folder / "results/pretrain/0110/r9/cmc/checkpoint.pt").exists, process)
    cluster.run("scontrol", "update", f"jobid={job}", "endtime=now")
    beside = local.start("snakemake --cores 1", "--until", "pretrain")
    study.finish(process)
    local.finish(beside)
    assert study.tables() == local.tables()
    said = (study.folder / "snakemake.log").read_text()
    assert "TIMEOUT" in said
    assert "stopped by SIGTERM in round" in said
