"""Optimiser and learning rate."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from inspect import unwrap
from itertools import pairwise

import numpy as np
import torch
from torch import nn

from selfstudy.errors import ConfigurationError, find_known

ADAPTIVE = {name: getattr(torch.optim, name) for name in ("Adam", "AdamW")}
OPTIMIZERS = ADAPTIVE | {name: getattr(torch.optim, name) for name in ("SGD", "RMSprop")}
STATE = ("add_param_group", "zero_grad", "state_dict", "load_state_dict")  # methods beside `step`
SMALLEST = 1e-7  # the exponential decay's last factor, before its exponent


@dataclass(frozen=True)
class Optimizer:
    """How weights follow their gradients.

    Args:
        optim_fn: "Adam", "AdamW", "SGD" or "RMSprop".
        lr: factor of the schedule's rates.
        weight_decay: strength of the L2 penalty.
        betas: of Adam.
        eps: of Adam and RMSprop.
        momentum: of SGD.
        backbone_scale: factor of the backbone's learning rate, beside that of heads.
    """

    optim_fn: str = "Adam"
    lr: float = 1
    weight_decay: float = 0.0
    betas: tuple[float, float] = (0.8, 0.999)
    eps: float = 1e-8
    momentum: float = 0.9
    backbone_scale: float = 1

    def make(
        self, parameters: Iterable[nn.Parameter], backbone: Iterable[nn.Parameter] = ()
    ) -> torch.optim.Optimizer:
        """Make the optimiser, with a learning rate of 1, to be multiplied by the schedule's.

        Args:
            parameters: to train.
            backbone: those of the backbone, whose group has `backbone_scale` as its `scale`.

        Raises:
            ConfigurationError: there is none of that name.
        """
        choice = find_known(self.optim_fn, OPTIMIZERS, "optimizer.optim_fn")
        options: dict[str, object] = {"weight_decay": self.weight_decay}
        if self.optim_fn in ADAPTIVE:
            options["betas"] = tuple(self.betas)
        if self.optim_fn == "SGD":
            options["momentum"] = self.momentum
        else:
            options["eps"] = self.eps
        if self.optim_fn != "RMSprop":
            options["fused"] = True
        make = spare_compiler(choice)
        if self.backbone_scale == 1:
            return make(parameters, lr=1.0, **options)
        inside = set(backbone)
        groups: dict[float, list[nn.Parameter]] = {1.0: [], self.backbone_scale: []}
        for parameter in parameters:
            groups[self.backbone_scale if parameter in inside else 1.0].append(parameter)
        described = [{"params": group, "scale": scale} for scale, group in groups.items() if group]
        return make(described, lr=1.0, **options)


def spare_compiler(kind: type[torch.optim.Optimizer]) -> type[torch.optim.Optimizer]:
    """Make the same kind of optimiser, without what imports PyTorch's compiler at the first call.

    That takes a second, and is for steps that are compiled, optimiser and all.
    """
    methods = {name: unwrap(getattr(kind, name)) for name in STATE}
    return type(kind.__name__, (kind,), methods | {"step": torch.no_grad()(unwrap(kind.step))})


@dataclass(frozen=True)
class Schedule:
    """How the learning rate goes, over rounds.

    It is piecewise linear between `target_lrs` at round 0 and at each of `milestones`, which are
    `stretch` times as late as they are given.

    Args:
        milestones: rounds, rising; the last one ends the training.
        target_lrs: one more than milestones; or a single peak between zeros.
        exp_factor: the last piece is multiplied by (1 → 1e-7) ** `exp_factor`.
        stretch: how many times as long everything takes.
    """

    milestones: Sequence[int] = (5, 200)
    target_lrs: Sequence[float] | float = (0, 1e-3, 1e-6)
    exp_factor: float = 0
    stretch: int = 1

    def list_rates(self, steps_per_round: int) -> np.ndarray:
        """List the learning rate of every step, float64 (rounds · steps_per_round,).

        Raises:
            ConfigurationError: milestones and targets do not fit, or nothing is left of them.
        """
        if self.stretch < 1:
            raise ConfigurationError(f"scheduler.stretch = {self.stretch}: expected 1 or more")
        single = isinstance(self.target_lrs, int | float)
        targets = [0, self.target_lrs, 0] if single else list(self.target_lrs)
        bounds = [0, *(self.stretch * milestone for milestone in self.milestones)]
        if len(targets) != len(bounds) or any(b <= a for a, b in pairwise(bounds)):
            raise ConfigurationError(
                f"scheduler: milestones {list(self.milestones)} and target_lrs {self.target_lrs}: "
                f"expected rising milestones and one target more than these"
            )
        pieces = [
            np.linspace(low, high, steps_per_round * (end - start))
            for (start, end), (low, high) in zip(pairwise(bounds), pairwise(targets), strict=True)
        ]
        pieces[-1] = pieces[-1] * np.linspace(1, SMALLEST, len(pieces[-1])) ** self.exp_factor
        return np.concatenate(pieces)
