"""One round of training, and one pass of validation."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from selfstudy.augment import Augmentation
from selfstudy.batch import Batch
from selfstudy.data.dataset import Block
from selfstudy.data.rounds import Rounds
from selfstudy.downstream.base import Task
from selfstudy.networks.study import Wrapper


@dataclass(frozen=True)
class Step:
    """All that a training step needs, but for its images."""

    network: Wrapper
    task: Task
    optimizer: torch.optim.Optimizer
    augment: Augmentation
    two_views: bool
    autocast: torch.autocast

    def evaluate(self, batch: Batch) -> dict[str, Tensor]:
        """The loss (as `loss`) and the metrics of a batch."""
        batch = self.task.prepare(batch)
        with self.autocast:
            output = self.network(batch.images, batch.indices)
        loss, metrics = self.task.evaluate(output, batch)
        return {"loss": loss, **metrics}


class Mean:
    """Means of metrics, summed where they were computed so as not to wait for the device."""

    def __init__(self) -> None:
        self.sums: dict[str, Tensor] = {}
        self.weight = 0

    def add(self, metrics: dict[str, Tensor], weight: int) -> None:
        for name, value in metrics.items():
            self.sums[name] = self.sums.get(name, 0) + value.detach().double() * weight
        self.weight += weight

    def result(self) -> dict[str, Tensor]:
        return {name: total / self.weight for name, total in self.sums.items()}


def train_round(
    step: Step, rounds: Rounds, rates: np.ndarray, progress: Callable[[], object]
) -> dict[str, float]:
    """Train one round at the given learning rates, one a step; give mean loss and metrics."""
    step.network.train()
    mean, block = Mean(), rounds.next_block()
    order = rounds.batch_indices(block)
    for rate in rates:
        chosen = next(order, None)
        if chosen is None:
            order = rounds.batch_indices(block)
            chosen = next(order)
        images = block.images[chosen].float()
        augment = step.augment.two_views if step.two_views else step.augment
        images, targets = augment(images, block.targets[chosen])
        metrics = step.evaluate(Batch(images, targets, block.indices[chosen]))
        for group in step.optimizer.param_groups:
            group["lr"] = float(rate)
        step.optimizer.zero_grad()
        metrics["loss"].backward()
        step.optimizer.step()
        mean.add(metrics, len(chosen))
        progress()
    return step.task.summary(mean.result())


@torch.no_grad()
def evaluate(step: Step, block: Block, batch_size: int, batches: int) -> dict[str, float]:
    """Mean loss and metrics over the first `batches` batches of a block; -1: over all of it."""
    step.network.eval()
    mean = Mean()
    positions = torch.arange(len(block.images), device=block.images.device).split(batch_size)
    for chosen in positions if batches < 0 else positions[:batches]:
        images = block.images[chosen].float()
        mean.add(
            step.evaluate(Batch(images, block.targets[chosen], block.indices[chosen])), len(chosen)
        )
    return step.task.summary(mean.result())
