"""VICReg: views agree, numbers vary and are not correlated (Bardes et al., 2022)."""

import torch.nn.functional as F
from torch import Tensor

from selfstudy.backbones.base import Backbone
from selfstudy.description import Count, Weight
from selfstudy.methods.base import Batch
from selfstudy.methods.shared import views
from selfstudy.methods.shared.joint import Joint
from selfstudy.methods.shared.lightly import make_head

EPS = 1e-4


class VICReg(Joint):
    """Weighted sum of invariance, variance and covariance (equation 6).

    Args:
        backbone: what to pretrain.
        hidden: size of the projection's hidden layers.
        size: of the projection.
        invariance: weight of the views' squared distance.
        variance: weight of how far each number's deviation is below 1.
        covariance: weight of squared covariances.
    """

    views = views.VICREG

    def __init__(
        self,
        backbone: Backbone,
        hidden: Count = 2048,
        size: Count = 2048,
        invariance: Weight = 25,
        variance: Weight = 25,
        covariance: Weight = 1,
    ) -> None:
        head = make_head("BarlowTwinsProjectionHead", backbone.out_feats, hidden, size)
        super().__init__(backbone, head)
        self.weights = invariance, variance, covariance

    def loss(self, output: list[Tensor], batch: Batch) -> dict[str, Tensor]:
        """Compare both views; lightly's loss is the same, and waits for the device."""
        views = [view.float() for view in output]
        invariance = F.mse_loss(*views)
        variance = sum(spread(view) for view in views) / len(views)
        covariance = sum(correlate(view) for view in views)
        parts = (invariance, variance, covariance)
        return {
            "loss": sum(weight * part for weight, part in zip(self.weights, parts, strict=True))
        }


def spread(numbers: Tensor) -> Tensor:
    """How far below 1 deviations over the batch are, of numbers (b, size): their mean."""
    return F.relu(1 - (numbers.var(0) + EPS).sqrt()).mean()


def correlate(numbers: Tensor) -> Tensor:
    """Sum the squared covariances of different numbers (b, size), divided by size."""
    centered = numbers - numbers.mean(0)
    covariance = centered.T @ centered / (len(numbers) - 1)
    return (covariance.square().sum() - covariance.diagonal().square().sum()) / len(covariance)
