"""Runs on a real Slurm, which are cancelled, stopped and lost, and end as those that never were."""

import os
import shutil
import signal

import pytest
from cluster import Cluster, missing
from study import Study

SLURM = "snakemake --cores all --profile slurm"  # as the README has it
QUICK = "--slurm-init-seconds-before-status-checks=2"  # for the test alone
CANCELLED = "pretrain/0110/r9/cmc"
TIMED_OUT = "pretrain/0110/r9/rotate"
ON_LOST_NODE = "finetune/0110/r9/scratch/classify/n100"
WITHOUT_ACCOUNTING = "pretrain/0110/r9/vae"
INTERRUPTED = "pretrain/0110/r9/amdim"
RUNS = [TIMED_OUT, CANCELLED, ON_LOST_NODE, INTERRUPTED, WITHOUT_ACCOUNTING]

pytestmark = pytest.mark.skipif(bool(missing()), reason=f"Slurm is not installed: {missing()}")


def target(run):
    return f"results/{run}/metrics.csv"


@pytest.fixture(scope="module")
def images(tmp_path_factory):
    """Rendered and prepared images, made without a cluster."""
    study = Study(tmp_path_factory.mktemp("images"), dict(os.environ))
    study.finish(study.start("snakemake --cores 2", target(TIMED_OUT), "--until", "prepare"))
    return study.folder / "data"


@pytest.fixture(scope="module")
def undisturbed(images, tmp_path_factory):
    """All runs, without a cluster; gives what a run ends with, when it is there."""
    study = Study(tmp_path_factory.mktemp("undisturbed"), dict(os.environ))
    shutil.copytree(images, study.folder / "data")
    process = study.start("snakemake --cores 1", *map(target, RUNS))
    yield lambda run: study.finish(process) or study.read(run)
    process.terminate()
    study.wait(process)


# Their folders' names are short, because the path of a socket may not be long.
@pytest.fixture(scope="module")
def cluster(tmp_path_factory):
    with Cluster(tmp_path_factory.mktemp("slurm"), accounting=True) as running:
        yield running


@pytest.fixture
def study(cluster, images, undisturbed, tmp_path):
    study = Study(tmp_path / "study", cluster.environment)
    shutil.copytree(images, study.folder / "data")
    return study


def start(study, run):
    return study.start(SLURM, QUICK, target(run))


def test_a_job_over_its_time_limit_goes_on(cluster, study, undisturbed):
    process = start(study, TIMED_OUT)
    job = study.until_trained(cluster, TIMED_OUT, process)
    # Slurm looks for jobs over their limits every thirty seconds, and wakes them.
    cluster.run("scancel", "--signal=STOP", job)
    cluster.run("scontrol", "update", f"jobid={job}", "endtime=now")
    study.finish(process)
    assert "TIMEOUT" in study.said()
    assert "stopped by SIGTERM in round" in study.said()
    assert study.went_on(TIMED_OUT)
    assert study.read(TIMED_OUT) == undisturbed(TIMED_OUT)


def test_a_cancelled_job_goes_on(cluster, study, undisturbed):
    process = start(study, CANCELLED)
    first = study.until_trained(cluster, CANCELLED, process)
    cluster.run("scancel", first)
    second = study.until_trained(cluster, CANCELLED, process, after=first)
    # A study that is to end with its jobs ends with those that are cancelled, too.
    process.send_signal(signal.SIGTERM)
    cluster.run("scancel", second)
    assert study.wait(process) == 1
    assert cluster.states(first) == cluster.states(second) == [f"CANCELLED by {os.getuid()}"]
    study.finish(start(study, CANCELLED))
    assert study.went_on(CANCELLED)
    assert study.read(CANCELLED) == undisturbed(CANCELLED)


def test_a_job_that_loses_its_node_goes_on(cluster, study, undisturbed):
    process = start(study, ON_LOST_NODE)
    job = study.until_trained(cluster, ON_LOST_NODE, process)
    cluster.node("down")
    # A job that begins again beside its last process has its node drained.
    study.until(lambda: not cluster.has_steps(job), process)
    cluster.node("resume")
    # Slurm puts it back into the queue, to begin two minutes later unless it is told to hurry.
    cluster.run("scontrol", "update", f"jobid={job}", "starttime=now")
    study.finish(process)
    assert cluster.states(job) == ["NODE_FAIL", "COMPLETED"]
    assert study.went_on(ON_LOST_NODE)
    assert study.read(ON_LOST_NODE) == undisturbed(ON_LOST_NODE)


def test_a_killed_and_interrupted_study_goes_on(cluster, study, undisturbed):
    process = start(study, INTERRUPTED)
    orphan = study.until_trained(cluster, INTERRUPTED, process)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    cluster.run("scancel", orphan)
    cluster.wait(lambda: not cluster.ask("squeue"))
    study.finish(study.start(f"{SLURM} --unlock"))

    process = start(study, INTERRUPTED)
    job = study.until_trained(cluster, INTERRUPTED, process)
    with cluster.hurried():
        os.killpg(process.pid, signal.SIGINT)
        assert study.wait(process) == 1
    assert cluster.states(job) == [f"CANCELLED by {os.getuid()}"]
    assert not cluster.ask("squeue")

    study.finish(start(study, INTERRUPTED))
    assert study.went_on(INTERRUPTED)
    assert study.read(INTERRUPTED) == undisturbed(INTERRUPTED)
