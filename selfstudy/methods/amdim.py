"""Augmented multiscale deep InfoMax: match the parts of two views (Bachman et al., 2019)."""

from typing import NamedTuple

import torch
from torch import Tensor, nn

from selfstudy.augment import View
from selfstudy.backbones.base import Backbone, Features
from selfstudy.errors import ConfigurationError
from selfstudy.methods.base import Batch, Method

REGULARISATION = 5e-2  # weight of the mean squared score


class Parts(NamedTuple):
    """Features of one view of b images.

    Attributes:
        pooled: (b, features).
        five: (b, features, 5, 5).
        seven: (b, features, 7, 7).
    """

    pooled: Tensor
    five: Tensor
    seven: Tensor


def nce(source: Tensor, target: Tensor, tclip: float) -> tuple[Tensor, Tensor]:
    """Compute the noise-contrastive loss of matching each source to every place of its own target.

    Args:
        source: (b, features).
        target: (b, features, places); the other images' places are the negatives.
        tclip: scores are softly clipped to ±tclip.

    Returns:
        The loss and the penalty on large scores (AMDIM, equations 4 to 6).
    """
    count, features, places = target.shape
    every = target.transpose(1, 2).reshape(-1, features).float()
    scores = (source.float() / features**0.5) @ every.T  # (b, b * places), one matrix product
    penalty = REGULARISATION * scores.square().mean()
    scores = (tclip * torch.tanh(scores / tclip)).view(count, count, places)
    positive = scores.diagonal()  # (places, b)
    others = scores.diagonal_scatter(torch.full_like(positive, -torch.inf))
    negative = others.flatten(1).logsumexp(1)
    loss = torch.logaddexp(positive, negative) - positive
    return loss.mean(), penalty


def average_regions(maps: Tensor, size: int) -> Tensor:
    """Average (b, features, h, w) into (b, features, size, size), as adaptive pooling does.

    It is a matrix product, whose gradient takes a processor far less time than the pooling's.
    """
    height, width = maps.shape[-2:]
    if height == width == size:
        return maps
    weights = torch.kron(*(weigh_places(length, size, maps.device) for length in (height, width)))
    averages = weights @ maps.permute(0, 2, 3, 1).flatten(1, 2)
    return averages.unflatten(1, (size, size)).permute(0, 3, 1, 2)


def weigh_places(length: int, size: int, device: torch.device) -> Tensor:
    """Weigh the places of a line in the mean of each of its regions: (size, length)."""
    regions = torch.arange(size, device=device)[:, None]
    first, end = regions * length // size, ((regions + 1) * length + size - 1) // size
    places = torch.arange(length, device=device)
    return ((places >= first) & (places < end)) / (end - first)


def pick_place(maps: Tensor) -> Tensor:
    """Pick one random location (b, features) of each of (b, features, h, w)."""
    places = maps.flatten(2)
    chosen = torch.randint(places.shape[2], (len(maps),), device=maps.device)
    return places[torch.arange(len(maps), device=maps.device), :, chosen]


class AMDIM(Method):
    """Global to 5×5, global to 7×7 and one place to 5×5, each view predicting the other.

    Args:
        backbone: what to pretrain; it needs local maps.
        tclip: scores are softly clipped to ±tclip.

    Raises:
        ConfigurationError: the backbone has no local maps.
    """

    views = (View(), View())
    share_flip = True
    least_batch = 2  # whose negatives are the other images' places

    def __init__(self, backbone: Backbone, tclip: float = 10) -> None:
        super().__init__(backbone)
        if backbone.local_blocks is None or backbone.block_channels is None:
            raise ConfigurationError(
                f"{type(self).__name__}: backbone {backbone.name!r} has no local maps to compare: "
                f"expected one with local_blocks and block_channels, such as resnet9"
            )
        self.tclip = tclip
        seven, five = backbone.block_channels
        self.project_seven = self.make_projection(seven)
        self.project_five = self.make_projection(five)

    def make_projection(self, channels: int) -> nn.Module:
        """Make what turns a map (b, channels, h, w) into local features (b, features, h, w)."""
        return nn.Conv2d(channels, self.backbone.out_feats, 1)

    def forward(self, batch: Batch) -> tuple[Features, tuple[Parts, Parts] | None]:
        """Compute the parts of both views; of a single one there is nothing to match."""
        if len(batch.views) < 2:
            return self.backbone(batch.views[0]), None
        # The two views of an image are neighbours.
        features = self.backbone(torch.stack(batch.views, 1).flatten(0, 1))
        seven, five = (features.blocks[place] for place in self.backbone.local_blocks)
        parts = (
            features.pooled,
            average_regions(self.project_five(five), 5),
            average_regions(self.project_seven(seven), 7),
        )
        # Unbound, for the gradient of each slice would be as large as both.
        first, second = map(Parts, *(part.unflatten(0, (-1, 2)).unbind(1) for part in parts))
        return Features(features.pooled[::2], features.dense[::2], []), (first, second)

    def loss(self, output: tuple[Parts, Parts], batch: Batch) -> dict[str, Tensor]:
        """Match each view's parts with the other's."""
        first, second = output
        losses: dict[str, Tensor] = {}
        penalty = torch.zeros((), device=first.pooled.device)
        for one, other in ((first, second), (second, first)):
            pairs = {
                "loss_1t5": (one.pooled, other.five),
                "loss_1t7": (one.pooled, other.seven),
                "loss_5t5": (pick_place(one.five), other.five),
            }
            for key, (source, target) in pairs.items():
                loss, large = nce(source, target.flatten(2), self.tclip)
                losses[key] = losses.get(key, 0) + 0.5 * loss
                penalty = penalty + 0.5 * large
        return {"loss": sum(losses.values()) + penalty, **losses, "loss_penalty": penalty}
