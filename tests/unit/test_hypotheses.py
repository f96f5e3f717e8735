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
    ("t", "expected"),
    [
        (2.0, "about 5 more datasets like these"),  # 6 (1.64 + 0.84)² / 2² + 1.64² / 2, less 6
        (1.0, "about 33 more datasets like these"),
        (0.9, UNKNOWN),
        (np.nan, UNTOLD),
    ],
)
def test_undecided_claims_say_what_would_decide(t, expected):
    estimate = Estimate(0.1, 0.1, 5, 6)
    (found,) = judge([Case("claim", "statistic", estimate, 0.2, 0.9, t)])
    assert (found.verdict, found.more) == (OPEN, expected)
