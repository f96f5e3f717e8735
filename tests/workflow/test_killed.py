"""Snakemake and its jobs are killed, or one without the other; results are as if undisturbed."""

import json
import os
import random
import signal
import time

import pytest
import torch

KILLS = 4
LIMIT = 120  # seconds until something must have happened
TARGETS = [
    f"results/finetune/0110/r9/{pretext}/classify/n100/metrics.csv"
    for pretext in ("scratch", "cmc")
]


@pytest.fixture
def longer(rendered):
    """A study of longer runs."""
    rendered.config["pretext"] = ["scratch", "cmc"]
    rendered.config["gin"]["all"] += [
        "session.checkpoint_minutes = 0",
        "scheduler.milestones = [1, 60]",
    ]
    return rendered


def newest(folder):
    times = [path.stat().st_mtime_ns for path in folder.glob("results/**/checkpoint.previous.pt")]
    return max(times, default=0)


def test_a_killed_workflow_goes_on_where_it_was(longer, tmp_path):
    rng, kills = random.Random(0), 0
    while kills < KILLS:
        before, end = newest(longer.folder), time.monotonic() + LIMIT
        process = longer.start(*TARGETS)
        while newest(longer.folder) == before and process.poll() is None:
            assert time.monotonic() < end
            time.sleep(0.01)
        if process.poll() is not None:
            break
        time.sleep(rng.uniform(0, 0.5))
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        longer.snakemake("--unlock")
        kills += 1
    assert kills == KILLS
    longer.snakemake(*TARGETS)

    killed = longer.folder / "results"
    broken = tmp_path / "broken"
    killed.rename(broken)
    longer.snakemake(*TARGETS)
    names = [path.relative_to(killed) for path in killed.rglob("*.csv") if path.name != "times.csv"]
    assert len(names) > 4
    for name in names:
        assert (broken / name).read_bytes() == (killed / name).read_bytes(), name
    first, second = (
        torch.load(folder / "pretrain/0110/r9/cmc/seed0/snapshot.pt", weights_only=True)["weights"]
        for folder in (broken, killed)
    )
    assert all(torch.equal(first[key], second[key]) for key in first)
    assert not list(broken.rglob("checkpoint*.pt"))
    log = (longer.folder / "logs").rglob("*.log")
    assert not [path for path in log if "begun anew" in path.read_text()]


def wait(condition, process=None):
    end = time.monotonic() + LIMIT
    while not condition():
        assert time.monotonic() < end
        assert process is None or process.poll() is None
        time.sleep(0.05)


def test_a_job_that_outlives_snakemake_ends_with_all_it_declares(longer):
    """Snakemake deletes what a job declares before it runs it again, and after that failed."""
    target = "results/pretrain/0110/r9/cmc/seed0/metrics.csv"
    run = (longer.folder / target).parent
    declared = {"snapshot.pt", "metrics.csv", "history.csv", "config.gin"}
    process = longer.start(target)
    wait((run / "checkpoint.pt").exists, process)
    job = json.loads((run / ".lock").read_text())["pid"]
    os.kill(job, signal.SIGSTOP)  # it has rounds left when the next one comes
    try:
        process.kill()
        process.wait()
        assert not declared & {path.name for path in run.iterdir()}
        longer.snakemake("--unlock")
        refused = longer.snakemake(target, fails=True)
        assert f"held by process {job} on " in refused
    finally:
        os.kill(job, signal.SIGCONT)
    wait(lambda: not (run / ".lock").exists())
    assert declared < {path.name for path in run.iterdir()}
    assert (run / "history.csv").read_text().count("\n") == 61
    longer.snakemake(target)
    assert declared < {path.name for path in run.iterdir()}
