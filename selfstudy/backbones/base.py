"""What all backbones share, and the table in which they are found by name."""

from collections.abc import Callable
from functools import partial
from typing import Any, ClassVar, NamedTuple, Self

import torch
from torch import Tensor, nn

from selfstudy.data.inputs import Input, make_adapter
from selfstudy.data.spaces import STATISTICS
from selfstudy.description import Described
from selfstudy.errors import ConfigurationError, find_known


class Features(NamedTuple):
    """What a backbone makes of a batch of b images.

    Attributes:
        pooled: (b, features).
        dense: (b, features, height, width).
        blocks: the output of the stem and of every block, first to last.
    """

    pooled: Tensor
    dense: Tensor
    blocks: list[Tensor]

    def detach(self) -> Self:
        """Give what tasks read, through which no gradient passes."""
        return type(self)(self.pooled.detach(), self.dense.detach(), [])


# How each backbone is made, by its name, and those of a family, by what their names begin with.
BACKBONES: dict[str, Callable[..., "Backbone"]] = {}
FAMILIES: dict[str, type["Backbone"]] = {}


class Backbone(Described, nn.Module):
    """A network that turns images (b, in_channels, height, width) into `Features`.

    A subclass is found by its `name`; one of several architectures takes that as its first
    argument, `choice`: one of its `choices`, or any that begins with its `family`. It gives
    `extract`; calling it converts images first, where that is needed.

    Attributes:
        name: by which `make_backbone` finds it.
        out_feats: size of the features.
        local_blocks: the places in `blocks` of the 7×7 and the 5×5 map that AMDIM compares; None
            where there are none.
        block_channels: channels of these two maps.
        patches: how many patches of an image can be hidden, by `encode_patches(images, kept)`, and
            how many numbers one has; None: none can.
        has_dense: its dense features differ from place to place; if not, they are the pooled ones.
        space: the colour space that it is made for; None: any.
        resolution: of the images that it takes, in pixels; None: any.
        input: the images that its weights expect; None: as those of the first training.
        adapter: converts other images to these.
    """

    handed = ("choice", "in_channels")
    space: ClassVar[str | None] = None
    resolution: int | None = None
    name: str
    out_feats: int
    local_blocks: tuple[int, int] | None = None
    block_channels: tuple[int, int] | None = None
    patches: tuple[int, int] | None = None
    has_dense: bool = True

    def __init_subclass__(
        cls, name: str = "", choices: tuple[str, ...] = (), family: str = ""
    ) -> None:
        super().__init_subclass__()
        if family:
            FAMILIES[family] = cls
        if name:
            cls.name = name
            BACKBONES[name] = cls
        for choice in choices:
            BACKBONES[choice] = partial(cls, choice)

    def __init__(self) -> None:
        super().__init__()
        self.input: Input | None = None
        self.adapter: nn.Module = nn.Identity()

    def forward(self, images: Tensor) -> Features:
        """Convert images to what the weights expect, and extract their features."""
        # The layout in which convolutions in bfloat16 are fast, on GPUs and CPUs alike.
        return self.extract(self.adapter(images).contiguous(memory_format=torch.channels_last))

    def accept(self, images: Input | None, resolution: int | None = None) -> None:
        """Accept images that are prepared in some way, and convert them if need be.

        New weights expect the images of their first training, in the backbone's `space`.

        Args:
            images: how they are prepared; None: nobody knows.
            resolution: of the images, in pixels.

        Raises:
            ConfigurationError: the weights expect others, and nobody knows what these are; or the
                backbone takes images of another size.
        """
        if resolution is not None and self.resolution not in (None, resolution):
            raise ConfigurationError(
                f"{self.name}: it takes images of {self.resolution} x {self.resolution} pixels: "
                f"the dataset's are {resolution} x {resolution}"
            )
        if self.input is None:
            other = images is not None and self.space not in (None, images.space)
            self.input = Input(self.space, *STATISTICS["rendered"][self.space]) if other else images
        elif images is None:
            raise ConfigurationError(
                f"{self.name}: its weights expect images in {self.input.space}, and the dataset "
                f"does not say how its own are prepared: prepare it anew"
            )
        self.adapter = make_adapter(images, self.input)

    def extract(self, images: Tensor) -> Features:
        """Extract the features of images as the weights expect them."""
        raise NotImplementedError

    def describe(self) -> dict[str, Any]:
        """Describe it by its `name` and `arguments`, from which `make_described` makes its like."""
        given = {
            key: value.describe() if isinstance(value, Backbone) else value
            for key, value in self.arguments.items()
            if key != "choice"
        }
        return {"name": self.name, "arguments": given}


def make_backbone(name: str, **arguments: object) -> Backbone:
    """Make the backbone `name` with new weights.

    Args:
        name: such as "resnet9" or "timm/resnet18".
        **arguments: of its class, such as `width` of `ResNet`.

    Raises:
        ConfigurationError: there is none of that name.
    """
    return find_backbone(name)(**arguments)


def find_backbone(name: str, key: str = "backbone") -> Callable[..., Backbone]:
    """Find what makes the backbone `name`.

    Raises:
        ConfigurationError: there is none of that name; it names the `key` that it was asked for by.
    """
    import selfstudy.backbones  # noqa: F401  each module enters its own

    for family, cls in FAMILIES.items():
        if name.startswith(family):
            return partial(cls, name)
    return find_known(name, BACKBONES, key)


def make_described(description: dict[str, Any]) -> Backbone:
    """Make the backbone that `Backbone.describe` described, with new weights."""
    given = {
        key: make_described(value) if is_description(value) else value
        for key, value in description["arguments"].items()
    }
    return make_backbone(description["name"], **given)


def is_description(value: object) -> bool:
    """Whether a value may be what `Backbone.describe` gave."""
    return isinstance(value, dict) and isinstance(value.get("arguments"), dict) and "name" in value
