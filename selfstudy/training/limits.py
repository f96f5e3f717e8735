"""What the numbers of a recipe may be."""

import math
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from selfstudy.errors import ConfigurationError


class Limits(NamedTuple):
    """The least that a number may be, and what it must stay below."""

    least: float
    below: float = math.inf

    def __str__(self) -> str:
        end = "" if self.below == math.inf else f", below {self.below}"
        return f"{self.least} or more{end}"


LIMITS = {
    "session.valid_iters": Limits(-1),
    "session.test_iters": Limits(-1),
    "session.checkpoint_minutes": Limits(0),
    "augment.hue": Limits(0, 1),
    "augment.least_crop": Limits(0, 1),
    "scheduler.target_lrs": Limits(0),
    "optimizer.lr": Limits(0),
    "optimizer.weight_decay": Limits(0),
    "optimizer.betas": Limits(0, 1),
    "optimizer.eps": Limits(0),
    "optimizer.momentum": Limits(0, 1),
    "optimizer.backbone_scale": Limits(0),
    "dataloader.batch_size": Limits(1),
    "dataloader.valid_batch_size": Limits(1),
    "rounds.min_round": Limits(0),
    "rounds.max_images": Limits(1),
    "rounds.chunk_size": Limits(1),
}


def require_limits(settings: Mapping[str, object]) -> None:
    """Require that numbers are within their limits, those of a list each.

    Args:
        settings: by their gin names; None is within any limits.

    Raises:
        ConfigurationError: one is not; it says which, and what was expected.
    """
    for name, limits in LIMITS.items():
        value = settings[name]
        numbers = value if isinstance(value, Sequence) else [value]
        if not all(each is None or limits.least <= each < limits.below for each in numbers):
            each = "each " if isinstance(value, Sequence) else ""
            raise ConfigurationError(f"{name} = {value!r}: expected {each}{limits}")
