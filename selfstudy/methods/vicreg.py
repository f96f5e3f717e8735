"""VICReg: views agree, numbers vary and are not correlated (Bardes et al., 2022)."""

from torch import Tensor

from selfstudy.backbones.base import Backbone
from selfstudy.methods.base import Batch
from selfstudy.methods.shared import views
from selfstudy.methods.shared.joint import Joint
from selfstudy.methods.shared.lightly import find_lightly, make_head


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
        hidden: int = 2048,
        size: int = 2048,
        invariance: float = 25,
        variance: float = 25,
        covariance: float = 1,
    ) -> None:
        head = make_head("BarlowTwinsProjectionHead", backbone.out_feats, hidden, size)
        super().__init__(backbone, head)
        self.regularise = find_lightly("loss.VICRegLoss")(invariance, variance, covariance)

    def loss(self, output: list[Tensor], batch: Batch) -> dict[str, Tensor]:
        """Compare both views."""
        return {"loss": self.regularise(*(view.float() for view in output))}
