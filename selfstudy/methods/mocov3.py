"""MoCo v3: find an image's other view among those that a slow copy made (Chen et al., 2021)."""

import torch
import torch.nn.functional as F
from torch import Tensor

from selfstudy.backbones.base import Backbone
from selfstudy.description import Count, Positive, Share
from selfstudy.methods.shared import views
from selfstudy.methods.shared.joint import Taught
from selfstudy.methods.shared.lightly import make_head


class MoCoV3(Taught):
    """Cross-entropy of an image's own target among those of the batch (algorithm 1).

    Args:
        backbone: what to pretrain.
        hidden: size of the hidden layers of projection and prediction.
        size: of these.
        temperature: by which similarities are divided.
        momentum: of the teacher, at first; it rises to 1.
    """

    views = views.BYOL

    def __init__(
        self,
        backbone: Backbone,
        hidden: Count = 4096,
        size: Count = 256,
        temperature: Positive = 0.2,
        momentum: Share = 0.99,
    ) -> None:
        kind, of_both = "MoCoProjectionHead", {"batch_norm": True}
        super().__init__(
            backbone,
            make_head(kind, backbone.out_feats, hidden, size, num_layers=3, **of_both),
            make_head(kind, size, hidden, size, num_layers=2, **of_both),
            momentum,
        )
        self.temperature = temperature

    def compare(self, predictions: Tensor, targets: Tensor) -> Tensor:
        """Compute the cross-entropy, scaled by twice the temperature as published."""
        scores = F.normalize(predictions) @ F.normalize(targets).T / self.temperature
        own = torch.arange(len(scores), device=scores.device)
        return 2 * self.temperature * F.cross_entropy(scores, own)
