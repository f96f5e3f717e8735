"""LeJEPA: views agree, and projections are distributed as Gaussians (Balestriero, LeCun, 2025)."""

import torch
from torch import Tensor

from selfstudy.backbones.base import Backbone
from selfstudy.description import Count, Share
from selfstudy.methods.base import Batch
from selfstudy.methods.shared.joint import Joint
from selfstudy.methods.shared.lightly import find_lightly, make_head
from selfstudy.methods.shared.views import LOCAL, VICREG

GLOBAL = 2  # views, from whose mean all others' distance is taken


class LeJEPA(Joint):
    """Distance from the mean of the large crops, and how far projections are from Gaussians.

    Args:
        backbone: what to pretrain.
        hidden: size of the projection's hidden layers.
        size: of the projection.
        gaussian: weight of the distribution, against that of the distance; they sum to 1.
        directions: along which the distribution is looked at, drawn anew in each step.
    """

    views = (*VICREG, LOCAL, LOCAL)

    def __init__(
        self,
        backbone: Backbone,
        hidden: Count = 2048,
        size: Count = 64,
        gaussian: Share = 0.05,
        directions: Count = 1024,
    ) -> None:
        head = make_head("LeJEPAProjectionHead", backbone.out_feats, hidden, size)
        super().__init__(backbone, head)
        self.compare = find_lightly("loss.LeJEPALoss")(gaussian, sigreg_num_vectors=directions)

    def loss(self, output: list[Tensor], batch: Batch) -> dict[str, Tensor]:
        """Compare all views."""
        views = torch.stack(output).float()
        return {"loss": self.compare(global_proj=views[:GLOBAL], local_proj=views[GLOBAL:])}
