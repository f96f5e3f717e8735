"""Augmented multiscale deep InfoMax: match the parts of two views (Bachman et al., 2019)."""

from typing import NamedTuple

import torch
from torch import Tensor, nn

from selfstudy.augment import View
from selfstudy.backbones.base import Backbone, Features
from selfstudy.description import Positive
from selfstudy.errors import ConfigurationError
from selfstudy.methods.base import Batch, Method

REGULARISATION = 5e-2  # weight of the mean squared score


class Places(NamedTuple):
    """Local features of b images.

    Attributes:
        values: (b, features, p).
        weights: (places, p), that average these into the places that are compared; None: they are.
    """

    values: Tensor
    weights: Tensor | None = None

    @property
    def number(self) -> int:
        """How many places are compared."""
        return self.values.shape[2] if self.weights is None else len(self.weights)


class Parts(NamedTuple):
    """Features of one view of b images.

    Attributes:
        pooled: (b, features).
        five: of 5×5 places.
        seven: of 7×7 places.
    """

    pooled: Tensor
    five: Places
    seven: Places


def nce(
    source: Tensor, target: Tensor, tclip: float, weights: Tensor | None = None
) -> tuple[Tensor, Tensor]:
    """Compute the noise-contrastive loss of matching each source to every place of its own target.

    Args:
        source: (b, features).
        target: (b, features, p); the other images' places are the negatives.
        tclip: scores are softly clipped to ±tclip.
        weights: (places, p), that average the target into its places; None: p are these.

    Returns:
        The loss and the penalty on large scores (AMDIM, equations 4 to 6).
    """
    count, features, _ = target.shape
    every = target.transpose(1, 2).reshape(-1, features).float()
    scores = (source.float() / features**0.5) @ every.T  # one matrix product
    scores = scores.view(count, count, -1)
    if weights is not None:  # the product with an average is the average of products
        scores = scores @ weights.T
    penalty = REGULARISATION * scores.square().mean()
    scores = tclip * torch.tanh(scores / tclip)
    positive = scores.diagonal()  # (places, b)
    others = scores.diagonal_scatter(torch.full_like(positive, -torch.inf))
    negative = others.flatten(1).logsumexp(1)
    loss = torch.logaddexp(positive, negative) - positive
    return loss.mean(), penalty


def divide(maps: Tensor, size: int) -> Places:
    """Divide (b, features, h, w) into size × size places, means of what adaptive pooling averages.

    They are matrix products, whose gradients take a processor far less time than the pooling's, and
    computed now where that leaves fewer numbers.
    """
    height, width = maps.shape[-2:]
    if height == width == size:
        return Places(maps.flatten(2))
    weights = torch.kron(*(weigh_places(length, size, maps.device) for length in (height, width)))
    if height * width <= size**2:
        return Places(maps.flatten(2), weights)
    return Places((weights @ maps.permute(0, 2, 3, 1).flatten(1, 2)).transpose(1, 2))


def split(parts: Tensor) -> tuple[Tensor, ...]:
    """Split parts (2 * b, ...) of two views that are neighbours into (b, ...) of each."""
    # Unbound, for the gradient of each slice would be as large as both.
    return parts.unflatten(0, (-1, 2)).unbind(1)


def weigh_places(length: int, size: int, device: torch.device) -> Tensor:
    """Weigh the places of a line in the mean of each of its regions: (size, length)."""
    regions = torch.arange(size, device=device)[:, None]
    first, end = regions * length // size, ((regions + 1) * length + size - 1) // size
    places = torch.arange(length, device=device)
    return ((places >= first) & (places < end)) / (end - first)


def pick_place(places: Places) -> Tensor:
    """Pick the features (b, features) of one random place of each image."""
    values, weights = places
    chosen = torch.randint(places.number, (len(values),), device=values.device)
    if weights is None:
        return values[torch.arange(len(values), device=values.device), :, chosen]
    return (values.float() @ weights[chosen][:, :, None])[..., 0]


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

    def __init__(self, backbone: Backbone, tclip: Positive = 10) -> None:
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
        places = divide(self.project_five(five), 5), divide(self.project_seven(seven), 7)
        local = ([Places(part, each.weights) for part in split(each.values)] for each in places)
        first, second = map(Parts, split(features.pooled), *local)
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
                loss, large = nce(source, target.values, self.tclip, target.weights)
                losses[key] = losses.get(key, 0) + 0.5 * loss
                penalty = penalty + 0.5 * large
        return {"loss": sum(losses.values()) + penalty, **losses, "loss_penalty": penalty}
