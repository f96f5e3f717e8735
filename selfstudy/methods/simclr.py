"""SimCLR: tell which two views show the same image (Chen et al., 2020)."""

import torch
import torch.nn.functional as F
from torch import Tensor

from selfstudy.backbones.base import Backbone
from selfstudy.description import Count, Positive
from selfstudy.methods.base import Batch
from selfstudy.methods.shared import views
from selfstudy.methods.shared.joint import Joint
from selfstudy.methods.shared.lightly import make_head


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
        self,
        backbone: Backbone,
        hidden: Count = 2048,
        size: Count = 128,
        temperature: Positive = 0.2,
    ) -> None:
        head = make_head("SimCLRProjectionHead", backbone.out_feats, hidden, size)
        super().__init__(backbone, head)
        self.temperature = temperature

    def loss(self, output: list[Tensor], batch: Batch) -> dict[str, Tensor]:
        """Compare all views; lightly's loss is the same, and waits for the device."""
        views = F.normalize(torch.cat([view.float() for view in output]))
        scores = views @ views.T / self.temperature
        places = torch.arange(len(scores), device=scores.device)
        itself = places[:, None] == places
        partner = places.roll(len(output[0]))
        return {"loss": F.cross_entropy(scores.masked_fill(itself, -torch.inf), partner)}
