"""What a run reports: a row a round while it trains, one row of metrics at its end."""

import csv
import logging
import time
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Self

from selfstudy.files import written_whole

log = logging.getLogger("selfstudy")
LOGGED = ("train_loss", "train_accuracy", "valid_loss", "valid_accuracy")


class History:
    """The rounds of a run, written to `history.csv` one by one.

    Args:
        folder: of the run.
        first: rounds that were trained before this history begins or goes on.
        rounds: rounds in all.
        rows: those of this history that were trained before.
    """

    def __init__(self, folder: Path, first: int, rounds: int, rows: list[dict[str, float]]) -> None:
        self.folder, self.round, self.rounds = folder, first, rounds
        self.rows = list(rows)
        self.started = time.perf_counter() - (rows[-1]["seconds"] if rows else 0)

    def __enter__(self) -> Self:
        self.folder.mkdir(parents=True, exist_ok=True)
        self.file = (self.folder / "history.csv").open("w", newline="")
        if self.rows:
            write_rows(self.file, self.rows, header=True)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.file.close()

    def add(
        self, learning_rate: float, train: Mapping[str, float], valid: Mapping[str, float]
    ) -> None:
        """Add a round: its last learning rate, and means over its images."""
        self.round += 1
        row = {"round": self.round, "learning_rate": float(learning_rate)}
        row |= {f"train_{name}": value for name, value in train.items()}
        row |= {f"valid_{name}": value for name, value in valid.items()}
        row["seconds"] = round(time.perf_counter() - self.started, 3)
        self.rows.append(row)
        write_rows(self.file, [row], header=len(self.rows) == 1)
        self.file.flush()
        shown = ", ".join(f"{name} {row[name]:.4f}" for name in LOGGED if name in row)
        log.info("%s: round %d of %d: %s", self.folder, row["round"], self.rounds, shown)

    def metrics(self) -> dict[str, float | None]:
        """The last round's accuracy, on validation and on training images, and the best one."""
        last = self.rows[-1]
        return {
            "accuracy": last.get("valid_accuracy"),
            "best_accuracy": max(
                (row["valid_accuracy"] for row in self.rows if "valid_accuracy" in row),
                default=None,
            ),
            "train_accuracy": last["train_accuracy"],
            "train_loss": last["train_loss"],
            "rounds": len(self.rows),
            "seconds": last["seconds"],
        }


def write_metrics(path: Path, metrics: Mapping[str, object]) -> None:
    """Write one row of metrics."""
    with written_whole(path) as temporary, temporary.open("w", newline="") as file:
        write_rows(file, [metrics], header=True)


def write_rows(file, rows: list[Mapping[str, object]], header: bool) -> None:
    writer = csv.DictWriter(file, rows[0].keys())
    if header:
        writer.writeheader()
    writer.writerows(rows)
