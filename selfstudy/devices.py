"""GPUs of a machine, shared out: a process takes a free one, and has it until it dies."""

import logging
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from selfstudy.locks import Lock

log = logging.getLogger("selfstudy")
WAIT = 0.5  # seconds until locks are tried again
VISIBLE = "CUDA_VISIBLE_DEVICES"
# Numbers of GPUs are counted anew in each of a cluster's jobs that sees its own alone.
JOBS = ("SLURM_JOB_ID", "PBS_JOBID", "LSB_JOBID", "JOB_ID")


def list_gpus() -> list[str]:
    """List the GPUs that this process may use, by their UUIDs or, where unknown, their numbers."""
    known = read_uuids()
    if VISIBLE not in os.environ:
        return list(known.values())
    visible = []
    for device in map(str.strip, os.environ[VISIBLE].split(",")):
        if not device or device.startswith("-"):
            break  # CUDA sees none of those after
        visible.append(known.get(device, device))
    return visible


def read_uuids() -> dict[str, str]:
    """Ask the driver for the UUIDs of GPUs by their numbers; none without a driver."""
    if not shutil.which("nvidia-smi"):
        return {}
    command = ["nvidia-smi", "--query-gpu=index,uuid", "--format=csv,noheader"]
    found = subprocess.run(command, capture_output=True, text=True, check=False)
    if found.returncode:
        return {}
    return dict(line.replace(" ", "").split(",") for line in found.stdout.splitlines())


@contextmanager
def take_gpu(runs: int) -> Iterator[str | None]:
    """Take a GPU for this process alone, or for `runs` at a time; wait until one is free.

    The system lets go of it however the process dies. There is none to have, and nothing to wait
    for, without GPUs. To be entered before PyTorch is imported.
    """
    devices = list_gpus()
    if not devices:
        yield None
        return
    folder = Path(tempfile.gettempdir(), f"selfstudy-gpus-{os.getuid()}")
    folder.mkdir(exist_ok=True)
    # The second run of a GPU comes when all have a first.
    slots = [
        (device, Lock(folder / f"{name_lock(device)}.{number}.lock"))
        for number in range(runs)
        for device in devices
    ]
    said = False
    while not (taken := next((slot for slot in slots if slot[1].take()), None)):
        if not said:
            log.warning("waits for a free GPU of %s", ", ".join(devices))
            said = True
        time.sleep(WAIT)
    device, lock = taken
    os.environ[VISIBLE] = device
    try:
        yield device
    finally:
        lock.release()


def name_lock(device: str) -> str:
    """Name the lock of a GPU: by its UUID or, of a number, within this job of a cluster."""
    job = next((os.environ[name] for name in JOBS if name in os.environ), "")
    return f"{job}-{device}" if device.isdigit() and job else device
