"""The way of a run through its rounds, which goes on where it was stopped."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
from torch import Tensor
from tqdm import tqdm

from selfstudy.data.dataset import BaseDataset, Block
from selfstudy.data.rounds import Rounds
from selfstudy.errors import InterruptionError
from selfstudy.locks import Lock
from selfstudy.training.checkpoint import Checkpoints, restore_training
from selfstudy.training.history import History
from selfstudy.training.interruption import Interruption
from selfstudy.training.learners import Pretraining
from selfstudy.training.loop import Mean, Step, evaluate
from selfstudy.training.recipe import Recipe
from selfstudy.training.representation import measure_rank, measure_spread, watch_features
from selfstudy.training.watch import Watch, require_finite_labels


@dataclass
class Progress:
    """A run between its first step and its last, which a checkpoint lets go on.

    Attributes:
        rates: learning rates of each round's steps.
        mean, done: of the present round's steps.
        lock: of the folder, in which nothing is written once it is lost.
    """

    dataset: BaseDataset
    recipe: Recipe
    restore: str | None
    step: Step
    rounds: Rounds
    rates: list[np.ndarray]
    folder: Path
    lock: Lock
    checkpoints: Checkpoints
    interruption: Interruption
    tracking: str | None
    stop: Callable[[Mapping[str, float]], bool]

    def __post_init__(self) -> None:
        self.session = self.recipe.session
        self.mean, self.done = Mean(), 0
        self.starts = np.cumsum([0, *map(len, self.rates)])  # steps before each round
        self._held_out: dict[str, Block] = {}
        learned = self.dataset.path, self.rounds.rows, self.rounds.labels
        self.watch = Watch(self.folder, partial(require_finite_labels, *learned))
        state = self.checkpoints.restore(self.step)
        first = 0
        if state is None:
            if self.restore:
                first = restore_training(self.restore, self.step, len(self.rates))
            else:
                self.step.learner.after_step(0.0)
        self.history = History(
            self.folder, state["first"] if state else first, len(self.rates), self.tracking
        )
        if state:
            self.load_state_dict(state)

    def go_on(self) -> dict[str, float]:
        """Train to the end, or to a checkpoint where a request to stop comes; give test metrics."""
        remaining = sum(map(len, self.rates[self.history.round :])) - self.done
        label = self.folder.name
        with (
            tqdm(total=remaining, unit="step", desc=label, disable=None, leave=False) as bar,
            self.history,
            self.stoppable(),
        ):
            while self.history.round < len(self.rates):
                self.train_round(bar)
                if self.stop(self.history.rows[-1]):
                    break
            return self.evaluate("test", self.session.test_iters)

    @contextmanager
    def stoppable(self) -> Iterator[None]:
        """Answer a request to stop with a checkpoint; wait until it is written."""
        try:
            yield
        except InterruptionError as error:
            self.save()
            place = f"round {min(self.history.round + 1, len(self.rates))}"
            raise InterruptionError(
                f"{self.folder}: {error} in {place} of {len(self.rates)}: goes on from there "
                f"when it is started again"
            ) from None
        finally:
            self.checkpoints.wait()

    def train_round(self, bar: tqdm) -> None:
        """Train the present round, or what is left of it, and validate."""
        rates = self.rates[self.history.round]
        if self.done == 0:
            self.rounds.start()
        for rate in rates[self.done :]:
            block = self.rounds.next_batch()
            share = (self.starts[self.history.round] + self.done + 1) / self.starts[-1]
            metrics, norm = self.step.train(block, float(rate), float(share))
            self.mean.add(metrics, len(block.indices))
            self.done += 1
            bar.update()
            self.watch.add(self.history.round + 1, self.done, float(rate), metrics["loss"], norm)
            self.interruption.check()
            if self.checkpoints.due:
                self.save()
        self.watch.check()
        train = self.step.learner.summarise(self.mean.result())
        valid = self.evaluate("valid", self.session.valid_iters)
        if isinstance(self.step.learner, Pretraining):
            features = self.watch_features()
            valid["feature_spread"] = measure_spread(features)
            valid["rankme"] = measure_rank(features)
        self.lock.check()
        self.history.add(rates[-1], train, valid)
        self.mean, self.done = Mean(), 0

    def read_held_out(self, split: str) -> Block:
        """Read all images of "valid" or "test", once."""
        if split not in self._held_out:
            rows, device = self.dataset.rows(split), self.rounds.device
            self._held_out[split] = self.dataset.read(rows, device, self.rounds.labels)
        return self._held_out[split]

    def evaluate(self, split: str, batches: int) -> dict[str, float]:
        """Compute mean loss and metrics of a split; nothing if no batches are asked for."""
        if batches == 0:
            return {}
        size = self.recipe.dataloader.valid_batch_size or self.rounds.batch_size
        return evaluate(
            self.step, self.read_held_out(split), size, batches, self.interruption.check
        )

    def watch_features(self) -> Tensor:
        """Compute the features of the first validation images."""
        return watch_features(self.step, self.read_held_out("valid").images)

    def measure_spread(self) -> float:
        """Measure how much features differ now, which each round of pretraining measures anyway."""
        known = self.history.rows[-1].get("valid_feature_spread")
        return measure_spread(self.watch_features()) if known is None else known

    def save(self) -> None:
        """Save a checkpoint, unless the numbers have gone bad or the folder is another's."""
        self.watch.check()
        self.lock.check()
        self.checkpoints.save(self.step, self.history.round, self.state_dict())

    def state_dict(self) -> dict[str, object]:
        """Give all that the run needs to go on, except network, optimiser and random states."""
        return {
            "first": self.history.first,
            "history": self.history.state_dict(),
            "done": self.done,
            "sums": self.mean.sums,
            "weight": self.mean.weight,
            "rounds": self.rounds.state_dict(),
        }

    def load_state_dict(self, state: dict[str, object]) -> None:
        """Take up what `state_dict` gave."""
        device = self.rounds.device
        self.history.load_state_dict(state["history"])
        self.done = state["done"]
        self.mean.sums = {name: total.to(device) for name, total in state["sums"].items()}
        self.mean.weight = state["weight"]
        self.rounds.load_state_dict(state["rounds"])
