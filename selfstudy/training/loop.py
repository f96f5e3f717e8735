"""One step of training, and one pass of validation."""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from selfstudy.data.dataset import Block
from selfstudy.training.compiling import compile_evaluation
from selfstudy.training.learners import Learner, Sample
from selfstudy.training.precision import (
    choose_precision,
    keep_exact,
    make_autocast,
    make_scaler,
)


@dataclass
class Step:
    """All that a training step needs, except its images.

    Attributes:
        augment: `Augmentation` of the dataset's images.
        device: that the learner is on.
        precision: that it computes in; of "auto", what that comes to on this device.
        compiled: PyTorch compiles how the loss is computed in training.
    """

    learner: Learner
    optimizer: torch.optim.Optimizer
    augment: Callable[..., tuple[tuple[Tensor, ...], Tensor | None]]
    device: torch.device
    precision: str
    compiled: bool = False

    def __post_init__(self) -> None:
        evaluate = self.learner.evaluate
        self.evaluate = compile_evaluation(evaluate) if self.compiled else evaluate
        self.compute_in(self.precision)

    def compute_in(self, precision: str) -> None:
        """Compute in this precision from now on."""
        self.precision = choose_precision(self.device, precision)
        self.autocast = make_autocast(self.device, self.precision)
        self.scaler = make_scaler(self.device, self.precision)
        keep_exact(self.precision)

    def train(self, block: Block, rate: float, progress: float) -> tuple[dict[str, Tensor], Tensor]:
        """Train on a batch.

        Args:
            block: the batch.
            rate: the learning rate.
            progress: the share of the training that is done after this step.

        Returns:
            The loss (as `loss`) and the metrics, and the norm of the gradient; all scalars.
        """
        learner = self.learner
        learner.train()
        views, maps = self.augment(
            block.images.float(), block.maps, learner.views, learner.share_flip
        )
        sample = Sample(views, block.labels, maps, block.indices)
        metrics = self.evaluate(sample, self.autocast)
        for group in self.optimizer.param_groups:
            group["lr"] = rate * group.get("scale", 1)
        self.optimizer.zero_grad()
        self.scaler.scale(metrics["loss"]).backward()
        self.scaler.unscale_(self.optimizer)
        gradients = [p.grad for p in learner.parameters() if p.grad is not None]
        norm = torch.nn.utils.get_total_norm(gradients)
        self.scaler.step(self.optimizer)
        self.scaler.update()
        learner.after_step(progress)
        if self.scaler.is_enabled():  # which leaves out a step whose gradient overflows
            norm = norm.nan_to_num(posinf=0, nan=0)
        return metrics, norm


class Mean:
    """Means of metrics, summed where they were computed so as not to wait for the device."""

    def __init__(self) -> None:
        self.sums: dict[str, Tensor] = {}
        self.weight = 0

    def add(self, metrics: dict[str, Tensor], weight: int) -> None:
        """Add the metrics of so many images."""
        for name, value in metrics.items():
            self.sums[name] = self.sums.get(name, 0) + value.detach().double() * weight
        self.weight += weight

    def result(self) -> dict[str, Tensor]:
        """Divide the sums by the number of images."""
        return {name: total / self.weight for name, total in self.sums.items()}


@torch.no_grad()
def evaluate(
    step: Step, block: Block, batch_size: int, batches: int, check: Callable[[], object]
) -> dict[str, float]:
    """Compute loss and metrics over the first `batches` batches of a block; -1: all of it.

    Those of `Learner.measure` are of these images as a whole, the others means over them.
    Calls `check` after each. What is drawn at random here does not change what training draws.
    """
    step.learner.eval()
    mean, kept, device = Mean(), [], block.images.device
    positions = torch.arange(len(block.images), device=device).split(batch_size)
    with torch.random.fork_rng([device] if device.type == "cuda" else []):
        for chosen in positions if batches < 0 else positions[:batches]:
            part = block.select(chosen)
            sample = Sample((part.images.float(),), part.labels, part.maps, part.indices)
            mean.add(step.learner.evaluate(sample, step.autocast, kept), len(chosen))
            check()
    return step.learner.summarise(mean.result()) | step.learner.measure(kept)
