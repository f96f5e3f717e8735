"""Checkpoints: all that a run needs to go on as if it had never stopped, at the end of a round."""

import time
from pathlib import Path
from typing import Any

import torch

from selfstudy.data.rounds import Rounds
from selfstudy.errors import ConfigurationError
from selfstudy.training.history import History
from selfstudy.training.loop import Step
from selfstudy.training.snapshot import load_exactly, load_tensors, of_run, save_tensors

CHECKPOINT = "checkpoint.pt"
KEYS = ("stamp", "round", "network", "optimizer", "rounds", "history", "random")


class Checkpoints:
    """The last checkpoint of a run.

    Args:
        folder: of the run.
        stamp: a fingerprint of what the run depends on.
        minutes: time between checkpoints.
    """

    def __init__(self, folder: Path, stamp: str, minutes: float) -> None:
        self.path, self.stamp, self.seconds = folder / CHECKPOINT, stamp, 60 * minutes
        self.saved = time.monotonic()

    def save_if_due(self, step: Step, rounds: Rounds, history: History, last: bool) -> None:
        """Save the state after a round if enough time has passed, or if it is the `last` one."""
        if time.monotonic() - self.saved < self.seconds and not last:
            return
        random = {"cpu": torch.get_rng_state()}
        if torch.cuda.is_available():
            random["cuda"] = torch.cuda.get_rng_state()
        content = {
            "stamp": self.stamp,
            "round": history.round,
            "network": step.network.state_dict(),
            "optimizer": step.optimizer.state_dict(),
            "rounds": rounds.state_dict(),
            "history": history.rows,
            "random": random,
        }
        save_tensors(self.path, content)
        self.saved = time.monotonic()

    def restore(self, step: Step, rounds: Rounds) -> tuple[int, list[dict[str, float]]] | None:
        """Take up the checkpoint, if there is one; give its round and the history so far.

        Raises DataError if it is damaged, ConfigurationError if it belongs to another run.
        """
        if not self.path.is_file():
            return None
        state = load_tensors(self.path, *KEYS)
        if state["stamp"] != self.stamp:
            raise ConfigurationError(
                f"{self.path}: the run was begun with another configuration, seed or dataset: "
                f"go on with those, or name another run"
            )
        take_up(self.path, state, step)
        rounds.load_state_dict(state["rounds"])
        torch.set_rng_state(state["random"]["cpu"])
        if "cuda" in state["random"] and torch.cuda.is_available():
            torch.cuda.set_rng_state(state["random"]["cuda"])
        return state["round"], state["history"]


def restore_training(name: str, step: Step, rounds: int) -> int:
    """Take up weights and optimiser of the run `name`; give the round that it came to.

    Raises ConfigurationError if that is the last of `rounds`, DataError if the run is not there,
    damaged, or of another network.
    """
    path = of_run(name, CHECKPOINT, "session.restore_session")
    state = load_tensors(path, *KEYS)
    if state["round"] >= rounds:
        raise ConfigurationError(
            f"session.restore_session = {name!r}: it has trained {state['round']} rounds, and "
            f"scheduler.milestones ends at {rounds}: expected a later end"
        )
    take_up(path, state, step)
    return state["round"]


def take_up(path: Path, state: dict[str, Any], step: Step) -> None:
    load_exactly(path, step.network, state["network"], "network")
    step.optimizer.load_state_dict(state["optimizer"])
