"""What all pretext methods share: a backbone, which finetuning keeps, and all else, which goes."""

from collections.abc import Callable, Mapping
from typing import Any, ClassVar, NamedTuple, Protocol

from torch import Tensor, nn

from selfstudy.augment import View
from selfstudy.backbones.base import Backbone, Features
from selfstudy.description import Described
from selfstudy.registry import find_class


class MakeBackbone(Protocol):
    """Makes the backbone that a run asks for, or another by its name, with new weights."""

    def __call__(self, in_channels: int, name: str | None = None) -> Backbone:
        """Make it for images of so many channels."""


def keep(maps: Tensor) -> Tensor:
    """Leave every pixel where it is."""
    return maps


class Batch(NamedTuple):
    """What a method sees of b images: no labels.

    Attributes:
        views: the augmented views, each (b, 3, h, w) float32, normalised; validation has one, as
            it is.
        indices: (b,) int64, places of the images among those that train.
        known: what the method knows of the views because it made them so.
        move: does to maps (b, ..., h, w) what the method did to the places in the images.
    """

    views: tuple[Tensor, ...]
    indices: Tensor
    known: Any = None
    move: Callable[[Tensor], Tensor] = keep


class Method(Described, nn.Module):
    """How a backbone is pretrained without labels.

    `backbone` holds exactly the weights that finetuning starts from. A subclass makes its heads in
    its constructor, and gives `forward` and `loss`.

    Args:
        backbone: what to pretrain.

    Attributes:
        views: what may happen to each view of an image that the method wants.
        share_flip: all views of an image are flipped alike.
        least_batch: fewest images of a batch of which there is something to learn.
    """

    handed = ("backbone", "images")
    views: ClassVar[tuple[View, ...]] = (View(),)
    share_flip: ClassVar[bool] = False
    least_batch: ClassVar[int] = 1

    def __init__(self, backbone: Backbone) -> None:
        super().__init__()
        self.backbone = backbone

    @classmethod
    def make_backbone(cls, make: MakeBackbone) -> Backbone:
        """Make the backbone that this method pretrains.

        Args:
            make: makes the one that is asked for, or another.
        """
        return make(3)

    def prepare(self, batch: Batch) -> Batch:
        """Change a batch before the backbone sees it, in training and in validation."""
        return batch

    def forward(self, batch: Batch) -> tuple[Features, Any]:
        """Compute what the loss needs; this may run in bfloat16.

        Returns:
            The features of each image's first view, and what `loss` needs: None where the batch
            has none, such as in validation, of which there is one view.
        """
        raise NotImplementedError

    def loss(self, output: Any, batch: Batch) -> Mapping[str, Tensor]:
        """Compute the loss, in float32, from what `forward` gave.

        Returns:
            Scalars: `loss`, which is minimised, and what else to report.
        """
        raise NotImplementedError

    def after_step(self, progress: float) -> None:
        """Follow a step of the optimiser: move a teacher, set a momentum or a temperature.

        What it changes must be parameters or buffers, which checkpoints hold.

        Args:
            progress: the share of the training that is done, from 0, before the first step, to 1.
        """


def find_method(name: str, key: str = "method") -> type[Method]:
    """Find a method by the name of its module.

    Raises:
        ConfigurationError: there is none; it names the `key` that it was asked for by.
    """
    return find_class("methods", Method, name, key)
