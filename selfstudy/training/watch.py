"""Watching a run's numbers: it stops as soon as its loss or its gradient is no longer finite."""

import math
from pathlib import Path

import torch
from torch import Tensor

from selfstudy.errors import DivergenceError

EVERY = 50  # steps; looking at each would make the GPU wait


class Watch:
    """Looks at the loss and the gradient's norm of every step, some steps at a time.

    Args:
        folder: of the run, to be named.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
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
                what = "gradient" if math.isfinite(loss) else "loss"
                last = "loss {:.4g}, gradient's norm {:.4g}".format(*self._last)
                raise DivergenceError(
                    f"{self.folder}: round {number}, step {step}, learning rate {rate:.3g}: "
                    f"the {what} is no longer finite (last finite {last}): "
                    f"lower scheduler.target_lrs"
                )
            self._last = loss, norm
        self._waiting.clear()
