"""Outcomes of curves: by hand, and on simulated seeds where the truth is known."""

import numpy as np
import pandas as pd
import pytest
from outcomes import count_outcomes

from selfstudy.analysis.outcomes import MARGIN, classify_curves, find_last, find_outcomes

LABELS = [100, 300, 1000, 3000]
SCRATCH = np.array([0.3, 0.5, 0.7, 0.702])


def make_runs(lead, seeds=3, spread=0.001, **columns):
    """Runs from scratch, and of a method that leads by so much."""
    rng, rows = np.random.default_rng(0), []
    for pretext, curve in (("scratch", SCRATCH), ("vae", SCRATCH + lead)):
        for labels, accuracy in zip(LABELS, curve, strict=True):
            for seed in range(seeds):
                noisy = accuracy + spread * rng.standard_normal()
                rows.append(("0110", "r9", pretext, "classify", labels, seed, noisy))
    names = ["dataset", "backbone", "pretext", "task", "labels", "seed", "accuracy"]
    return pd.DataFrame(rows, columns=names).assign(**columns)


@pytest.mark.parametrize(
    ("scratch", "pretrained", "expected"),
    [
        ([0.3, 0.5, 0.7, 0.705], [0.5, 0.6, 0.8, 0.8], "a"),
        ([0.3, 0.5, 0.7, 0.705], [0.5, 0.69, 0.7, 0.7], "b"),
        ([0.3, 0.5, 0.7, 0.705], [0.5, 0.5, 0.7, 0.7], "c"),
        ([0.3, 0.5, 0.7, 0.8], [0.5, 0.5, 0.7, 0.8], "c"),
        ([0.3, 0.5, 0.7, 0.8], [0.5, 0.6, 0.8, 0.9], "open"),
        ([0.3, 0.5, 0.7, 0.8], [0.3, 0.4, 0.7, 0.8], "none"),
        ([0.3, 0.5, 0.5, 0.5], [0.3, 0.5, 0.55, 0.5], "b"),
    ],
)
def test_rules_by_hand(scratch, pretrained, expected):
    scratch, pretrained = np.array([scratch]), np.array([pretrained])
    assert classify_curves(scratch, pretrained > scratch + MARGIN).tolist() == [expected]


def test_the_last_budget_before_saturation():
    assert find_last(np.array([0.3, 0.5, 0.7, 0.705])) == 1
    assert find_last(np.array([0.3, 0.5, 0.7, 0.8])) == 3
    assert find_last(np.array([0.3, 0.5, np.nan, 0.7, 0.705])) == 1


def test_a_lead_within_its_interval_is_none():
    lead = [0.05, 0, 0, 0]
    assert find_outcomes(make_runs(lead))["outcome"].tolist() == ["c"]
    assert find_outcomes(make_runs(lead, spread=0.05))["outcome"].tolist() == ["none"]


def test_draws_say_how_sure_an_outcome_is():
    sure = find_outcomes(make_runs([0.05, 0.05, 0.05, 0.05]))
    unsure = find_outcomes(make_runs([0.05, 0.015, 0, 0], spread=0.003))
    assert sure["outcome"].tolist() == ["a"]
    assert sure["share"].item() > 0.95 > unsure["share"].item()
    assert find_outcomes(make_runs([0.05, 0, 0, 0], seeds=1))["share"].isna().all()


def test_runs_that_have_not_converged_or_have_collapsed_tell_nothing():
    runs = make_runs([0.05, 0, 0, 0])
    budgets = find_outcomes(runs.assign(converged=runs["labels"] > 100))
    assert (budgets["outcome"].item(), budgets["budgets"].item()) == ("none", 3)
    assert find_outcomes(runs.assign(converged=False)).empty
    lost = runs.assign(collapsed=(runs["seed"] == 0) & (runs["pretext"] == "vae"))
    lost.loc[lost["collapsed"], "accuracy"] = 0.1
    assert find_outcomes(lost)["outcome"].tolist() == ["c"]


@pytest.mark.parametrize(("outcome", "least"), [("none", 90), ("a", 90), ("c", 90), ("open", 75)])
def test_simulated_curves_have_their_outcome(outcome, least):
    """A part of `python benchmarks/statistics`."""
    found = count_outcomes(outcome, 0.005, 3, 60, seed=0)
    assert found[outcome] > least
    assert found["right"] > 90 or np.isnan(found["right"])


@pytest.mark.parametrize("spread", [0.01, 0.03])
def test_no_effect_is_none_however_runs_spread(spread):
    assert count_outcomes("none", spread, 3, 100, seed=1)["none"] > 90
