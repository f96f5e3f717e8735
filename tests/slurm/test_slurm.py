"""Runs on a real Slurm, which are cancelled, stopped and lost, and end as those that never were."""

import os
import signal

import pytest
from cluster import Cluster, missing
from study import Study

SLURM = "snakemake --cores all --profile slurm"  # as the README has it
QUICK = "--slurm-init-seconds-before-status-checks=2"  # for the tests alone
PRETRAINED = "pretrain/0110/r9/rotate/seed0"
FINETUNED = "finetune/0110/r9/scratch/classify/n100"
CANCELLED_BY_ME = f"CANCELLED by {os.getuid()}"

pytestmark = pytest.mark.skipif(bool(missing()), reason=f"Slurm is not installed: {missing()}")


def target(run):
    return f"results/{run}/metrics.csv"


def start(study, run):
    study.start(SLURM, QUICK, target(run))


def check_end(study, undisturbed, run):
    """Check that a run went on from its checkpoint, and ended as if nothing had happened."""
    assert study.went_on(run)
    assert study.read(run) == undisturbed(run)


@pytest.fixture(scope="module")
def images(tmp_path_factory):
    """Rendered and prepared images, made without a cluster."""
    with Study(tmp_path_factory.mktemp("images"), dict(os.environ)) as study:
        study.start("snakemake --cores 2", target(PRETRAINED), "--until", "prepare")
        study.finish()
    return study.folder / "data"


@pytest.fixture(scope="module")
def undisturbed(images, tmp_path_factory):
    """What a run ends with that nothing happens to; it trains beside the tests."""
    with Study(tmp_path_factory.mktemp("undisturbed"), dict(os.environ), images) as study:
        study.start("snakemake --cores 1", *map(target, (PRETRAINED, FINETUNED)))
        yield lambda run: study.finish() or study.read(run)


# The folders of clusters have short names, because the path of a socket may not be long.
@pytest.fixture(scope="module")
def cluster(tmp_path_factory):
    with Cluster(tmp_path_factory.mktemp("slurm"), accounting=True) as running:
        yield running


@pytest.fixture
def study(cluster, images, undisturbed, tmp_path):
    with Study(tmp_path / "study", cluster.environment, images) as study:
        yield study


def test_a_job_over_its_time_limit_goes_on(cluster, study, undisturbed):
    start(study, PRETRAINED)
    job = study.until_trained(cluster, PRETRAINED)
    cluster.time_out(job)
    study.finish()
    assert cluster.states(job) == ["TIMEOUT"]
    assert "stopped by SIGTERM in round" in study.said()
    check_end(study, undisturbed, PRETRAINED)


def test_a_cancelled_job_goes_on(cluster, study, undisturbed):
    start(study, PRETRAINED)
    first = study.until_trained(cluster, PRETRAINED)
    cluster.run("scancel", first)
    second = study.until_trained(cluster, PRETRAINED, after=first)
    # Snakemake is to end when its jobs have ended, which those do that are cancelled, too.
    study.process.send_signal(signal.SIGTERM)
    cluster.run("scancel", second)
    assert study.wait() == 1
    assert cluster.states(first) == cluster.states(second) == [CANCELLED_BY_ME]
    start(study, PRETRAINED)
    study.finish()
    check_end(study, undisturbed, PRETRAINED)


def test_a_job_that_loses_its_node_goes_on(cluster, study, undisturbed):
    start(study, FINETUNED)
    job = study.until_trained(cluster, FINETUNED)
    cluster.lose_node()
    study.until(lambda: not cluster.has_steps(job))
    study.until(lambda: cluster.restart(job))
    study.finish()
    states = cluster.states(job)
    assert (states[0], states[-1]) == ("NODE_FAIL", "COMPLETED")
    check_end(study, undisturbed, FINETUNED)


def test_a_killed_and_an_interrupted_study_go_on(cluster, study, undisturbed):
    start(study, PRETRAINED)
    orphan = study.until_trained(cluster, PRETRAINED)
    study.kill()
    cluster.run("scancel", orphan)
    cluster.wait(lambda: not cluster.ask("squeue"))
    study.start(f"{SLURM} --unlock")
    study.finish()

    start(study, PRETRAINED)
    job = study.until_trained(cluster, PRETRAINED)
    cluster.freeze(job)
    with cluster.hurried():
        study.signal(signal.SIGINT)
        assert study.wait() == 1
    cluster.wait(lambda: not cluster.ask("squeue"))
    assert cluster.states(job) == [CANCELLED_BY_ME]

    start(study, PRETRAINED)
    study.finish()
    check_end(study, undisturbed, PRETRAINED)


def test_a_cancelled_job_goes_on_without_accounting(images, undisturbed, tmp_path_factory):
    with (
        Cluster(tmp_path_factory.mktemp("bare"), accounting=False) as cluster,
        Study(tmp_path_factory.mktemp("study"), cluster.environment, images) as study,
    ):
        start(study, FINETUNED)
        job = study.until_trained(cluster, FINETUNED)
        cluster.run("scancel", job)
        study.finish()
        check_end(study, undisturbed, FINETUNED)
