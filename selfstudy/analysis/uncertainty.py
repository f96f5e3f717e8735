"""Tables of accuracy and utility with their intervals (docs/statistics.md)."""

import pandas as pd

from selfstudy.analysis import CURVE
from selfstudy.analysis.intervals import estimate_accuracy_intervals, estimate_utility_intervals
from selfstudy.analysis.runs import average_accuracy, leave_out_collapsed
from selfstudy.analysis.utility import measure_utility


def estimate_accuracy(runs: pd.DataFrame) -> pd.DataFrame:
    """Give the table of `average_accuracy`, with `low` and `high`."""
    sound = leave_out_collapsed(runs)
    return average_accuracy(sound).merge(estimate_accuracy_intervals(sound), "left")


def estimate_utility(runs: pd.DataFrame, interpolation: str = CURVE) -> pd.DataFrame:
    """Give the table of `measure_utility`, with `low` and `high`."""
    sound = leave_out_collapsed(runs)
    intervals = estimate_utility_intervals(sound, interpolation)
    return measure_utility(sound, interpolation).merge(intervals, "left")
