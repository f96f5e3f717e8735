"""Intervals of accuracy and utility, from tables of runs."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from selfstudy.analysis.intervals import (
    estimate_accuracy_intervals,
    estimate_utility_intervals,
)
from selfstudy.analysis.runs import NETWORK
from selfstudy.analysis.uncertainty import estimate_accuracy, estimate_utility

LABELS = [100, 300, 1000, 3000]
TRUE = {
    "scratch": [0.3, 0.45, 0.6, 0.7],
    "vae": [0.35, 0.47, 0.61, 0.7],
    "cmc": [0.42, 0.55, 0.65, 0.75],
    "rotate": [0.25, 0.4, 0.5, 0.6],
}
PLACE = {"dataset": "0110", "backbone": "r9", "task": "classify"}


@pytest.fixture
def runs():
    """Three seeds, spread by a point."""
    rng = np.random.default_rng(0)
    rows = [
        PLACE | {"pretext": name, "labels": labels, "seed": seed, "accuracy": accuracy}
        for name, curve in TRUE.items()
        for labels, accuracy in zip(LABELS, curve, strict=True)
        for seed in range(3)
    ]
    table = pd.DataFrame(rows)
    return table.assign(accuracy=table["accuracy"] + 0.01 * rng.standard_normal(len(table)))


def at(table, pretext, labels):
    row = table[(table["pretext"] == pretext) & (table["labels"] == labels)]
    return row[["low", "high"]].to_numpy(float)[0]


def test_one_budget_has_t_intervals_and_pairs_seeds(runs):
    """Utility's is of the differences between seeds, read from two points of the curve."""
    runs = runs[(runs["labels"] == 100) | (runs["pretext"] == "scratch")]
    runs = runs[runs["labels"].isin([100, 300]) & runs["pretext"].isin(["scratch", "cmc"])]
    seeds = runs.pivot_table("accuracy", "seed", ["pretext", "labels"])
    cmc = seeds["cmc", 100]
    found = at(estimate_accuracy_intervals(runs), "cmc", 100)
    assert found == pytest.approx(stats.t.interval(0.95, 2, cmc.mean(), stats.sem(cmc)))

    few, many = seeds["scratch", 100], seeds["scratch", 300]
    share = (cmc.mean() - few.mean()) / (many.mean() - few.mean())
    differences = cmc - (1 - share) * few - share * many
    margin = stats.t.ppf(0.975, 2) * stats.sem(differences)
    shares = (cmc.mean() + np.array([-margin, margin]) - few.mean()) / (many.mean() - few.mean())
    assert (shares < 1).all()
    found = at(estimate_utility_intervals(runs), "cmc", 100)
    assert found == pytest.approx(3**shares - 1)
    found = at(estimate_utility_intervals(runs, "paper"), "cmc", 100)
    assert found == pytest.approx(2 * shares)


def test_ends_that_cannot_be_measured_are_open(runs):
    found = estimate_utility_intervals(runs)
    assert at(found, "cmc", 3000)[1] == np.inf
    assert at(found, "rotate", 100).tolist() == [-1, 0]
    assert np.isfinite(at(found, "cmc", 100)).all()


def test_every_point_has_a_row_and_one_seed_no_interval(runs):
    one = runs[runs["seed"] == 0]
    for estimate, points in ((estimate_accuracy_intervals, 16), (estimate_utility_intervals, 12)):
        assert len(estimate(runs)) == len(estimate(one)) == points
        assert estimate(runs)[["low", "high"]].notna().all(axis=None)
        assert estimate(one)[["low", "high"]].isna().all(axis=None)


def test_what_is_not_there_has_no_row(runs):
    vae, scratch = runs["pretext"] == "vae", runs["pretext"] == "scratch"
    lacking = runs[~(vae & (runs["labels"] == 1000)) & ~(scratch & (runs["labels"] == 300))]
    assert len(estimate_accuracy_intervals(lacking)) == 14
    found = estimate_utility_intervals(lacking)
    assert len(found) == 11
    assert found[["low", "high"]].notna().all(axis=None)
    assert estimate_utility_intervals(runs[~scratch]).empty
    assert estimate_utility_intervals(runs[scratch]).empty
    assert len(estimate_accuracy_intervals(runs[~scratch])) == 12


def test_seeds_of_other_numbers_are_paired_as_they_come(runs):
    others = runs.assign(seed=runs["seed"] + 10 * (runs["pretext"] != "scratch"))
    assert estimate_utility_intervals(others).equals(estimate_utility_intervals(runs))
    more = runs[(runs["pretext"] == "scratch") | (runs["seed"] < 2)]
    assert estimate_utility_intervals(more)[["low", "high"]].notna().all(axis=None)


def test_a_shift_that_methods_share_widens_no_utility(runs):
    """Of a label subset: as much for all, and at every budget."""
    shifted = runs.assign(accuracy=runs["accuracy"] + 0.05 * runs["seed"])
    accuracy, utility = (
        [at(estimate(each), "cmc", 300) for each in (runs, shifted)]
        for estimate in (estimate_accuracy_intervals, estimate_utility_intervals)
    )
    assert np.diff(accuracy)[1] > 3 * np.diff(accuracy)[0]
    assert utility[1] == pytest.approx(utility[0], abs=0.05)


def test_networks_are_counted_not_their_seeds(runs):
    """Six seeds of two networks tell of networks no more than two seeds would."""
    rng = np.random.default_rng(0)
    more = pd.concat([runs, runs.assign(seed=runs["seed"] + 3)], ignore_index=True)
    network = more["seed"] % 2
    shift = np.where(more["pretext"] == "scratch", 0, 0.05 * network)
    more["accuracy"] += shift + 0.001 * rng.standard_normal(len(more))
    said = more.assign(**{NETWORK: network})
    unsaid, known = (at(estimate_accuracy_intervals(each), "cmc", 300) for each in (more, said))
    assert np.diff(known) > 3 * np.diff(unsaid)
    scratch = (estimate_accuracy_intervals(each)[:4] for each in (more, said))
    assert next(scratch).equals(next(scratch))


def test_collapsed_runs_are_left_out_of_means_unless_all_are(runs):
    cmc = (runs["pretext"] == "cmc") & (runs["labels"] == 300)
    lost = cmc & (runs["seed"] == 2)
    runs = runs.assign(collapsed=lost)
    failed = runs.assign(accuracy=runs["accuracy"].mask(lost, 0.1))
    sound = runs[~lost]
    for estimate in (estimate_accuracy, estimate_utility):
        found = estimate(failed)
        assert found.equals(estimate(sound))
        assert found[(found["pretext"] == "cmc") & (found["labels"] == 300)]["n"].tolist() == [2]
    every = estimate_accuracy(runs.assign(accuracy=runs["accuracy"].mask(cmc, 0.1), collapsed=cmc))
    lost = every[(every["pretext"] == "cmc") & (every["labels"] == 300)].iloc[0]
    assert lost["mean"] == pytest.approx(0.1)
    assert np.isnan(lost["low"])
    rest = every[(every["pretext"] == "cmc") & (every["labels"] != 300)]
    assert (rest["high"] - rest["low"] > 0.005).all()
