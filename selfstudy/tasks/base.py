"""What all tasks share: a head on features, labels, a loss and metrics."""

from collections.abc import Mapping
from typing import ClassVar, NamedTuple, Protocol

import numpy as np
from torch import Tensor, nn

from selfstudy.backbones.base import Features
from selfstudy.description import Described
from selfstudy.errors import UnlabelledError
from selfstudy.registry import find_class


class Labels(NamedTuple):
    """What a task learns of a dataset.

    Attributes:
        values: of each image, (n, ...); None where they are read for every pixel.
        outputs: how many numbers the head predicts, such as the number of classes.
    """

    values: np.ndarray | None
    outputs: int


class LabelSource(Protocol):
    """What a task may read its labels from: a dataset.

    Attributes:
        path: of its file, for messages.
        targets: the class of each image, int64 (n,); zeros where `dense`.
        classes: number of classes.
        dense: there is a target for every pixel.
    """

    path: object
    targets: np.ndarray
    classes: int
    dense: bool

    def read_field(self, name: str) -> np.ndarray:
        """Read what is stored of all images under a name: (n, ...)."""

    def has_field(self, name: str) -> bool:
        """Whether something is stored under a name."""


class Task(Described, nn.Module):
    """A head, what it learns, and how well.

    Finetuning trains it with the backbone; as a probe it reads features that are detached, and
    watches them. A subclass gives `read_labels` and `evaluate`.

    Args:
        features: size of the features.
        outputs: of the head.
        hidden: the head has a hidden layer.

    Attributes:
        dense: it predicts something for every place of the dense features.
        measures: names of what `measure` gives.
    """

    handed = ("features", "outputs", "hidden")
    dense: ClassVar[bool] = False
    measures: ClassVar[tuple[str, ...]] = ()

    def __init__(self, features: int, outputs: int, hidden: bool = False) -> None:
        super().__init__()
        self.head = make_mlp(features, outputs) if hidden else nn.Linear(features, outputs)

    @classmethod
    def read_labels(cls, source: LabelSource) -> Labels:
        """Read the labels of all images.

        Raises:
            UnlabelledError: the dataset has not what the task is to learn.
        """
        raise NotImplementedError

    def forward(self, features: Features) -> Tensor:
        """Predict (b, outputs) from pooled features; a dense task (b, outputs, h, w)."""
        if not self.dense:
            return self.head(features.pooled)
        count, _, height, width = features.dense.shape
        places = self.head(features.dense.permute(0, 2, 3, 1).flatten(0, 2))
        return places.view(count, height, width, -1).permute(0, 3, 1, 2)

    def evaluate(self, predictions: Tensor, labels: Tensor) -> dict[str, Tensor]:
        """Compare predictions with labels.

        Args:
            predictions: float32, as `forward` gives them.
            labels: those of the batch, (b, ...), classes among which may be `UNKNOWN`, which count
                for nothing; of a dense task all dense targets (b, 3, h, w) uint8: instance id,
                semantic id and depth.

        Returns:
            Scalars: `loss`, which is minimised, `accuracy`, from which utility is read, and others.
        """
        raise NotImplementedError

    def summarise(self, means: Mapping[str, Tensor]) -> dict[str, float]:
        """Turn the metrics' means over a pass into what is reported."""
        return {name: mean.item() for name, mean in means.items()}

    def measure(self, predictions: Tensor, labels: Tensor) -> dict[str, float]:
        """Measure what is no mean over batches, of all n images of a pass over held-out ones.

        Args:
            predictions: float32 (n, ...), as `forward` gives them.
            labels: (n, ...).

        Returns:
            Numbers by the names in `measures`.
        """
        return {}


def make_mlp(features: int, outputs: int) -> nn.Sequential:
    """Make a head with a hidden layer (study, "Pretext methods")."""
    return nn.Sequential(
        nn.Linear(features, features, bias=False),
        nn.BatchNorm1d(features),
        nn.ReLU(inplace=True),
        nn.Linear(features, outputs),
    )


def require_dense(source: LabelSource, task: type[Task], wanted: bool) -> None:
    """Require that a dataset has a target for every pixel, or one per image.

    Raises:
        UnlabelledError: it has not.
    """
    if source.dense == wanted:
        return
    there, needed = "one target per image", "one for every pixel"
    if not wanted:
        there, needed = "a target for every pixel", "one per image"
    raise UnlabelledError(f"{source.path}: {there}: {task.__name__} needs {needed}")


def share_correct(logits: Tensor, labels: Tensor) -> Tensor:
    """Compute the share of (b, classes, ...) whose largest entry is at the label (b, ...)."""
    return (logits.argmax(1) == labels).double().mean()


def find_task(name: str, key: str = "task") -> type[Task]:
    """Find a task by the name of its module.

    Raises:
        ConfigurationError: there is none; it names the `key` that it was asked for by.
    """
    return find_class("tasks", Task, name, key)
