"""Checkpoints: all that a run needs to go on, bit for bit, as if it had never stopped.

A checkpoint is written under another name, flushed, and renamed; the one before is kept until then,
and beside it afterwards. Each ends with the SHA-256 of its content, by which damage is noticed.
"""

import hashlib
import io
import logging
import os
import time
from collections.abc import Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from selfstudy.errors import ConfigurationError, DataError
from selfstudy.files import write_whole
from selfstudy.snapshots import load_exactly, load_tensors, locate_run
from selfstudy.training import randomness
from selfstudy.training.loop import Step

CHECKPOINT, PREVIOUS = "checkpoint.pt", "checkpoint.previous.pt"
KEYS = ("stamp", "round", "precision", "learner", "optimizer", "scaler", "run", "random")
DIGEST = hashlib.sha256().digest_size
log = logging.getLogger("selfstudy")


class Checkpoints:
    """The checkpoints of a run, written while it trains on.

    Args:
        folder: of the run.
        stamp: what the run depends on, by name, as fingerprints.
        minutes: time between checkpoints.
    """

    def __init__(self, folder: Path, stamp: Mapping[str, str], minutes: float) -> None:
        self.folder, self.stamp, self.seconds = folder, dict(stamp), 60 * minutes
        self._saved = time.monotonic()
        self._writer = ThreadPoolExecutor(1)
        self._pending: Future[None] | None = None

    @property
    def due(self) -> bool:
        """Whether enough time has passed, and the last one is written."""
        busy = self._pending is not None and not self._pending.done()
        return not busy and time.monotonic() - self._saved >= self.seconds

    def save(self, step: Step, rounds_done: int, run: Mapping[str, Any]) -> None:
        """Save the network, the optimiser, the random states, and `run`, the rest of the state.

        Raises:
            DataError: this or the last checkpoint cannot be written.
        """
        self.wait()
        content = {
            "stamp": self.stamp,
            "round": rounds_done,
            "precision": step.precision,
            "learner": step.learner.state_dict(),
            "optimizer": step.optimizer.state_dict(),
            "scaler": step.scaler.state_dict(),
            "run": dict(run),
            "random": randomness.collect_states(),
        }
        # Copied, because training goes on while it is written.
        self._pending = self._writer.submit(write_checkpoint, self.folder, copy_to_cpu(content))
        self._saved = time.monotonic()

    def wait(self) -> None:
        """Wait until what was saved is written."""
        if self._pending is not None:
            pending, self._pending = self._pending, None
            pending.result()

    def restore(self, step: Step) -> dict[str, Any] | None:
        """Take up the newest checkpoint that is whole; give the `run` that was saved with it.

        There is none to take up if this run differs from the one that saved it; the log says why.
        """
        for name in (CHECKPOINT, PREVIOUS):
            path = self.folder / name
            if not path.is_file():
                continue
            try:
                state = read_checkpoint(path)
            except DataError as error:
                log.warning("%s", error)
                continue
            before = state["stamp"]
            changed = [part for part, value in self.stamp.items() if before.get(part) != value]
            if changed:
                log.warning("%s: begun anew: another %s", self.folder, " and ".join(changed))
                return None
            step.compute_in(state["precision"])  # whatever another machine is fast in
            take_up(path, state, step)
            randomness.restore_states(state["random"])
            return state["run"]
        return None

    def remove(self) -> None:
        """Remove the checkpoints of a run that has ended."""
        self.wait()
        for name in (CHECKPOINT, PREVIOUS):
            (self.folder / name).unlink(missing_ok=True)


def write_checkpoint(folder: Path, content: dict[str, Any]) -> None:
    """Write a checkpoint; the one before it stays beside it."""
    buffer = io.BytesIO()
    torch.save(content, buffer)
    path, data = folder / CHECKPOINT, buffer.getbuffer()
    with write_whole(path) as temporary:
        with temporary.open("wb") as file:
            file.write(data)
            file.write(hashlib.sha256(data).digest())
            file.flush()
            os.fsync(file.fileno())
        if path.exists():
            path.replace(folder / PREVIOUS)


def read_checkpoint(path: Path) -> dict[str, Any]:
    """Read a checkpoint.

    Raises:
        DataError: it is damaged or something else.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise DataError(f"{path}: cannot be read: {error.strerror}") from error
    content, digest = data[:-DIGEST], data[-DIGEST:]
    if hashlib.sha256(content).digest() != digest:
        raise DataError(f"{path}: damaged: its content and its checksum do not agree")
    return load_tensors(path, *KEYS, content=io.BytesIO(content), kind="checkpoint")


def copy_to_cpu(content: Any) -> Any:
    """Copy tensors in dictionaries and lists, in memory."""
    if isinstance(content, Tensor):
        return content.detach().to("cpu", copy=True)
    if isinstance(content, Mapping):
        return {key: copy_to_cpu(value) for key, value in content.items()}
    if isinstance(content, (list, tuple)):
        return [copy_to_cpu(value) for value in content]
    return content


def restore_training(name: str, step: Step, rounds: int) -> int:
    """Take up weights and optimiser of the run `name`; give the rounds that it has trained.

    Raises:
        ConfigurationError: that is the last of `rounds`.
        DataError: the run is not there, damaged, or of another network.
    """
    path = locate_run(name, CHECKPOINT, "session.restore_session")
    state = read_checkpoint(path)
    if state["round"] >= rounds:
        raise ConfigurationError(
            f"session.restore_session = {name!r}: it has trained {state['round']} rounds, and "
            f"scheduler.milestones ends at {rounds}: expected a later end"
        )
    take_up(path, state, step)
    return state["round"]


def take_up(path: Path, state: dict[str, Any], step: Step) -> None:
    """Take up the weights and the optimiser of a checkpoint."""
    load_exactly(path, step.learner, state["learner"], "network")
    step.optimizer.load_state_dict(state["optimizer"])
    if step.scaler.is_enabled() and state["scaler"]:
        step.scaler.load_state_dict(state["scaler"])
