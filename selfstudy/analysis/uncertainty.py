"""How sure accuracies and utilities are, given a few seeds (docs/statistics.md).

Outcomes and claims carry uncertainty on by draws: curves as they might have come out with other
seeds, their spread taken to be the same for all methods at a budget.
"""

from typing import NamedTuple

import numpy as np
import pandas as pd

from selfstudy.analysis import CURVE
from selfstudy.analysis.intervals import estimate_accuracy_intervals, estimate_utility_intervals
from selfstudy.analysis.runs import average_accuracy, leave_out_collapsed
from selfstudy.analysis.spread import LEVEL
from selfstudy.analysis.utility import PLACE, measure_utility

DRAWS = 2000


class Curve(NamedTuple):
    """Accuracy against labels.

    Attributes:
        labels: budgets (k,), rising.
        mean: accuracy over seeds (k,).
        draws: of the mean (DRAWS, k); not numbers where the spread is not known.
    """

    labels: np.ndarray
    mean: np.ndarray
    draws: np.ndarray


def bootstrap_curves(runs: pd.DataFrame) -> dict[tuple[str, ...], Curve]:
    """Draw the curves as they might have come out with other seeds.

    Args:
        runs: the table of `selfstudy.analysis.runs.collect_runs`.

    Returns:
        The curve of each dataset, backbone, task and pretext method.
    """
    rng, found = np.random.default_rng(0), {}
    for place, group in runs.groupby(PLACE, sort=False):
        accuracy = group.groupby(["pretext", "labels"])["accuracy"]
        cells, cell = accuracy.mean().reset_index(), accuracy.ngroup().to_numpy()
        draws = bootstrap_means(
            group["accuracy"].to_numpy(float), cell, cells["labels"].to_numpy(), rng
        )
        for pretext in group["pretext"].unique():
            own = cells["pretext"] == pretext
            labels, mean = cells.loc[own, "labels"], cells.loc[own, "accuracy"]
            found[(*place, pretext)] = Curve(labels.to_numpy(), mean.to_numpy(), draws[:, own])
    return found


def bootstrap_means(
    accuracy: np.ndarray, cell: np.ndarray, labels: np.ndarray, rng: np.random.Generator
) -> np.ndarray:
    """Draw the mean accuracy of each of c cells, a cell being a method and budget.

    A studentised bootstrap. Methods share the variance at a budget, and budgets the shape of the
    distribution: three seeds alone say little about either. Residuals are drawn for all seeds anew,
    and each mean is shifted by its t among them. Accuracy stays within 0 and 1.

    Args:
        accuracy: of all runs (r,) of a dataset, backbone and task.
        cell: the cell of each (r,), counted from 0.
        labels: the budget of each cell (c,).
        rng: that the draws are of.

    Returns:
        The draws (DRAWS, c).
    """
    member = np.eye(len(labels))[cell]  # (r, c)
    count, pooled = member.sum(0), (labels[:, None] == labels).astype(float)
    freedom = (count - 1) @ pooled

    def moments(values: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Of values (..., r): means, residuals and pooled variances of their cells."""
        mean = values @ member / count
        residual = values - mean[..., cell]
        return mean, residual, residual**2 @ member @ pooled / freedom

    with np.errstate(divide="ignore", invalid="ignore"):
        mean, residual, variance = moments(accuracy)
        # The spread of residuals, which is less than that of deviations from the true mean.
        scale = np.sqrt(variance * (1 - 1 / count))[cell]
        pool = (residual / scale)[scale > 0]
        noise = rng.choice(pool if len(pool) else np.zeros(1), (DRAWS, len(accuracy)))
        shift, _, spread = moments(noise)
        t = np.nan_to_num(shift / np.sqrt(spread))  # by far too large where all drawn are equal
    return np.clip(mean - t * np.sqrt(variance), 0, 1)


def find_interval(draws: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Find both ends (...) of the middle 95 % of draws (d, ...); not numbers if a draw is none."""
    tail = 100 * (1 - LEVEL) / 2
    return tuple(np.percentile(draws, [tail, 100 - tail], axis=0, method="nearest"))


def estimate_accuracy(runs: pd.DataFrame) -> pd.DataFrame:
    """Give the table of `average_accuracy`, with `low` and `high`."""
    sound = leave_out_collapsed(runs)
    return average_accuracy(sound).merge(estimate_accuracy_intervals(sound), "left")


def estimate_utility(runs: pd.DataFrame, interpolation: str = CURVE) -> pd.DataFrame:
    """Give the table of `measure_utility`, with `low` and `high`."""
    sound = leave_out_collapsed(runs)
    intervals = estimate_utility_intervals(sound, interpolation)
    return measure_utility(sound, interpolation).merge(intervals, "left")
