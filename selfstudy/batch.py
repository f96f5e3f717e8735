"""What goes into a training step and what comes out of the network."""

from typing import Any, NamedTuple

from torch import Tensor


class Batch(NamedTuple):
    images: Tensor  # (b, 3, h, w) float32, normalised; (b, 2, 3, h, w) for two views
    targets: Tensor  # (b, t) int64: the object's class, then its pose where it is known
    indices: Tensor  # (b,) int64: position among the training images
    pretext_targets: Tensor | None = None  # labels that a pretext method made up


class Output(NamedTuple):
    fc: list[Tensor]  # (b, classes) of the linear readout, one a target
    mlp: list[Tensor]  # (b, classes) of the readout with a hidden layer, one a target
    pretext: Any  # what the pretext method's loss needs; None where there is none
    features: Tensor  # (b, features), pooled
