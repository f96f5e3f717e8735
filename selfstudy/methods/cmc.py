"""Contrastive multiview coding: tell an image's lightness from its colour (Tian et al., 2019)."""

from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from selfstudy.backbones.base import Backbone, Features
from selfstudy.backbones.two_encoders import TwoEncoders
from selfstudy.description import Count, Positive, Share
from selfstudy.errors import ConfigurationError, require_least
from selfstudy.methods.base import Batch, MakeBackbone, Method


class Logits(NamedTuple):
    """Similarities (b, 1 + negatives) of each view to the other's memory, positive first."""

    l: Tensor  # noqa: E741
    ab: Tensor


class MemoryBank(nn.Module):
    """Remembers one feature per training image and view.

    Args:
        rows: number of training images.
        features: size of a view's feature.
        negatives: K, drawn anew for each image.
        temperature: T, by which similarities are divided.
        momentum: share of the old row that an update keeps.
    """

    def __init__(
        self, rows: int, features: int, negatives: int, temperature: float, momentum: float
    ) -> None:
        super().__init__()
        self.negatives, self.temperature, self.momentum = negatives, temperature, momentum
        bound = (3 / features) ** 0.5
        for view in Logits._fields:
            self.register_buffer(view, torch.empty(rows, features).uniform_(-bound, bound))

    def draw(self, indices: Tensor) -> Tensor:
        """Draw the rows to compare with, (b, 1 + K): the image's own, then random ones."""
        shape = (len(indices), self.negatives)
        random = torch.randint(len(self.l), shape, device=indices.device)
        return torch.cat([indices[:, None], random], 1)

    def forward(self, l: Tensor, ab: Tensor, rows: Tensor) -> Logits:  # noqa: E741
        """Compare normalised features (b, features) with the other view's `rows`."""
        # Each view is compared with the memory of the other.
        logits = Logits(l=self._compare(l, self.ab, rows), ab=self._compare(ab, self.l, rows))
        self._update(self.l, l, rows[:, 0])
        self._update(self.ab, ab, rows[:, 0])
        return logits

    def _compare(self, features: Tensor, memory: Tensor, rows: Tensor) -> Tensor:
        if len(memory) < rows.numel():  # all similarities are fewer than those that are drawn
            # Of a copy, for the memory moves before the gradient is computed.
            similarity = (features @ memory.clone().T).gather(1, rows)
        else:
            similarity = torch.einsum("bkd,bd->bk", F.embedding(rows, memory), features)
        return similarity / self.temperature

    @torch.no_grad()
    def _update(self, memory: Tensor, features: Tensor, rows: Tensor) -> None:
        moved = self.momentum * memory[rows] + (1 - self.momentum) * features
        memory[rows] = F.normalize(moved)


def contrast(logits: Tensor) -> Tensor:
    """Compute the cross-entropy with the positive at index 0."""
    return F.cross_entropy(logits, torch.zeros(len(logits), dtype=torch.long, device=logits.device))


class CMC(Method):
    """Two encoders and their memory banks: the sum of both views' contrast.

    Args:
        backbone: two encoders.
        images: number of images in the dataset that train, one row of the memory each.
        nce_k: number of negatives.
        nce_t: temperature.
        nce_m: momentum, the share of the old row that an update keeps.

    Raises:
        ConfigurationError: the backbone is a single network, or there is a single image.
    """

    def __init__(
        self,
        backbone: Backbone,
        images: int,
        nce_k: Count = 4096,
        nce_t: Positive = 0.07,
        nce_m: Share = 0.5,
    ) -> None:
        super().__init__(backbone)
        if not isinstance(backbone, TwoEncoders):
            raise ConfigurationError(
                f"CMC: backbone {backbone.name!r} is a single network: expected two_encoders, one "
                f"for L and one for ab"
            )
        require_least("CMC: images that pretrain", images, 2)  # one is its own negative
        self.memory = MemoryBank(images, backbone.l.out_feats, nce_k, nce_t, nce_m)

    @classmethod
    def make_backbone(cls, make: MakeBackbone) -> Backbone:
        """Make one of the asked-for backbones for L and one for ab."""
        return TwoEncoders(make(1), make(2))

    def forward(self, batch: Batch) -> tuple[Features, Logits | None]:
        """Compare each view with the memory, which knows training images only."""
        features = self.backbone(batch.views[0])
        if not self.training:
            return features, None
        lightness, color = features.pooled.float().chunk(2, 1)
        return features, self.memory(lightness, color, self.memory.draw(batch.indices))

    def loss(self, output: Logits, batch: Batch) -> dict[str, Tensor]:
        """Sum both views' contrast."""
        lightness, color = contrast(output.l), contrast(output.ab)
        return {"loss": lightness + color, "loss_l": lightness, "loss_ab": color}
