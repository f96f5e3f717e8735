"""SimCLR: tell which two views show the same image (Chen et al., 2020)."""

from torch import Tensor

from selfstudy.backbones.base import Backbone
from selfstudy.methods.base import Batch
from selfstudy.methods.shared import views
from selfstudy.methods.shared.joint import Joint
from selfstudy.methods.shared.lightly import find_lightly, make_head


class SimCLR(Joint):
    """Cross-entropy of the other view among all other views of the batch (equation 1).

    Args:
        backbone: what to pretrain.
        hidden: size of the projection's hidden layer.
        size: of the projection.
        temperature: by which similarities are divided.
    """

    views = views.SIMCLR

    def __init__(
        self, backbone: Backbone, hidden: int = 2048, size: int = 128, temperature: float = 0.2
    ) -> None:
        head = make_head("SimCLRProjectionHead", backbone.out_feats, hidden, size)
        super().__init__(backbone, head)
        self.contrast = find_lightly("loss.NTXentLoss")(temperature)

    def loss(self, output: list[Tensor], batch: Batch) -> dict[str, Tensor]:
        """Compare all views."""
        return {"loss": self.contrast(*(view.float() for view in output))}
