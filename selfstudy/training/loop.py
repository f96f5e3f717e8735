"""One step of training, and one pass of validation."""

from collections.abc import Callable
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from selfstudy.augment import Augmentation
from selfstudy.backbones.study import Wrapper
from selfstudy.batch import Batch
from selfstudy.data.dataset import Block
from selfstudy.tasks.base import Task

SPREAD_IMAGES = 500


@dataclass(frozen=True)
class Step:
    """All that a training step needs, but for its images."""

    network: Wrapper
    task: Task
    optimizer: torch.optim.Optimizer
    augment: Augmentation
    two_views: bool
    autocast: torch.autocast

    def train(self, block: Block, rate: float) -> tuple[dict[str, Tensor], Tensor]:
        """Train on a batch at a learning rate.

        Returns:
            The loss (as `loss`) and the metrics, and the norm of the gradient; all scalars.
        """
        self.network.train()
        augment = self.augment.two_views if self.two_views else self.augment
        images, targets = augment(block.images.float(), block.targets)
        metrics = self.evaluate(Batch(images, targets, block.indices))
        for group in self.optimizer.param_groups:
            group["lr"] = rate
        self.optimizer.zero_grad()
        metrics["loss"].backward()
        gradients = [p.grad for p in self.network.parameters() if p.grad is not None]
        self.optimizer.step()
        return metrics, torch.nn.utils.get_total_norm(gradients)

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


@torch.no_grad()
def evaluate(
    step: Step, block: Block, batch_size: int, batches: int, check: Callable[[], object]
) -> dict[str, float]:
    """Mean loss and metrics over the first `batches` batches of a block; -1: over all of it.

    Calls `check` after each. What is drawn at random here does not change what training draws.
    """
    step.network.eval()
    mean, device = Mean(), block.images.device
    positions = torch.arange(len(block.images), device=device).split(batch_size)
    with torch.random.fork_rng([device] if device.type == "cuda" else []):
        for chosen in positions if batches < 0 else positions[:batches]:
            part = Block(*(values[chosen] for values in block))
            batch = Batch(part.images.float(), part.targets, part.indices)
            mean.add(step.evaluate(batch), len(chosen))
            check()
    return step.task.summary(mean.result())


@torch.no_grad()
def feature_spread(step: Step, block: Block) -> float:
    """How much the features of images differ: 0 where they are all alike, at most 1.

    That is the total variance of the features, scaled to length 1, of the block's first images.
    """
    step.network.eval()
    first = Block(*(values[:SPREAD_IMAGES] for values in block))
    with step.autocast:
        features = step.network(first.images.float(), first.indices).features
    return spread(features if features.dim() == 2 else features.mean(dim=(2, 3)))


def spread(features: Tensor) -> float:
    """The total variance of features (n, features), each scaled to length 1."""
    return 1 - F.normalize(features.double()).mean(0).square().sum().item()
