"""Augmented multiscale deep InfoMax: match the parts of two views (Bachman et al., 2019)."""

from typing import NamedTuple

import gin
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from selfstudy.backbones.base import Features
from selfstudy.batch import Batch, Output
from selfstudy.methods.base import PretextModel
from selfstudy.tasks.readouts import ReadoutTask

REGULARISATION = 5e-2  # weight of the mean squared score


class View(NamedTuple):
    """One augmented copy of b images."""

    pooled: Tensor  # (b, features)
    five: Tensor  # (b, features, 5, 5)
    seven: Tensor  # (b, features, 7, 7)


@gin.configurable(denylist=["run_selfsup", "dataset_size"])
class AMDIMModel(PretextModel, name="amdim"):
    """A backbone with projections of two of its maps."""

    two_views = True

    def __init__(self, run_selfsup: bool, dataset_size: int) -> None:
        super().__init__(run_selfsup, dataset_size)
        if run_selfsup:
            seven, five = self.backbone.block_channels
            self.project_seven = self.projection(seven)
            self.project_five = self.projection(five)

    def projection(self, channels: int) -> nn.Module:
        """From a map (b, channels, h, w) to local features (b, features, h, w)."""
        return nn.Conv2d(channels, self.out_feats, 1)

    def head(self, features: Features, indices: Tensor) -> tuple[View, View]:
        seven, five = (features.blocks[index] for index in self.backbone.local_blocks)
        parts = (
            features.pooled,
            F.adaptive_avg_pool2d(self.project_five(five), 5),
            F.adaptive_avg_pool2d(self.project_seven(seven), 7),
        )
        return View(*(part[::2] for part in parts)), View(*(part[1::2] for part in parts))


def nce(source: Tensor, target: Tensor, tclip: float) -> tuple[Tensor, Tensor]:
    """Noise-contrastive loss of matching each source to every place of its own target.

    Args:
        source: (b, features).
        target: (b, features, places); the other images' places are the negatives.
        tclip: scores are softly clipped to ±tclip.

    Returns:
        The loss and the penalty on large scores (AMDIM, equations 4 to 6).
    """
    scores = torch.einsum("ic,jcp->ijp", source.float(), target.float()) / source.shape[1] ** 0.5
    penalty = REGULARISATION * (scores**2).mean()
    scores = tclip * torch.tanh(scores / tclip)
    same = torch.eye(len(source), dtype=torch.bool, device=source.device)
    positive = scores[same]  # (b, places)
    negative = scores.masked_fill(same[:, :, None], -torch.inf).flatten(1).logsumexp(1)
    loss = torch.logaddexp(positive, negative[:, None]) - positive
    return loss.mean(), penalty


def random_place(maps: Tensor) -> Tensor:
    """One random location (b, features) of each of (b, features, h, w)."""
    places = maps.flatten(2)
    chosen = torch.randint(places.shape[2], (len(maps),), device=maps.device)
    return places[torch.arange(len(maps), device=maps.device), :, chosen]


@gin.configurable
class AMDIMTask(ReadoutTask):
    """Global to 5×5, global to 7×7 and one place to 5×5, each view predicting the other."""

    def __init__(self, tclip: float = 10) -> None:
        self.tclip = tclip

    def pretext_loss(self, output: Output, batch: Batch) -> dict[str, Tensor]:
        if output.pretext is None:
            return {}
        first, second = output.pretext
        losses: dict[str, Tensor] = {}
        penalty = torch.zeros((), device=batch.images.device)
        for one, other in ((first, second), (second, first)):
            pairs = {
                "loss_1t5": (one.pooled, other.five),
                "loss_1t7": (one.pooled, other.seven),
                "loss_5t5": (random_place(one.five), other.five),
            }
            for key, (source, target) in pairs.items():
                loss, large = nce(source, target.flatten(2), self.tclip)
                losses[key] = losses.get(key, 0) + 0.5 * loss
                penalty = penalty + 0.5 * large
        return {"loss": sum(losses.values()) + penalty, **losses, "loss_penalty": penalty}
