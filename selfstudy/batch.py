"""What goes into a training step and what comes out of the network."""

from typing import Any, NamedTuple

from torch import Tensor


class Batch(NamedTuple):
    images: Tensor  # (b, 3, h, w) float32, normalised; (b, 2, 3, h, w) for two views
    # (b, t) int64: the object's class, then its pose where it is known; or dense, (b, 3, h, w)
    # uint8: instance id, semantic id and depth of each pixel.
    targets: Tensor
    indices: Tensor  # (b,) int64: position among the training images
    pretext_targets: Tensor | None = None  # labels that a pretext method made up

    @property
    def dense(self) -> bool:
        return self.targets.dim() == 4


class Output(NamedTuple):
    fc: list[Tensor]  # (b, classes) of the linear readout, one a target; dense (b, classes, h, w)
    mlp: list[Tensor]  # the same of the readout with a hidden layer
    pretext: Any  # what the pretext method's loss needs; None where there is none
    features: Tensor  # (b, features), pooled; dense (b, features, h, w)
