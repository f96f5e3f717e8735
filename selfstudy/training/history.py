"""What a run reports: one row per round while it trains, one row of metrics at its end."""

import csv
import logging
import time
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Self, TextIO

from selfstudy.files import write_whole
from selfstudy.measures import OF_CLASSES
from selfstudy.tracking.base import make_tracker

log = logging.getLogger("selfstudy")
# As it goes, rows are in a file of another name: what the workflow waits for appears whole.
HISTORY, PROGRESS, TIMES = "history.csv", "progress.csv", "times.csv"
LOGGED = ("train_loss", "train_accuracy", "valid_loss", "valid_accuracy")


class History:
    """The rounds of a run, written to `progress.csv` as they end, and their times to `times.csv`.

    Args:
        folder: of the run.
        first: rounds that were trained before this history begins.
        rounds: rounds in all.
        tracking: the name of a tracker that is handed them, too, such as "tensorboard".
    """

    def __init__(self, folder: Path, first: int, rounds: int, tracking: str | None = None) -> None:
        self.folder, self.first, self.rounds = folder, first, rounds
        self.tracking = tracking
        self.rows: list[dict[str, float]] = []
        self.seconds: list[float] = []  # that each round took
        self._started = time.perf_counter()

    def __enter__(self) -> Self:
        self.folder.mkdir(parents=True, exist_ok=True)
        # By the line, so that a round that has ended can be seen.
        self._files = [
            (self.folder / name).open("w", newline="", buffering=1) for name in (PROGRESS, TIMES)
        ]
        self._tracker = make_tracker(self.tracking, self.folder) if self.tracking else None
        for number in range(len(self.rows)):
            self._write(number)
        self._started = time.perf_counter()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        for file in self._files:
            file.close()
        if self._tracker:
            self._tracker.close(ended=kind is None)

    @property
    def round(self) -> int:
        """Rounds that have been trained."""
        return self.first + len(self.rows)

    def add(
        self, learning_rate: float, train: Mapping[str, float], valid: Mapping[str, float]
    ) -> None:
        """Add a round: its last learning rate, and means over its images."""
        row = {"round": self.round + 1, "learning_rate": float(learning_rate)}
        row |= {f"train_{name}": value for name, value in train.items()}
        row |= {f"valid_{name}": value for name, value in valid.items()}
        now = time.perf_counter()
        self.rows.append(row)
        self.seconds.append(round(now - self._started, 3))
        self._started = now
        self._write(len(self.rows) - 1)
        shown = ", ".join(f"{name} {row[name]:.4f}" for name in LOGGED if name in row)
        log.info("%s: round %d of %d: %s", self.folder, row["round"], self.rounds, shown)

    def finish(self) -> None:
        """Write `history.csv`, whole, in place of `progress.csv`."""
        with (
            write_whole(self.folder / HISTORY) as temporary,
            temporary.open("w", newline="") as file,
        ):
            for number, row in enumerate(self.rows):
                write_rows(file, [row], header=number == 0)
        (self.folder / PROGRESS).unlink(missing_ok=True)

    def metrics(self) -> dict[str, float | None]:
        """Give the last round's measures, on validation and on training images, and the best.

        All but accuracy where the task has them alone.
        """
        last = self.rows[-1]
        return {
            "accuracy": last.get("valid_accuracy"),
            "best_accuracy": max(
                (row["valid_accuracy"] for row in self.rows if "valid_accuracy" in row),
                default=None,
            ),
            **{name: last[f"valid_{name}"] for name in OF_CLASSES if f"valid_{name}" in last},
            "train_accuracy": last.get("train_accuracy"),
            "train_loss": last["train_loss"],
            "rounds": len(self.rows),
        }

    def state_dict(self) -> dict[str, list]:
        """Give the rounds and their times."""
        return {"rows": self.rows, "seconds": self.seconds}

    def load_state_dict(self, state: Mapping[str, list]) -> None:
        """Take up what `state_dict` gave."""
        self.rows, self.seconds = list(state["rows"]), list(state["seconds"])

    def _write(self, number: int) -> None:
        row, seconds = self.rows[number], self.seconds[number]
        for file, shown in zip(
            self._files,
            (row, {"round": row["round"], "rounds": self.rounds, "seconds": seconds}),
            strict=True,
        ):
            write_rows(file, [shown], header=number == 0)
        if self._tracker:
            self._tracker.add(row)


def write_metrics(path: Path, metrics: Mapping[str, object]) -> None:
    """Write one row of metrics."""
    with write_whole(path) as temporary, temporary.open("w", newline="") as file:
        write_rows(file, [metrics], header=True)


def write_rows(file: TextIO, rows: list[Mapping[str, object]], header: bool) -> None:
    """Write rows of a table, and the names of its columns if asked for."""
    writer = csv.DictWriter(file, rows[0].keys(), lineterminator="\n")
    if header:
        writer.writeheader()
    writer.writerows(rows)
