"""How numbers of labels and accuracies are said: as exactly as they are known."""

import numpy as np

from selfstudy.analysis import SCRATCH
from selfstudy.analysis.figures.style import title_start
from selfstudy.analysis.learning_curve import FARTHEST
from selfstudy.analysis.needs import Estimate, Fit


def say_start(name: str) -> str:
    """Say a start's name within a sentence or a table."""
    return SCRATCH if name == SCRATCH else title_start(name)


def say_labels(labels: float) -> str:
    """Say a number of labels with two digits that count, such as 1,300."""
    return f"{float(f'{labels:.2g}'):,.0f}"


def say_accuracy(accuracy: float) -> str:
    """Say an accuracy, such as 73 %."""
    return f"{100 * accuracy:.3g} %"


def say_value(found: Estimate, fit: Fit) -> str:
    """Say an estimate of labels on a curve: outside of it, only that."""
    if np.isinf(found.low):
        return f"more than {say_labels(FARTHEST * fit.labels[-1])}"
    if np.isinf(found.value) or not found.is_known:
        return "not known"
    return say_labels(found.value) if found.value > 0 else f"fewer than {say_labels(fit.labels[0])}"


def say_ends(found: Estimate, fit: Fit) -> str:
    """Say an interval of labels on a curve; an end that lies outside of it is not known."""
    if not found.is_known:
        return "not known"
    if np.isinf(found.low):
        return say_value(found, fit)
    low = say_labels(found.low) if found.low > 0 else f"fewer than {say_labels(fit.labels[0])}"
    if found.high == 0:
        return low
    return f"{low} to {say_labels(found.high)}" if np.isfinite(found.high) else f"{low} or more"
