"""GPUs are shared out, on simulated ones."""

import os
import subprocess
import sys
import time

import pytest

from selfstudy.devices import list_gpus

SCRIPT = """
import os, sys, time
from selfstudy.job import run_job
with run_job(sys.argv[1], 1, runs_per_gpu=int(sys.argv[2])):
    print(os.environ.get("CUDA_VISIBLE_DEVICES"), flush=True)
    sys.stdin.read()
"""
LIMIT = 60  # seconds


@pytest.fixture
def start(tmp_path):
    """Start a job with simulated GPUs; it ends when its input does."""
    processes = []

    def started(runs=1, **environment):
        kept = {k: v for k, v in os.environ.items() if k not in ("CUDA_VISIBLE_DEVICES", "JOB_ID")}
        command = [sys.executable, "-c", SCRIPT, str(tmp_path / "log"), str(runs)]
        process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=kept | {"TMPDIR": str(tmp_path)} | environment,
        )
        os.set_blocking(process.stdout.fileno(), False)
        processes.append(process)
        return process

    yield started
    for process in processes:
        process.kill()
        process.wait()


def device(process, limit=LIMIT):
    """What a process has printed: its GPU."""
    end = time.monotonic() + limit
    while time.monotonic() < end:
        if line := process.stdout.readline():
            return line.strip()
        time.sleep(0.02)
    return None


def test_every_job_takes_a_free_gpu(start):
    first, second = (start(CUDA_VISIBLE_DEVICES="3,5") for _ in range(2))
    assert {device(first), device(second)} == {"3", "5"}
    third = start(CUDA_VISIBLE_DEVICES="3,5")
    assert device(third, limit=2) is None
    second.kill()  # it can let go of nothing
    second.wait()
    freed = device(third)
    assert freed in ("3", "5")
    first.stdin.close()
    first.wait(LIMIT)
    assert device(start(CUDA_VISIBLE_DEVICES="3,5")) == ({"3", "5"} - {freed}).pop()


def test_several_runs_may_share_a_gpu(start):
    jobs = [start(2, CUDA_VISIBLE_DEVICES="0,1") for _ in range(4)]
    assert sorted(map(device, jobs)) == ["0", "0", "1", "1"]
    assert device(start(2, CUDA_VISIBLE_DEVICES="0,1"), limit=2) is None


def test_a_scheduler_gives_out_gpus_itself(start):
    environment = {"CUDA_VISIBLE_DEVICES": "0,1", "SLURM_JOB_ID": "17"}
    assert [device(start(**environment)) for _ in range(3)] == ["0,1"] * 3


def test_without_gpus_nothing_is_waited_for(start):
    for process in [start(CUDA_VISIBLE_DEVICES="") for _ in range(3)]:
        process.stdin.close()
        assert process.wait(LIMIT) == 0


def test_gpus_are_asked_of_the_driver(tmp_path, monkeypatch):
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    program = tmp_path / "nvidia-smi"
    program.write_text("#!/bin/sh\nprintf 'GPU-a\\nGPU-b\\n'\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    assert list_gpus() == ["GPU-a", "GPU-b"]
    program.write_text("#!/bin/sh\necho 'no driver'\nexit 9\n")
    assert list_gpus() == []
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "2,3")
    assert list_gpus() == ["2", "3"]
