"""Statistics: by hand where that can be, and on simulated seeds where the truth is known."""

import numpy as np
import pandas as pd
import pytest

from selfstudy.analysis import PAPER
from selfstudy.analysis.comparison import correlate_evaluations, correlate_ranks, rank_methods
from selfstudy.analysis.uncertainty import (
    estimate_accuracy_intervals,
    estimate_utility,
    estimate_utility_intervals,
)

LABELS = [100, 300, 1000, 3000]
TRUE = {
    "scratch": [0.3, 0.45, 0.6, 0.7],
    "vae": [0.35, 0.47, 0.61, 0.7],
    "cmc": [0.42, 0.55, 0.65, 0.69],
    "rotate": [0.25, 0.4, 0.5, 0.6],
}
SPREAD = [0.04, 0.02, 0.01, 0.005]  # of seeds, at each budget


def table(curves, seeds=1, rng=None):
    """Runs of {pretext: accuracies at LABELS}; with `rng`, seeds spread about them."""
    rows = []
    for pretext, curve in curves.items():
        for labels, accuracy, spread in zip(LABELS, curve, SPREAD, strict=False):
            for seed in range(seeds):
                noise = 0 if rng is None else spread * rng.standard_normal()
                rows.append(("0110", "r9", pretext, "classify", labels, seed, accuracy + noise))
    columns = ["dataset", "backbone", "pretext", "task", "labels", "seed", "accuracy"]
    return pd.DataFrame(rows, columns=columns)


def test_equal_seeds_are_chance_where_others_differ():
    runs = pd.concat([table({"scratch": [0.2, 0.5], "vae": [0.3, 0.6]}, 2)])
    runs.loc[(runs["labels"] == 300) & (runs["seed"] == 1), "accuracy"] += 0.1
    found = estimate_accuracy_intervals(runs).set_index(["pretext", "labels"])
    for labels, mean in ((100, 0.3), (300, 0.65)):
        assert found.loc[("vae", labels), "low"] < mean < found.loc[("vae", labels), "high"]
    same = estimate_accuracy_intervals(table(TRUE, 2))
    assert same["low"].to_numpy() == pytest.approx(same["high"])


@pytest.mark.slow
def test_intervals_hold_the_truth_as_often_as_they_say():
    """Three seeds, 150 times: 95 % of the intervals of 16 accuracies and 12 utilities."""
    rng, held = np.random.default_rng(1), {"accuracy": [], "utility": []}
    truth = estimate_utility_intervals(table(TRUE, 2)).set_index(["pretext", "labels"])["low"]
    for _ in range(150):
        runs = table(TRUE, 3, rng)
        for row in estimate_accuracy_intervals(runs).itertuples():
            true = TRUE[row.pretext][LABELS.index(row.labels)]
            held["accuracy"].append(row.low <= true <= row.high)
        for row in estimate_utility_intervals(runs).itertuples():
            held["utility"].append(row.low <= truth[row.pretext, row.labels] <= row.high)
    assert 0.935 < np.mean(held["accuracy"]) < 0.965
    assert 0.93 < np.mean(held["utility"]) < 0.99


BELOW = {10: 0.1, 30: 0.2}  # what scratch would have reached with fewer labels than it got


@pytest.mark.parametrize("lost", [0, 1])
def test_intervals_hold_the_truth_where_it_is_below_what_was_measured(lost):
    """The truth is known of fewer labels than scratch was measured with; and of a part of them."""
    curve = {**BELOW, **dict(zip(LABELS, TRUE["scratch"], strict=True))}
    pretrained = {10: [0.12, 0.4], 30: [0.22, 0.5], 100: [0.28, 0.31], 1000: [0.4, 0.69]}
    rng, held, bounds = np.random.default_rng(3), [], []
    for _ in range(60):
        rows = [
            (
                "0110",
                "r9",
                name,
                "classify",
                labels,
                seed,
                accuracy + spread * rng.standard_normal(),
            )
            for name, points in (
                ("scratch", dict(list(curve.items())[2 + lost :])),
                ("low", {labels: low for labels, (low, _) in pretrained.items()}),
                ("high", {labels: high for labels, (_, high) in pretrained.items()}),
            )
            for labels, accuracy in points.items()
            for spread in [0.04 if labels <= 100 else 0.01]
            for seed in range(3)
        ]
        columns = ["dataset", "backbone", "pretext", "task", "labels", "seed", "accuracy"]
        for row in estimate_utility(pd.DataFrame(rows, columns=columns), PAPER).itertuples():
            accuracy = pretrained[row.labels][row.pretext == "high"]
            needed = np.interp(accuracy, list(curve.values()), list(curve))
            held.append(row.low <= needed / row.labels - 1 <= row.high)
            bounds.append(row.below > 0)
    assert np.mean(held) > 0.93
    assert np.mean(bounds) > 0.3


@pytest.mark.slow
@pytest.mark.parametrize(
    ("methods", "seeds", "most"), [(4, 2, 0.99), (2, 3, 0.98), (2, 2, 1), (1, 3, 1)]
)
def test_fewer_runs_make_intervals_wider_not_wrong(methods, seeds, most):
    rng, held = np.random.default_rng(2), []
    few = dict(list(TRUE.items())[:methods])
    for _ in range(100):
        for row in estimate_accuracy_intervals(table(few, seeds, rng)).itertuples():
            held.append(row.low <= TRUE[row.pretext][LABELS.index(row.labels)] <= row.high)
    assert 0.93 < np.mean(held) <= most


def test_above_the_scratch_curve_no_bound_is_known():
    runs = table(
        {"scratch": TRUE["scratch"], "cmc": [0.35, 0.6, 0.9, 0.9]}, 3, np.random.default_rng(0)
    )
    found = estimate_utility_intervals(runs).set_index("labels")
    assert np.isinf(found.loc[1000, "high"])
    assert np.isfinite(found.loc[300, "high"])


def test_one_seed_tells_no_interval():
    found = estimate_utility_intervals(table(TRUE))
    assert found["low"].isna().all()


def test_rank_correlation_by_hand():
    found = correlate_ranks([1, 2, 3, 4, 5], [1, 2, 3, 5, 4], list("abcde"))
    assert found["spearman"] == pytest.approx(0.9)
    assert found["kendall"] == pytest.approx(0.8)
    assert found["spearman_low"] <= 0.9 <= found["spearman_high"]
    alike = correlate_ranks([1, 2, 3, 4, 5], [1, 2, 3, 5, 4], ["a"] * 5)
    assert alike["spearman"] == pytest.approx(0.9)
    assert np.isnan(alike["spearman_low"])  # one dataset tells nothing of others
    assert np.isnan(correlate_ranks([1, 2], [1, 2], ["a", "b"])["spearman"])
    assert np.isnan(correlate_ranks([1] * 6, [1, 2, 3, 4, 5, 6], list("abcdef"))["kendall"])


def test_intervals_of_correlations_hold_the_truth_where_datasets_cluster():
    """Five methods on each of eight datasets; a dataset shifts both accuracies of its points."""
    rng, held, truth = np.random.default_rng(0), [], 6 / np.pi * np.arcsin(0.8 / 2)
    dataset = np.repeat(np.arange(8), 5)
    for _ in range(100):
        x, y = rng.multivariate_normal([0, 0], [[1, 0.8], [0.8, 1]], 8)[dataset].T
        x, y = (each * np.sqrt(0.8) for each in (x, y))
        own = rng.multivariate_normal([0, 0], [[1, 0.8], [0.8, 1]], 40).T * np.sqrt(0.2)
        found = correlate_ranks(x + own[0], y + own[1], dataset)
        held.append(found["spearman_low"] <= truth <= found["spearman_high"])
    assert np.mean(held) > 0.88


def test_linear_accuracy_is_compared_with_the_same_networks():
    runs = pd.concat([table(TRUE).assign(dataset=name) for name in ("0110", "1111")])
    linear = runs[runs["pretext"] != "scratch"].assign(accuracy=lambda t: 1 - t["accuracy"])
    found = correlate_evaluations(runs, linear)
    assert found["n"].tolist() == [6] * 4
    assert found["spearman"].tolist() == pytest.approx([-1] * 4)


def test_ranks_by_hand():
    """Demšar's example 3.2.1: the critical difference of 4 methods on 14 data sets is 1.25."""
    rng = np.random.default_rng(0)
    accuracy = pd.DataFrame(rng.random((14, 4)), columns=list("abcd"))
    assert rank_methods(accuracy).critical == pytest.approx(1.25, abs=0.005)
    ordered = pd.DataFrame([[0.1, 0.2, 0.3]] * 6, columns=list("abc"))
    result = rank_methods(ordered)
    assert result.mean.tolist() == [3, 2, 1]
    assert result.p == pytest.approx(np.exp(-6))  # chi-squared of 12 with 2 degrees of freedom
    assert np.isnan(rank_methods(ordered[:4]).p)
