"""What all backbones share, and the table in which `init_resnet.choice` finds them."""

from collections.abc import Callable
from typing import NamedTuple

from torch import Tensor, nn


class Features(NamedTuple):
    """What a backbone makes of a batch of b images."""

    pooled: Tensor  # (b, features)
    dense: Tensor  # (b, features, height, width)
    blocks: list[Tensor]  # the output of the stem and of every block, first to last


# How to make the backbone of each name from the number of the images' channels.
BACKBONES: dict[str, Callable[[int], nn.Module]] = {}


class Backbone(nn.Module):
    """A network that turns images (b, in_channels, height, width) into `Features`.

    A subclass is chosen by its `name` and made with `in_channels` alone; whatever else it takes
    comes from its bindings.

    Attributes:
        out_feats: size of the features.
        local_blocks: of AMDIM's two local maps, the 7×7 and the 5×5 one, the places in `blocks`.
        block_channels: channels of these two maps. Without AMDIM, neither is needed.
    """

    out_feats: int
    local_blocks: tuple[int, int]
    block_channels: tuple[int, int]

    def __init_subclass__(cls, name: str) -> None:
        super().__init_subclass__()
        BACKBONES[name] = cls

    def forward(self, images: Tensor) -> Features:
        raise NotImplementedError
