"""Barlow Twins: views agree in each number, and numbers do not repeat (Zbontar et al., 2021)."""

from torch import Tensor

from selfstudy.backbones.base import Backbone
from selfstudy.description import Count, Weight
from selfstudy.methods.base import Batch
from selfstudy.methods.shared import views
from selfstudy.methods.shared.joint import Joint
from selfstudy.methods.shared.lightly import find_lightly, make_head


class BarlowTwins(Joint):
    """How far the views' correlations are from the identity (equation 1).

    Args:
        backbone: what to pretrain.
        hidden: size of the projection's hidden layers.
        size: of the projection.
        redundancy: weight of correlations between different numbers.
    """

    views = views.BYOL

    def __init__(
        self,
        backbone: Backbone,
        hidden: Count = 2048,
        size: Count = 2048,
        redundancy: Weight = 5e-3,
    ) -> None:
        head = make_head("BarlowTwinsProjectionHead", backbone.out_feats, hidden, size)
        super().__init__(backbone, head)
        self.correlate = find_lightly("loss.BarlowTwinsLoss")(redundancy)

    def loss(self, output: list[Tensor], batch: Batch) -> dict[str, Tensor]:
        """Correlate both views."""
        return {"loss": self.correlate(*(view.float() for view in output))}
