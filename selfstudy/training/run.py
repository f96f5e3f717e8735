"""A run, from the first round to the last, which a checkpoint lets go on where it was stopped."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import gin
import numpy as np
import torch
from filelock import FileLock, Timeout
from tqdm import tqdm

from selfstudy.data.dataset import BaseDataset
from selfstudy.data.rounds import Rounds
from selfstudy.data.splits import hash_rows
from selfstudy.errors import ConfigurationError, InterruptionError, TrainingError
from selfstudy.files import write_whole
from selfstudy.provenance import fingerprint, hash_files
from selfstudy.training.checkpoint import CHECKPOINT, Checkpoints, restore_training
from selfstudy.training.failure import explained
from selfstudy.training.history import History, write_metrics
from selfstudy.training.interruption import Interruption
from selfstudy.training.loop import Mean, Step, evaluate, feature_spread
from selfstudy.training.randomness import seed_all
from selfstudy.training.schedule import configured_batch_size
from selfstudy.training.session import Settings, device_of_run, make_step, rates_by_round
from selfstudy.training.snapshot import SNAPSHOT, of_run, save_snapshot
from selfstudy.training.watch import Watch


def run(
    dataset: BaseDataset,
    folder: str | Path,
    seed: int,
    code: str,
    keep_snapshot: bool = False,
    keep_checkpoint: bool = False,
    tracking: str | None = None,
    stop: Callable[[Mapping[str, float]], bool] = lambda row: False,
) -> dict[str, object]:
    """Train by the present configuration; results go to `folder`.

    Writes `history.csv` (a row a round, as it goes), `times.csv` (how long each took),
    `metrics.csv` (one row: the last round's validation accuracy, and the best one beside it),
    `config.gin` (the operative configuration) and, if asked for, `snapshot.pt`; with `tracking`
    "tensorboard" its history for TensorBoard, too. One seed fixes the
    label subset, the initialisation, the order and the augmentation.

    A run that was stopped goes on from its last checkpoint, and ends as if it had never been
    stopped; one whose `code` (a fingerprint of the source), configuration or data have changed
    since begins anew. The last checkpoint of a finished run is removed unless it is to be kept.
    What a run failed of stands in `failed.txt` until it is started again.

    `stop` is asked after each round, with its row of the history, whether the run is to end there.

    Returns the metrics.

    Raises InterruptionError if it was asked to stop, DivergenceError if its numbers are no longer
    finite, TrainingError if the GPU's memory is full, ConfigurationError or DataError where
    configuration, network and dataset do not fit together, or another process trains in `folder`.
    """
    settings, folder = Settings(), Path(folder)
    seed_all(seed)
    rows = dataset.rows("train", seed)
    with named_memory():
        rounds = Rounds(dataset, rows, configured_batch_size(), device_of_run())
        step = make_step(dataset, settings)
    rates = rates_by_round(settings, rounds)
    checkpoints = Checkpoints(
        folder, stamp(dataset, code) | {"seed": str(seed)}, settings.checkpoint_minutes
    )
    with held(folder), explained(folder), Interruption() as interruption, named_memory():
        training = Training(
            dataset, step, rounds, rates, folder, checkpoints, interruption, tracking, stop
        )
        test = training.go_on()
        if keep_snapshot:
            save_snapshot(folder / SNAPSHOT, step.network)
        with write_whole(folder / "config.gin") as temporary:
            temporary.write_text(gin.operative_config_str())
        metrics = {
            "seed": seed,
            "labels": dataset.semisupervised or len(rows),
            "label_subset": hash_rows(rows),
            "parameters": sum(p.numel() for p in step.network.parameters()),
            "data": dataset.path,
            **training.history.metrics(),
            "chance": dataset.chance(step.task.target),
            "feature_spread": feature_spread(step, dataset.held_out("valid", device_of_run())),
            **{f"test_{name}": value for name, value in test.items()},
        }
        write_metrics(folder / "metrics.csv", metrics)
        # Whoever asked to stop counts the job as failed, and what it made is deleted.
        with training.stoppable():
            interruption.check()
            if keep_checkpoint:
                training.save()
            else:
                checkpoints.remove()
    return metrics


def stamp(dataset: BaseDataset, code: str) -> dict[str, str]:
    """Fingerprints of all that a run of the present configuration depends on, by name."""
    parts = {
        "configuration": fingerprint([gin.config_str()]),
        "source": code,
        "dataset": dataset.fingerprint,
    }
    for key, file in (("Wrapper.pretrained", SNAPSHOT), ("session.restore_session", CHECKPOINT)):
        with suppress(ValueError):  # not bound
            if start := gin.query_parameter(key):
                parts[key] = hash_files([of_run(start, file, key)])
    return parts


@contextmanager
def held(folder: Path) -> Iterator[None]:
    """Hold a run's folder; the system lets go of it when this process dies, however it dies."""
    folder.mkdir(parents=True, exist_ok=True)
    try:
        # A moment, in which `selfstudy status` may look whether it is held.
        with FileLock(folder / ".lock", timeout=1):
            yield
    except Timeout as error:
        raise ConfigurationError(
            f"{folder}: another process is training here: wait for it, or stop it"
        ) from error


@contextmanager
def named_memory() -> Iterator[None]:
    """What to change where the GPU's memory is full."""
    try:
        yield
    except torch.OutOfMemoryError as error:
        raise TrainingError(
            f"out of GPU memory with dataloader.batch_size = {configured_batch_size()}: lower it, "
            f"or BaseDataset.max_images, which are held there"
        ) from error


@dataclass
class Training:
    """A run between its first step and its last."""

    dataset: BaseDataset
    step: Step
    rounds: Rounds
    rates: list[np.ndarray]  # learning rates of each round's steps
    folder: Path
    checkpoints: Checkpoints
    interruption: Interruption
    tracking: str | None
    stop: Callable[[Mapping[str, float]], bool]

    def __post_init__(self) -> None:
        self.settings = Settings()
        self.mean, self.done = Mean(), 0  # of the present round's steps
        self.watch = Watch(self.folder)
        state = self.checkpoints.restore(self.step)
        first = 0
        if state is None and self.settings.restore_session:
            first = restore_training(self.settings.restore_session, self.step, len(self.rates))
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
            return self.held_out("test", self.settings.test_iters)

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
        """The present round, or what is left of it, and its validation."""
        rates = self.rates[self.history.round]
        if self.done == 0:
            self.rounds.start()
        for rate in rates[self.done :]:
            block = self.rounds.next_batch()
            metrics, norm = self.step.train(block, float(rate))
            self.mean.add(metrics, len(block.indices))
            self.done += 1
            bar.update()
            self.watch.add(self.history.round + 1, self.done, float(rate), metrics["loss"], norm)
            self.interruption.check()
            if self.checkpoints.due:
                self.save()
        self.watch.check()
        train = self.step.task.summary(self.mean.result())
        valid = self.held_out("valid", self.settings.valid_iters)
        self.history.add(rates[-1], train, valid)
        self.mean, self.done = Mean(), 0

    def held_out(self, split: str, batches: int) -> dict[str, float]:
        """Mean loss and metrics of "valid" or "test"; nothing if no batches are asked for."""
        if batches == 0:
            return {}
        block = self.dataset.held_out(split, device_of_run())
        return evaluate(self.step, block, self.rounds.batch_size, batches, self.interruption.check)

    def save(self) -> None:
        """Save a checkpoint, unless the numbers have gone bad."""
        self.watch.check()
        self.checkpoints.save(self.step, self.history.round, self.state_dict())

    def state_dict(self) -> dict[str, object]:
        return {
            "first": self.history.first,
            "history": self.history.state_dict(),
            "done": self.done,
            "sums": self.mean.sums,
            "weight": self.mean.weight,
            "rounds": self.rounds.state_dict(),
        }

    def load_state_dict(self, state: dict[str, object]) -> None:
        device = device_of_run()
        self.history.load_state_dict(state["history"])
        self.done = state["done"]
        self.mean.sums = {name: total.to(device) for name, total in state["sums"].items()}
        self.mean.weight = state["weight"]
        self.rounds.load_state_dict(state["rounds"])
