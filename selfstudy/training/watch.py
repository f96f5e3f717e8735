"""Watching a run's numbers: it stops as soon as its loss or its gradient is no longer finite."""

import math
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from selfstudy.errors import DataError, DivergenceError, list_rows

EVERY = 50  # steps; looking at each would make the GPU wait


class Watch:
    """Looks at the loss and the gradient's norm of every step, some steps at a time.

    Args:
        folder: of the run, to be named.
        blame: is called before anything else is blamed, and raises what is to be.
    """

    def __init__(self, folder: Path, blame: Callable[[], object] = lambda: None) -> None:
        self.folder, self.blame = folder, blame
        self._waiting: list[tuple[int, int, float, Tensor]] = []
        self._last = (math.nan, math.nan)

    def add(self, number: int, step: int, rate: float, loss: Tensor, norm: Tensor) -> None:
        """Note a step: the number of its round, its own in that, its learning rate, its scalars."""
        values = torch.stack([loss.detach().float(), norm.float()])
        self._waiting.append((number, step, rate, values))
        if len(self._waiting) == EVERY:
            self.check()

    def check(self) -> None:
        """Raise DivergenceError, saying when and what, if something noted is not finite."""
        if not self._waiting:
            return
        values = torch.stack([values for *_, values in self._waiting]).tolist()
        for (number, step, rate, _), (loss, norm) in zip(self._waiting, values, strict=True):
            if not (math.isfinite(loss) and math.isfinite(norm)):
                self.blame()
                what = "gradient" if math.isfinite(loss) else "loss"
                last = "loss {:.4g}, gradient's norm {:.4g}".format(*self._last)
                raise DivergenceError(
                    f"{self.folder}: round {number}, step {step}, learning rate {rate:.3g}: "
                    f"the {what} is no longer finite (last finite {last}): "
                    f"lower scheduler.target_lrs"
                )
            self._last = loss, norm
        self._waiting.clear()


def require_finite_labels(path: Path, rows: np.ndarray, labels: Mapping[str, np.ndarray]) -> None:
    """Require that labels are finite; images have been looked at when they were read.

    Args:
        path: of the prepared file.
        rows: that are trained on (r,).
        labels: of all images, by task.

    Raises:
        DataError: they are not; it names the file, the task and the rows.
    """
    for task, values in labels.items():
        if values.dtype.kind == "f":
            finite = np.isfinite(values[rows]).reshape(len(rows), -1).all(axis=1)
            if not finite.all():
                raise DataError(
                    f"{path}: labels of {task} are not finite in {list_rows(rows[~finite])}"
                )
