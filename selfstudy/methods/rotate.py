"""Rotation: tell by which multiple of 90° an image was rotated (Gidaris et al., 2018)."""

from functools import partial

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from selfstudy.backbones.base import Backbone, Features
from selfstudy.methods.base import Batch, Method


def rotate90(images: Tensor, turns: Tensor) -> Tensor:
    """Rotate each of (b, ..., n, n) clockwise by its own number of quarter turns (b,)."""
    rotated = images.clone()
    for turn in range(1, 4):
        chosen = turns == turn
        rotated[chosen] = torch.rot90(images[chosen], -turn, (-2, -1))
    return rotated


class Rotate(Method):
    """Cross-entropy of the four rotations, from a linear layer on pooled features."""

    def __init__(self, backbone: Backbone) -> None:
        super().__init__(backbone)
        self.classifier = nn.Linear(backbone.out_feats, 4)

    def prepare(self, batch: Batch) -> Batch:
        """Rotate each image."""
        (images,) = batch.views
        turns = torch.randint(4, (len(images),), device=images.device)
        views = (rotate90(images, turns),)
        return batch._replace(views=views, known=turns, move=partial(rotate90, turns=turns))

    def forward(self, batch: Batch) -> tuple[Features, Tensor]:
        """Compute logits (b, 4)."""
        features = self.backbone(batch.views[0])
        return features, self.classifier(features.pooled)

    def loss(self, output: Tensor, batch: Batch) -> dict[str, Tensor]:
        """Compare logits with the turns."""
        logits, turns = output.float(), batch.known
        return {
            "loss": F.cross_entropy(logits, turns),
            "acc_rotate": (logits.argmax(1) == turns).double().mean(),
        }
