"""Tests over datasets: by hand and beside scipy's."""

import numpy as np
import pytest
from scipy import stats

from selfstudy.analysis.findings import (
    FEW,
    OPEN,
    REFUTED,
    SUPPORTED,
    UNKNOWN,
    UNTOLD,
    Case,
    judge,
)
from selfstudy.analysis.hypotheses import (
    Estimate,
    adjust_holm,
    attribute_to_seeds,
    estimate_coefficients,
    estimate_mean,
    jackknife,
)

VALUES = np.array([0.1, 0.5, 0.2, 0.4, 0.9, -0.1])


def test_means_are_tested_as_by_students_t():
    found = estimate_mean([*VALUES, np.nan])
    assert (found.datasets, found.freedom) == (6, 5)
    assert found.interval == pytest.approx(stats.ttest_1samp(VALUES, 0).confidence_interval())
    for test, side in (("other", "two-sided"), ("above", "greater"), ("below", "less")):
        expected = stats.ttest_1samp(VALUES, 0.2, alternative=side).pvalue
        assert getattr(found, f"test_{test}")(0.2) == pytest.approx(expected)


def test_a_single_dataset_tells_nothing():
    assert np.isnan(estimate_mean([0.3]).test_above())
    assert np.isnan(estimate_mean([]).value)


def test_equal_values_are_sure():
    assert estimate_mean([0.3] * 5).test_above() == 0
    assert estimate_mean([0.3] * 5).test_above(0.3) == pytest.approx(0.5)


def test_a_slope_is_that_of_a_regression():
    x = np.arange(6.0)
    _, slope = estimate_coefficients(VALUES, np.column_stack([np.ones(6), x]))
    expected = stats.linregress(x, VALUES)
    assert (slope.value, slope.error) == pytest.approx((expected.slope, expected.stderr))
    assert slope.test_other() == pytest.approx(expected.pvalue)


def test_a_jackknifed_mean_is_the_mean():
    found = jackknife(lambda kept: float(VALUES[kept].mean()), 6)
    assert found == pytest.approx(estimate_mean(VALUES))


def test_holm_by_hand():
    found = adjust_holm([0.01, 0.04, np.nan, 0.03])
    assert found == pytest.approx([0.03, 0.06, np.nan, 0.06], nan_ok=True)


@pytest.mark.parametrize(
    ("p", "against", "expected"),
    [
        ([0.01], 0.9, SUPPORTED),
        ([0.03, 0.9], 0.9, OPEN),  # 0.06, corrected
        ([0.9], 0.01, REFUTED),
        ([np.nan], np.nan, FEW),
    ],
)
def test_verdicts_are_of_corrected_p(p, against, expected):
    cases = [Case("", "", estimate_mean(VALUES), each, against, 0.5) for each in p]
    assert judge(cases)[0].verdict == expected


@pytest.mark.parametrize(
    ("t", "most", "expected"),
    [
        (2.0, np.inf, "about 14 more datasets like these"),
        (1.5, np.inf, "about 53 more datasets like these"),
        (1.5, 16, "more than the 16 datasets that there can be"),
        (1.0, np.inf, "more than 54 more datasets"),
        (0.9, np.inf, UNKNOWN),
        (np.nan, np.inf, UNTOLD),
    ],
)
def test_undecided_claims_say_what_would_decide(t, most, expected):
    estimate = Estimate(0.1, 0.1, 5, 6)
    (found,) = judge([Case("claim", "statistic", estimate, 0.2, 0.9, t, most=most)])
    assert (found.verdict, found.more) == (OPEN, expected)


def test_a_new_study_of_so_many_datasets_passes_four_times_in_five():
    """Where the truth is as far from what was estimated as the error says, with 200 datasets."""
    estimate = Estimate(0.15, 0.1, 199, 200)
    rng, needed = np.random.default_rng(0), estimate.count_needed(1.5)
    truth = estimate.value + estimate.error * rng.standard_normal(20000)
    error = estimate.error * np.sqrt(200 / needed)
    found = truth + error * rng.standard_normal(20000)
    assert np.mean(found / error > stats.norm.isf(0.05)) == pytest.approx(0.8, abs=0.01)


@pytest.mark.parametrize(
    ("share", "t", "expected"),
    [
        (1.0, 2.4, ", or 3 more seeds"),
        (0.3, 2.4, "; more seeds alone would not do"),
        (1.0, 1.0, "; more seeds alone would not do"),
    ],
)
def test_seeds_decide_only_where_they_are_what_differs(share, t, expected):
    estimate = Estimate(0.1, 0.1, 11, 12, 3, share)
    (found,) = judge([Case("claim", "statistic", estimate, 0.2, 0.9, t)])
    assert found.more.endswith(expected)


def test_what_seeds_add_to_the_error_is_told_from_how_datasets_differ():
    """A mean over 300 datasets that differ by 0.3, and 4 seeds that do by 1, or not at all."""
    rng = np.random.default_rng(0)
    for spread, expected in ((1.0, 0.25 / (0.25 + 0.09)), (0.0, 0.0)):
        runs = 0.3 * rng.standard_normal((300, 1)) + spread * rng.standard_normal((300, 4))
        without = [np.delete(runs, seed, 1).mean(1) for seed in range(4)]
        center = [values - values.mean() for values in (runs.mean(1), *without)]
        found = attribute_to_seeds(estimate_mean(runs.mean(1)), center[0], center[1:])
        assert found.seeds == 4
        assert found.by_seeds == pytest.approx(expected, abs=0.1)
