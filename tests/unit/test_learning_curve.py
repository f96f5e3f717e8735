"""Learning curves: what points allow, and how often intervals of labels hold the truth."""

import numpy as np
import pytest
from labels_to_reach import FOUR, count_held

from selfstudy.analysis.learning_curve import (
    FARTHEST,
    LearningCurve,
    UnfittedError,
    fit_learning_curve,
)
from selfstudy.analysis.needs import estimate

LABELS = np.array([100.0, 250, 1000, 4000, 20000])


def measure(labels):
    return 0.9 - 0.6 * (labels / 100) ** -0.4


def fit(mean, spread=0.003):
    return fit_learning_curve(LABELS, mean, spread**2 * np.eye(len(LABELS)), 10)


def test_labels_are_read_where_curves_reach_an_accuracy():
    curve = LearningCurve(np.array([100.0, 1000, 10000]), np.array([[0.2, 0.4, 0.6]] * 2))
    assert curve.find_labels(0.5) == pytest.approx([np.sqrt(1000 * 10000)] * 2)
    assert curve.find_labels(np.array([0.1, 0.7])).tolist() == [0, np.inf]
    assert curve.read(np.sqrt(1000 * 10000)) == pytest.approx([0.5] * 2)


def test_a_curve_goes_through_its_points_and_no_farther_than_four_times_the_last():
    curve = fit(measure(LABELS))
    assert curve.labels[[0, -1]] == pytest.approx([100, FARTHEST * 20000])
    assert (np.diff(curve.accuracy, axis=1) >= -1e-9).all()
    for labels in (170, 2000, 30000):
        found = estimate(curve.find_labels(measure(labels)))
        assert found.low < labels < found.high
        assert found.value == pytest.approx(labels, rel=0.1)


def test_points_that_are_known_less_allow_more():
    near, far = (estimate(fit(measure(LABELS), s).find_labels(0.6)) for s in (0.003, 0.03))
    assert np.log(far.high / far.low) > 1.2 * np.log(near.high / near.low)


def test_curves_bend_between_budgets_and_not_at_them():
    curve = fit(measure(LABELS), 0.0005)
    spread = [curve.read(labels).std() for labels in (250, 500, 1000, 2000, 4000)]
    assert max(spread[::2]) < 0.002
    assert min(spread[1::2]) > 0.01


def test_points_that_fall_have_no_curve():
    with pytest.raises(UnfittedError, match="does not rise"):
        fit(measure(LABELS)[::-1])


def test_points_that_no_curve_can_pass_have_none():
    with pytest.raises(UnfittedError, match="no learning curve"):
        fit(np.array([0.2, 0.6, 0.3, 0.7, 0.5]))


@pytest.mark.slow
@pytest.mark.parametrize("shape", ["power law", "Gompertz in log n"])
def test_intervals_hold_the_truth(shape):
    """A part of `python benchmarks/statistics`, of so few studies that 95 % may be 85 %."""
    found = count_held(shape, FOUR, 3, "1 point", 30)
    for place in ("inside", "beyond", "as good as"):
        assert found[found["place"] == place]["held"].mean() >= 0.85
    inside = found[found["place"] == "inside"]
    assert inside["open"].mean() < 0.2  # it says something
