"""Rotation: tell by which multiple of 90° an image was rotated (Gidaris et al., 2018)."""

from functools import partial

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from selfstudy.backbones.base import Backbone, Features
from selfstudy.methods.base import Batch, Method


def rotate90(images: Tensor, turns: Tensor) -> Tensor:
    """Rotate each of (b, ..., n, n) clockwise by its own number of quarter turns (b,)."""
    size = images.shape[-1]
    places = torch.arange(size**2, device=images.device).view(size, size)
    sources = torch.stack([torch.rot90(places, -turn).flatten() for turn in range(4)])
    each = torch.arange(len(images), device=images.device)[:, None]
    # A gather, for masks would make the device wait.
    rotated = images.flatten(-2).movedim(-1, 1)[each, sources[turns]]
    return rotated.movedim(1, -1).unflatten(-1, (size, size))


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
