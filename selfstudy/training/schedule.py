"""Optimiser and learning rate."""

from collections.abc import Iterable
from itertools import pairwise

import gin
import numpy as np
import torch
from torch import nn

from selfstudy.configuration import known
from selfstudy.errors import ConfigurationError

OPTIMIZERS = {name: getattr(torch.optim, name) for name in ("Adam", "AdamW", "SGD")}
SMALLEST = 1e-7  # the exponential decay's last factor, before its exponent


@gin.configurable("optimizer", denylist=["parameters"])
def make_optimizer(
    parameters: Iterable[nn.Parameter],
    optim_fn: str = "Adam",
    weight_decay: float = 0.0,
    betas: tuple[float, float] = (0.8, 0.999),
    eps: float = 1e-8,
    momentum: float = 0.9,
) -> torch.optim.Optimizer:
    """An optimiser whose learning rate is 1, to be multiplied by `learning_rates`.

    `betas` and `eps` are for Adam, `momentum` is for SGD.
    """
    options = {"momentum": momentum} if optim_fn == "SGD" else {"betas": tuple(betas), "eps": eps}
    choice = known(optim_fn, OPTIMIZERS, "optimizer.optim_fn")
    return choice(parameters, lr=1.0, weight_decay=weight_decay, fused=True, **options)


@gin.configurable("scheduler", denylist=["steps_per_round"])
def learning_rates(
    steps_per_round: int,
    milestones: list[int] = (5, 200),
    target_lrs: list[float] | float = (0, 1e-3, 1e-6),
    exp_factor: float = 0,
) -> np.ndarray:
    """The learning rate of every step, float64 (milestones[-1] · steps_per_round,).

    Piecewise linear between `target_lrs` at round 0 and at each of `milestones`; a single target is
    a peak between zeros. The last piece is multiplied by (1 → 1e-7) ** `exp_factor`.

    Raises ConfigurationError if milestones and targets do not fit.
    """
    targets = [0, target_lrs, 0] if isinstance(target_lrs, int | float) else list(target_lrs)
    bounds = [0, *milestones]
    if len(targets) != len(bounds) or any(b <= a for a, b in pairwise(bounds)):
        raise ConfigurationError(
            f"scheduler: milestones {list(milestones)} and target_lrs {target_lrs}: expected "
            f"rising milestones and one target more than these"
        )
    pieces = [
        np.linspace(low, high, steps_per_round * (end - start))
        for (start, end), (low, high) in zip(pairwise(bounds), pairwise(targets), strict=True)
    ]
    pieces[-1] = pieces[-1] * np.linspace(1, SMALLEST, len(pieces[-1])) ** exp_factor
    return np.concatenate(pieces)


@gin.configurable("dataloader")
def configured_batch_size(batch_size: int = 512) -> int:
    """Images in a batch."""
    return batch_size
