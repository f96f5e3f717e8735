"""GPUs are shared out, on simulated ones."""

import os
import subprocess
import sys
import time

import pytest
import torch

from selfstudy.devices import list_gpus
from selfstudy.errors import TrainingError, is_out_of_memory
from selfstudy.training.device import find_device, require_architecture
from selfstudy.training.precision import choose_precision, keep_exact

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


@pytest.mark.slow
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


@pytest.mark.slow
def test_several_runs_may_share_a_gpu(start):
    jobs = [start(2, CUDA_VISIBLE_DEVICES="0,1") for _ in range(4)]
    assert sorted(map(device, jobs)) == ["0", "0", "1", "1"]
    assert device(start(2, CUDA_VISIBLE_DEVICES="0,1"), limit=2) is None


@pytest.mark.slow
def test_jobs_of_one_allocation_share_out_its_gpus(start):
    environment = {"CUDA_VISIBLE_DEVICES": "0,1", "SLURM_JOB_ID": "17"}
    jobs = [start(**environment) for _ in range(2)]
    assert sorted(map(device, jobs)) == ["0", "1"]
    assert device(start(**environment), limit=2) is None
    # Another's are counted anew: its number 0 is another GPU.
    assert device(start(**environment | {"SLURM_JOB_ID": "18"})) == "0"


def test_without_gpus_nothing_is_waited_for(start):
    for process in [start(CUDA_VISIBLE_DEVICES=none) for none in ("", "-1", "-1,0")]:
        process.stdin.close()
        assert process.wait(LIMIT) == 0


@pytest.fixture
def driver(tmp_path, monkeypatch):
    """A simulated nvidia-smi, to be told what it prints and how it ends."""
    program = tmp_path / "nvidia-smi"
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)

    def answer(text, code=0):
        program.write_text(f"#!/bin/sh\nprintf '{text}'\nexit {code}\n")
        program.chmod(0o755)

    answer("0, GPU-a\\n1, GPU-b\\n")
    return answer


def test_gpus_are_asked_of_the_driver(driver, monkeypatch):
    assert list_gpus() == ["GPU-a", "GPU-b"]
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "1,GPU-a,7")
    assert list_gpus() == ["GPU-b", "GPU-a", "7"], "one name for each"
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES")
    driver("no driver\\n", code=9)
    assert list_gpus() == []


def test_a_gpu_that_cannot_be_used_is_said(driver, monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with pytest.raises(TrainingError, match=r"GPU GPU-a, GPU-b is there, .*cannot use it.*CUDA"):
        find_device()
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
    assert find_device() == torch.device("cpu")


@pytest.mark.parametrize(
    ("capability", "built", "runs"),
    [
        ((7, 0), ["sm_75", "sm_90"], False),
        ((7, 5), ["sm_75", "sm_90"], True),
        ((8, 9), ["sm_80", "sm_90"], True),
        ((9, 0), ["sm_90a"], True),
        ((10, 0), ["sm_90", "sm_120"], False),
        ((12, 1), ["sm_75", "compute_120"], True),
    ],
)
def test_the_architecture_must_be_built_for(capability, built, runs):
    if runs:
        require_architecture(capability, built)
        return
    with pytest.raises(TrainingError, match=f"sm_{capability[0]}{capability[1]}, .*{built[0]}"):
        require_architecture(capability, built)


@pytest.mark.parametrize(
    ("processor", "fast"),
    [
        ({"cpu_name": "Intel Xeon", "avx512_bf16": True, "amx_bf16": True}, True),
        ({"cpu_name": "Intel Xeon", "avx512_bf16": True, "amx_bf16": False}, False),
        ({"cpu_name": "AMD EPYC", "avx512_bf16": True}, True),
        ({"cpu_name": "AMD EPYC", "avx512_bf16": False}, False),
        ({}, False),
    ],
)
def test_bfloat16_is_chosen_where_it_is_fast(processor, fast, monkeypatch):
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: processor)
    chosen = choose_precision(torch.device("cpu"), "auto")
    assert chosen == ("bfloat16" if fast else "float32")


@pytest.mark.parametrize(
    "error",
    [
        RuntimeError("CUDA error: out of memory"),
        RuntimeError("CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling `cublasCreate`"),
        RuntimeError("cuDNN error: CUDNN_STATUS_ALLOC_FAILED"),
        MemoryError(),
    ],
)
def test_full_memory_is_known_by_what_is_said(error):
    assert is_out_of_memory(error)
    assert not is_out_of_memory(RuntimeError("CUDA error: device-side assert triggered"))


def test_float32_is_float32_on_gpus():
    cudnn, matmul = torch.backends.cudnn, torch.backends.cuda.matmul
    for precision, expected in [("bfloat16", "tf32"), ("float32", "ieee"), ("bfloat16", "tf32")]:
        keep_exact(precision)
        assert cudnn.conv.fp32_precision == cudnn.rnn.fp32_precision == expected
        # The older settings, which others read, say the same.
        assert cudnn.allow_tf32 == (expected == "tf32")
        assert not matmul.allow_tf32
        assert cudnn.benchmark == (expected == "tf32")
