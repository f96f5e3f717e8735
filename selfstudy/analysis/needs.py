"""What is known of each start's learning curve, from the runs of a dataset, backbone and task."""

from typing import NamedTuple

import numpy as np
import pandas as pd

from selfstudy.analysis import SCRATCH
from selfstudy.analysis.intervals import Points, arrange_runs
from selfstudy.analysis.learning_curve import (
    FEWEST_BUDGETS,
    LearningCurve,
    UnfittedError,
    fit_learning_curve,
)
from selfstudy.analysis.spread import (
    LEVEL,
    average_networks,
    correlate,
    estimate_spread,
    find_margin,
)

UNTRUE = 0.005  # by how much a true curve may differ from the closest form, in accuracy


class Estimate(NamedTuple):
    """The middle of draws, and the ends of an interval."""

    value: float
    low: float
    high: float

    @property
    def is_known(self) -> bool:
        """Whether the interval has an end on a curve, and so says something."""
        return self.low > 0 or np.isfinite(self.high)

    def is_below(self, other: "Estimate") -> bool:
        """Tell whether this is surely less than another."""
        return self.high < other.low


class Fit(NamedTuple):
    """What is known of a start's learning curve.

    Attributes:
        labels: budgets that there are runs of (k,).
        mean: accuracies at these (k,).
        margin: by how much they may differ from the truth, at 95 %; not numbers if unknown (k,).
        seeds: how many each is the mean of (k,).
        covariance: of the means (k, k).
        freedom: the degrees of freedom that this is known with.
        curve: none if none can be fitted.
        why: none can.
    """

    labels: np.ndarray
    mean: np.ndarray
    margin: np.ndarray
    seeds: np.ndarray
    covariance: np.ndarray
    freedom: float
    curve: LearningCurve | None = None
    why: str = ""


def fit_starts(runs: pd.DataFrame) -> dict[str, Fit]:
    """Fit a learning curve to the points of each start, scratch among them.

    Args:
        runs: of one dataset, backbone and task, as of `selfstudy.analysis.runs.collect_runs`.
    """
    fits = {}
    if runs.empty:  # none has converged
        return fits
    for points in arrange_runs(runs).split(SCRATCH):
        if len(points.methods):
            fits |= fit_points(points)
    return {name: fits[name] for name in runs["pretext"].unique() if name in fits}


def fit_points(points: Points) -> dict[str, Fit]:
    """Fit a learning curve to each method's points; one with no run that works is left out."""
    draws, weight = average_networks(points.accuracy, points.network)
    variance, freedom = estimate_spread(draws, points.labels)
    margin = find_margin(variance * weight, freedom)
    fits = {}
    for index, name in enumerate(map(str, points.methods)):
        own = np.isfinite(points.mean[index])
        if not own.any():
            continue
        alike, number = correlate_budgets(draws, variance, index)
        errors = np.sqrt((variance * weight)[index, own])
        # What budgets share is added to what each has of its own: it may be more than it seems.
        covariance = np.outer(errors, errors) * (np.eye(len(errors)) + alike)
        covariance += UNTRUE**2 * np.eye(len(errors))
        known = freedom[index, own].min()
        total = 1 / (alike**2 / number + (1 - alike) ** 2 / known) if number and known else 0.0
        fit = Fit(
            points.labels[own].astype(float),
            points.mean[index, own],
            margin[index, own],
            np.isfinite(points.accuracy[index][:, own]).sum(0),
            covariance,
            total,
        )
        fits[name] = fit_curve(fit)
    return fits


def correlate_budgets(draws: np.ndarray, variance: np.ndarray, index: int) -> tuple[float, int]:
    """Find how alike a method's errors are at different budgets, and with what freedom.

    A pretrained network shifts all of its budgets alike, and so does a label subset that others
    contain. A method's are taken to be as much alike as all methods' are, or its own if that is
    more.

    Args:
        draws: as of `selfstudy.analysis.spread.average_networks` (t, u, k).
        variance: of a draw (t, k).
        index: of the method.
    """
    found = np.isfinite(draws)
    mean = np.where(found, draws, 0).sum(1) / np.maximum(found.sum(1), 1)
    residual = np.where(found, draws - mean[:, None], 0)
    with np.errstate(divide="ignore", invalid="ignore"):
        scaled = np.nan_to_num(residual / np.sqrt(variance)[:, None], posinf=0, neginf=0)
        products, freedom = correlate(scaled, found)
        alike = np.fmax(products[index] / freedom[index], products.sum() / freedom.sum())
    return float(np.clip(np.nan_to_num(alike), 0, 1)), int(found[index].sum(0).max()) - 1


def fit_curve(fit: Fit) -> Fit:
    """Fit the curve, or say why there is none."""
    if len(fit.labels) < FEWEST_BUDGETS:
        count = f"{len(fit.labels)} budget{'s' if len(fit.labels) > 1 else ''}"
        return fit._replace(why=f"not enough runs: {count} of at least {FEWEST_BUDGETS}")
    if not fit.freedom:
        return fit._replace(why="not enough runs: one seed does not tell how seeds differ")
    try:
        curve = fit_learning_curve(fit.labels, fit.mean, fit.covariance, fit.freedom)
    except UnfittedError as error:
        return fit._replace(why=str(error))
    return fit._replace(curve=curve)


def foretell(fit: Fit) -> Estimate | None:
    """Foretell the accuracy at the largest budget from the others, as a test of extrapolation.

    Returns:
        None if there are too few others, they allow no curve, or all lie too far below.
    """
    labels, mean = fit.labels[:-1], fit.mean[:-1]
    if len(labels) < FEWEST_BUDGETS or not fit.freedom:
        return None
    try:
        curve = fit_learning_curve(labels, mean, fit.covariance[:-1, :-1], fit.freedom)
    except UnfittedError:
        return None
    return estimate(curve.read(fit.labels[-1])) if fit.labels[-1] <= curve.labels[-1] else None


def estimate(draws: np.ndarray) -> Estimate:
    """Give the middle of draws (d,), and the ends of an interval that holds 95 % of them."""
    tail = (1 - LEVEL) / 2
    low, value, high = np.quantile(draws, [tail, 0.5, 1 - tail], method="nearest")
    return Estimate(float(value), float(low), float(high))


def find_equals(fit: Fit, scratch: Fit, labels: float) -> Estimate | None:
    """Estimate n̂: the labels from scratch that a start's `labels` are as good as.

    Returns:
        0 below scratch's curve and infinite above it; None where a curve does not say.
    """
    if fit.curve is None or scratch.curve is None:
        return None
    if not fit.labels[0] <= labels <= fit.labels[-1]:
        return None
    count = min(len(fit.curve.accuracy), len(scratch.curve.accuracy))
    curve = LearningCurve(scratch.curve.labels, scratch.curve.accuracy[:count])
    # The first of both would be drawn of the same random numbers.
    reached = np.random.default_rng(1).permutation(fit.curve.read(labels))[:count]
    return estimate(curve.find_labels(reached))
