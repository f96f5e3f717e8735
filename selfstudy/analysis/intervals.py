"""Intervals of mean accuracies and of their utilities, of the table of all runs."""

from typing import NamedTuple

import numpy as np
import pandas as pd

from selfstudy.analysis import CURVE, SCRATCH
from selfstudy.analysis.runs import find_networks
from selfstudy.analysis.scratch_curve import fit_curve
from selfstudy.analysis.spread import estimate_margins
from selfstudy.analysis.utility import PLACE, bound_utility

COLUMNS = [*PLACE, "pretext", "labels", "low", "high"]


class Points(NamedTuple):
    """The runs of methods of a dataset, backbone and task.

    Attributes:
        methods: their names (t).
        labels: budgets (k,), rising.
        accuracy: of methods, seeds and budgets (t, s, k); not numbers where there is no run.
        network: that each seed starts from (t, s).
    """

    methods: np.ndarray
    labels: np.ndarray
    accuracy: np.ndarray
    network: np.ndarray

    @property
    def mean(self) -> np.ndarray:
        """Accuracy over seeds (t, k), not a number where there is no run."""
        count = np.isfinite(self.accuracy).sum(1)
        return np.nansum(self.accuracy, 1) / np.where(count, count, np.nan)

    def split(self, method: str) -> tuple["Points", "Points"]:
        """Give the runs of one method, and those of the others."""
        return tuple(
            Points(self.methods[own], self.labels, self.accuracy[own], self.network[own])
            for own in (self.methods == method, self.methods != method)
        )

    def tabulate(self, low: np.ndarray, high: np.ndarray) -> pd.DataFrame:
        """Give one row per point that there are runs of, from both ends of intervals (t, k)."""
        index = pd.MultiIndex.from_product([self.methods, self.labels], names=["pretext", "labels"])
        table = pd.DataFrame({"low": low.ravel(), "high": high.ravel()}, index)
        return table[np.isfinite(self.mean).ravel()].reset_index()


def estimate_accuracy_intervals(runs: pd.DataFrame) -> pd.DataFrame:
    """Estimate intervals of mean accuracies.

    Args:
        runs: the table of `selfstudy.analysis.runs.collect_runs`.

    Returns:
        One row per point of a curve: `low` and `high` of its mean accuracy, not numbers where
        nothing tells its spread.
    """
    tables = []
    for place, group in runs.groupby(PLACE, sort=False):
        for points in arrange_runs(group).split(SCRATCH):
            if not len(points.methods):
                continue
            margin = estimate_margins(points.accuracy, points.network, points.labels)
            ends = (np.clip(points.mean + sign * margin, 0, 1) for sign in (-1, 1))
            table = points.tabulate(*ends)
            tables.append(table.assign(**dict(zip(PLACE, place, strict=True))))
    return pd.concat(tables or [pd.DataFrame(columns=COLUMNS)], ignore_index=True)[COLUMNS]


def estimate_utility_intervals(runs: pd.DataFrame, interpolation: str = CURVE) -> pd.DataFrame:
    """Estimate intervals of the utilities of mean accuracies.

    Seeds are paired: each is compared with its own curve from scratch, at the n̂ of the mean.

    Args:
        runs: the table of `selfstudy.analysis.runs.collect_runs`.
        interpolation: of the curve from scratch, as in `selfstudy.analysis.scratch_curve`.

    Returns:
        One row per point of a pretrained curve: `low` and `high` of the utility of its mean
        accuracy, not numbers where nothing tells the spread. Below the scratch curve `low` is -1,
        above it `high` is infinite.
    """
    tables = []
    for place, group in runs.groupby(PLACE, sort=False):
        own = group["pretext"] == SCRATCH
        if own.any() and not own.all():
            points = arrange_runs(pair_seeds(group))
            scratch, methods = points.split(SCRATCH)
            measured = np.isfinite(scratch.mean[0])
            curve = fit_curve(points.labels[measured], scratch.mean[0, measured], interpolation)
            differences = curve.subtract(methods.accuracy, scratch.accuracy[0][:, measured])
            margin = estimate_margins(differences, methods.network, methods.labels)
            low, _ = bound_utility(methods.mean - margin, methods.labels, curve)
            _, high = bound_utility(methods.mean + margin, methods.labels, curve)
            table = methods.tabulate(low, high)
            tables.append(table.assign(**dict(zip(PLACE, place, strict=True))))
    return pd.concat(tables or [pd.DataFrame(columns=COLUMNS)], ignore_index=True)[COLUMNS]


def arrange_runs(runs: pd.DataFrame) -> Points:
    """Arrange the runs of a dataset, backbone and task, those that have `collapsed` left out."""
    method, methods = pd.factorize(runs["pretext"])
    seed, seeds = pd.factorize(runs["seed"])
    budget, labels = pd.factorize(runs["labels"], sort=True)
    accuracy = np.full((len(methods), len(seeds), len(labels)), np.nan)
    accuracy[method, seed, budget] = runs["accuracy"]
    if "collapsed" in runs:
        lost = runs["collapsed"].to_numpy(bool)
        accuracy[method[lost], seed[lost], budget[lost]] = np.nan
    network = np.full(accuracy.shape[:2], -1)
    network[method, seed] = pd.factorize(find_networks(runs))[0]  # -1: nothing says it
    network = np.where(network < 0, network.max(1, keepdims=True), network)
    network[methods == SCRATCH] = np.arange(len(seeds))
    return Points(np.asarray(methods), np.asarray(labels), accuracy, network)


def pair_seeds(runs: pd.DataFrame) -> pd.DataFrame:
    """Number the seeds of methods as those from scratch, where they are others.

    A pair that shares nothing makes an interval no narrower than two that know of no pairs.
    """
    seeds = {name: sorted(group.unique()) for name, group in runs.groupby("pretext")["seed"]}
    scratch = seeds[SCRATCH]
    new = {
        (name, seed): scratch[index] if index < len(scratch) else f"another {index}"
        for name, own in seeds.items()
        for index, seed in enumerate(own)
        if len(set(own) & set(scratch)) < min(len(own), len(scratch))
    }
    keys = zip(runs["pretext"], runs["seed"], strict=True)
    return runs.assign(seed=[new.get(key, key[1]) for key in keys])
