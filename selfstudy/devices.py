"""GPUs of a workstation, shared out: a process takes a free one, and has it until it dies."""

import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from selfstudy.locks import Lock

WAIT = 0.5  # seconds until locks are tried again
VISIBLE = "CUDA_VISIBLE_DEVICES"
# A scheduler that runs this process has given it its GPUs.
SCHEDULERS = ("SLURM_JOB_ID", "PBS_JOBID", "LSB_JOBID", "JOB_ID")


def list_gpus() -> list[str]:
    """List the GPUs that this process may use, by their numbers or names."""
    if VISIBLE in os.environ:
        return [device for device in os.environ[VISIBLE].split(",") if device.strip()]
    if not shutil.which("nvidia-smi"):
        return []
    command = ["nvidia-smi", "--query-gpu=uuid", "--format=csv,noheader"]
    found = subprocess.run(command, capture_output=True, text=True, check=False)
    return found.stdout.split() if found.returncode == 0 else []


@contextmanager
def take_gpu(runs: int) -> Iterator[str | None]:
    """Take a GPU for this process alone, or for `runs` at a time; wait until one is free.

    The system lets go of it however the process dies. There is none to have, and nothing to wait
    for, without GPUs or where a scheduler gives them out. To be entered before PyTorch is imported.
    """
    devices = [] if any(name in os.environ for name in SCHEDULERS) else list_gpus()
    if not devices:
        yield None
        return
    folder = Path(tempfile.gettempdir(), f"selfstudy-gpus-{os.getuid()}")
    folder.mkdir(exist_ok=True)
    # The second run of a GPU comes when all have a first.
    slots = [
        (device, Lock(folder / f"{device}.{number}.lock"))
        for number in range(runs)
        for device in devices
    ]
    while not (taken := next((slot for slot in slots if slot[1].take()), None)):
        time.sleep(WAIT)
    device, lock = taken
    os.environ[VISIBLE] = device
    try:
        yield device
    finally:
        lock.release()
