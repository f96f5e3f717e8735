"""Contrastive multiview coding: tell an image's lightness from its colour (Tian et al., 2019)."""

from typing import NamedTuple

import gin
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from selfstudy.backbones.base import Features
from selfstudy.backbones.resnet import init_resnet
from selfstudy.batch import Batch, Output
from selfstudy.methods.base import PretextModel
from selfstudy.tasks.readouts import ReadoutTask


class TwoViewBackbone(nn.Module):
    """One encoder for L and one for ab; their normalised features stand side by side."""

    def __init__(self) -> None:
        super().__init__()
        self.l = init_resnet(in_channels=1)
        self.ab = init_resnet(in_channels=2)
        self.out_feats = self.l.out_feats + self.ab.out_feats

    def forward(self, images: Tensor) -> Features:
        lightness, colour = self.l(images[:, :1]), self.ab(images[:, 1:])
        views = [F.normalize(view.pooled.float()) for view in (lightness, colour)]
        dense = torch.cat([lightness.dense, colour.dense], 1)
        return Features(torch.cat(views, 1), dense, [])


class Logits(NamedTuple):
    """Similarities (b, 1 + negatives) of each view to the other's memory, positive first."""

    l: Tensor  # noqa: E741
    ab: Tensor


class MemoryBank(nn.Module):
    """One remembered feature a training image and view.

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
        """The rows to compare with, (b, 1 + K): the image's own, then random ones."""
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
        similarity = torch.einsum("bkd,bd->bk", F.embedding(rows, memory), features)
        return similarity / self.temperature

    @torch.no_grad()
    def _update(self, memory: Tensor, features: Tensor, rows: Tensor) -> None:
        moved = self.momentum * memory[rows] + (1 - self.momentum) * features
        memory[rows] = F.normalize(moved)


@gin.configurable(denylist=["run_selfsup", "dataset_size"])
class CMCModel(PretextModel, name="cmc"):
    """Two encoders and their memory banks.

    Args:
        nce_k: number of negatives.
        nce_t: temperature.
        nce_m: momentum.
    """

    def __init__(
        self,
        run_selfsup: bool,
        dataset_size: int,
        nce_k: int = 4096,
        nce_t: float = 0.07,
        nce_m: float = 0.5,
    ) -> None:
        super().__init__(run_selfsup, dataset_size)
        if run_selfsup:
            self.memory = MemoryBank(dataset_size, self.out_feats // 2, nce_k, nce_t, nce_m)

    def make_backbone(self) -> nn.Module:
        return TwoViewBackbone()

    def head(self, features: Features, indices: Tensor) -> Logits | None:
        # The bank knows training images only.
        if not self.training:
            return None
        lightness, colour = features.pooled.float().chunk(2, 1)
        return self.memory(lightness, colour, self.memory.draw(indices))


def contrast(logits: Tensor) -> Tensor:
    """Cross-entropy with the positive at index 0."""
    return F.cross_entropy(logits, torch.zeros(len(logits), dtype=torch.long, device=logits.device))


@gin.configurable
class CMCTask(ReadoutTask):
    """The sum of both views' contrast."""

    def pretext_loss(self, output: Output, batch: Batch) -> dict[str, Tensor]:
        if output.pretext is None:
            return {}
        lightness, colour = contrast(output.pretext.l), contrast(output.pretext.ab)
        return {"loss": lightness + colour, "loss_l": lightness, "loss_ab": colour}
