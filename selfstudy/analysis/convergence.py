"""Whether runs were trained to their end: utility measures nothing where finetuning is cut short.

A run whose learning rate ends at zero looks flat at its end, cut short or not. What twice the
rounds would bring is therefore read from its whole history (docs/statistics.md); runs of twice the
rounds, where there are some, decide (`.longer`).
"""

from typing import NamedTuple

import numpy as np
import pandas as pd

CONVERGED = "converged"  # of a run: True, False, or missing; nothing is known without the column
MARGIN = 0.01  # of accuracy: what has converged gains no more by twice the rounds
SHARE = 1 / 3  # of the training, from which on its curve counts
FEWEST_ROUNDS = 6  # of that
DOUBLED = 1 - 2**-0.5  # of a distance that falls with the root of the training
FEW = "too few rounds"
BY_HISTORY = {True: "level", False: "rises", None: "unclear"}


class Outlook(NamedTuple):
    """What twice the rounds would bring.

    Attributes:
        rise: of accuracy over the second half of the rounds.
        expected: what twice the rounds would add; not a number where there are too few to tell.
        error: its standard error.
    """

    rise: float
    expected: float
    error: float

    def judge(self) -> tuple[bool | None, str]:
        """Say whether the run has converged, None where that is not known, and why."""
        if np.isfinite(self.expected):
            converged = judge_gain(self.expected, self.error)
            return converged, BY_HISTORY[converged]
        return (False, BY_HISTORY[False]) if self.rise > MARGIN else (None, FEW)


def judge_gain(gain: float, error: float) -> bool | None:
    """Say whether twice the rounds, which `gain` so much, show that a run has converged.

    Args:
        gain: in accuracy.
        error: its standard error.

    Returns:
        None where the gain is not known well enough.
    """
    if gain - error > MARGIN:
        return False
    return True if gain + error <= MARGIN else None


def predict_gain(rates: np.ndarray, accuracy: np.ndarray) -> Outlook:
    """Predict what twice the rounds would bring, by how accuracy came about.

    With s, the sum of learning rates so far, as the length of the training, accuracy is fitted by
    `a - b s^(-1/2) - c rate`, c ≥ 0, of which the last part is what the rate's fall brings anyway;
    a, to which accuracy tends, is 1 at most.

    Args:
        rates: the learning rate at the end of each round (r,).
        accuracy: after each (r,), not a number where it was not measured, but once at least.
    """
    rounds = np.arange(len(rates))
    measured = np.isfinite(accuracy)
    early = accuracy[measured & (rounds < len(rates) // 2)]
    rise = accuracy[measured][-1] - early[-1] if len(early) else np.nan
    length = np.cumsum((np.append(0, rates[:-1]) + rates) / 2)
    used = measured & (length >= SHARE * length[-1]) & (rounds >= rates.argmax())
    if used.sum() < FEWEST_ROUNDS or not rates.any():
        return Outlook(rise, np.nan, np.nan)
    left = np.sqrt(length[-1] / length[used])
    parts = np.stack([np.ones(used.sum()), -left, -rates[used] / rates.max()], axis=1)
    found, *_ = np.linalg.lstsq(parts, accuracy[used])
    residual = accuracy[used] - parts @ found
    variance = residual @ residual / (used.sum() - 3) * np.linalg.pinv(parts.T @ parts)[1, 1]
    if found[2] < 0:
        found, *_ = np.linalg.lstsq(parts[:, :2], accuracy[used])
    missing = np.clip(found[1], 0, max(0, 1 - (found[0] - found[1])))  # from a, at the end
    return Outlook(rise, DOUBLED * missing, DOUBLED * np.sqrt(variance))


def find_cut_short(table: pd.DataFrame) -> pd.Series:
    """Tell of each row of any table whether it is known not to have converged, (n,) bool."""
    if CONVERGED not in table:
        return pd.Series(False, table.index)
    return table[CONVERGED].astype("boolean").eq(False).fillna(False).astype(bool)


def keep_converged(runs: pd.DataFrame) -> tuple[pd.DataFrame, int]:
    """Leave out the runs that are known not to have converged.

    Returns:
        The others, and how many were left out.
    """
    cut_short = find_cut_short(runs)
    return runs[~cut_short], int(cut_short.sum())
