"""BYOL: predict what a slow copy of the network makes of another view (Grill et al., 2020)."""

import torch.nn.functional as F
from torch import Tensor

from selfstudy.backbones.base import Backbone
from selfstudy.description import Count, Share
from selfstudy.methods.shared import views
from selfstudy.methods.shared.joint import Taught
from selfstudy.methods.shared.lightly import make_head


class BYOL(Taught):
    """Squared distance of predictions and targets, both of length 1 (equation 2).

    Args:
        backbone: what to pretrain.
        hidden: size of the hidden layers of projection and prediction.
        size: of these.
        momentum: of the teacher, at first; it rises to 1.
    """

    views = views.BYOL

    def __init__(
        self, backbone: Backbone, hidden: Count = 4096, size: Count = 256, momentum: Share = 0.99
    ) -> None:
        super().__init__(
            backbone,
            make_head("BYOLProjectionHead", backbone.out_feats, hidden, size),
            make_head("BYOLPredictionHead", size, hidden, size),
            momentum,
        )

    def compare(self, predictions: Tensor, targets: Tensor) -> Tensor:
        """Compute the mean squared distance."""
        return 2 - 2 * F.cosine_similarity(predictions, targets).mean()
