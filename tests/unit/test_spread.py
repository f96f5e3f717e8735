"""Intervals of means: by hand, and on simulated studies where the truth is known."""

import numpy as np
import pytest
from intervals import SCENARIOS, count_held
from scipy import stats

from selfstudy.analysis.spread import average_networks, estimate_margins

LABELS = np.array([100, 300, 1000, 3000])
SEEDS = np.arange(3)[None]


def find_t_margin(values):
    """Half of the width of the t interval of values (s,)."""
    return stats.t.ppf(0.975, len(values) - 1) * stats.sem(values)


def draw(methods, rng=None):
    rng = rng or np.random.default_rng(0)
    return 0.5 + 0.01 * rng.standard_normal((methods, 3, 4))


def test_one_budget_has_the_t_interval_of_its_seeds():
    values = np.array([[[0.4], [0.5], [0.7]]])
    margin = estimate_margins(values, SEEDS, LABELS[:1])
    assert margin == pytest.approx(np.array([[find_t_margin([0.4, 0.5, 0.7])]]))


def test_budgets_that_seeds_shift_alike_tell_no_more_than_one():
    values = np.array([0.4, 0.5, 0.7])[:, None] + np.array([0, 0.05, 0.1, 0.15])
    margin = estimate_margins(values[None], SEEDS, LABELS)
    assert margin == pytest.approx(np.full((1, 4), find_t_margin([0.4, 0.5, 0.7])))


def test_budgets_of_their_own_spread_tell_more():
    rng, network = np.random.default_rng(0), np.repeat(SEEDS, 4, 0)
    margins = [estimate_margins(draw(4, rng), network, LABELS).mean() for _ in range(100)]
    alone = [find_t_margin(0.01 * rng.standard_normal(3)) for _ in range(200)]
    assert np.mean(margins) < 0.7 * np.mean(alone)


def test_a_method_that_spreads_more_widens_no_other():
    values = draw(3)
    odd = values.copy()
    odd[1] = 0.5 + 3 * (odd[1] - 0.5)
    network = np.repeat(SEEDS, 3, 0)
    before, after = (estimate_margins(each, network, LABELS) for each in (values, odd))
    assert after == pytest.approx(before * np.array([[1], [3], [1]]), rel=1e-4)


def test_networks_are_what_is_drawn():
    """Of three seeds two start from one network: t with one degree of freedom."""
    values = np.array([[[0.4], [0.6], [0.5]]])
    draws, weight = average_networks(values, np.array([[7, 3, 7]]))
    assert sorted(draws[np.isfinite(draws)]) == pytest.approx([0.45, 0.6])
    assert weight == pytest.approx(np.array([[5 / 9]]))
    margin = estimate_margins(values, np.array([[7, 3, 7]]), LABELS[:1])
    spread = np.std([0.45, 0.6], ddof=1)
    assert margin.item() == pytest.approx(stats.t.ppf(0.975, 1) * spread * np.sqrt(5 / 9))


def test_of_one_network_seeds_are_drawn():
    values = draw(1)
    one = estimate_margins(values, np.zeros((1, 3), int), LABELS)
    assert one == pytest.approx(estimate_margins(values, SEEDS, LABELS))


def test_of_two_networks_one_that_is_left_tells_no_spread():
    values = draw(1)
    values[0, 1] = np.nan  # all that started from network 1 collapsed
    assert np.isnan(estimate_margins(values, np.array([[0, 1, 0]]), LABELS)).all()


def test_runs_that_are_missing_leave_the_others():
    values = draw(2)
    values[0, 1:, 1] = np.nan  # one seed is left: other budgets tell its spread
    values[0, :, 2] = np.nan
    margin = estimate_margins(values, np.repeat(SEEDS, 2, 0), LABELS)
    assert np.isnan(margin[0, 2])
    assert np.isfinite(np.delete(margin.ravel(), 2)).all()
    assert margin[0, 1] > margin[0, 0]


def test_one_seed_tells_no_spread_and_equal_seeds_none():
    assert np.isnan(estimate_margins(draw(2)[:, :1], np.zeros((2, 1), int), LABELS)).all()
    same = np.repeat(draw(2)[:, :1], 3, 1)
    assert estimate_margins(same, np.repeat(SEEDS, 2, 0), LABELS) == pytest.approx(0, abs=1e-12)


@pytest.mark.parametrize(
    ("name", "seeds", "least"),
    [
        ("one method spreads three times as much", 2, 0.9),
        ("scratch spreads three times as much", 3, 0.93),
        ("two networks", 3, 0.93),
        ("all of these", 3, 0.93),
    ],
)
def test_intervals_hold_the_truth_as_often_as_they_say(name, seeds, least):
    """A part of `python benchmarks/statistics`; fewer studies, so 98 % may be 97 %."""
    shares = count_held(SCENARIOS[name], seeds, 100)
    shares.pop("beyond")
    assert min(shares.values()) > least
    assert max(shares.values()) < 0.98


def test_one_network_does_not_tell_how_networks_differ():
    """So tables have to say what their intervals are of."""
    own, other = (
        count_held(SCENARIOS[f"one network; the truth is {whose}"], 5, 60)
        for whose in ("its own", "any network's")
    )
    assert own["accuracy, methods"] > 0.93
    assert other["accuracy, methods"] < 0.6
