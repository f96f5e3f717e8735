"""The classes that a run tells apart, for its metrics."""

from collections.abc import Mapping

import numpy as np

from selfstudy.measures import UNKNOWN
from selfstudy.training.learners import Learner


def find_classes(learner: Learner, labels: Mapping[str, np.ndarray]) -> np.ndarray | None:
    """Find the classes (n,) that the first task tells apart; None where there are none.

    Args:
        learner: what is trained.
        labels: of all images, by task.
    """
    for task in learner.tasks[:1]:
        values = labels.get(type(task).__name__)
        if values is not None and values.ndim == 1 and values.dtype.kind == "i":
            return values
    return None


def count_classes(classes: np.ndarray) -> int:
    """Count the different ones of classes (n,), some of which may not be known."""
    return len(np.unique(classes[classes != UNKNOWN]))


def find_chance(classes: np.ndarray) -> float:
    """Find the share of the most frequent of classes (n,)."""
    return float(np.bincount(classes).max() / len(classes))
