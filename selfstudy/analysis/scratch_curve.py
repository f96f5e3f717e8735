"""The curve from scratch between the budgets that were measured (docs/statistics.md).

Between two budgets accuracy is linear in a power of n. The paper's is 1, a chord. It lies below
a curve that bends, so n̂ is read too high; where error is A + B n^-γ, accuracy is linear in n^-γ,
whatever the floor A is. The γ is the one by which the points come closest to that.
"""

from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike
from scipy.optimize import isotonic_regression
from scipy.special import boxcox, inv_boxcox

from selfstudy.analysis import CURVE, PAPER

POWERS = np.linspace(0, -1, 101)  # 0 is the logarithm


class ScratchCurve(NamedTuple):
    """Accuracy from scratch against labels.

    Attributes:
        labels: budgets (k,), rising.
        accuracy: at these (k,).
        power: of n, that accuracy is linear in between two; 0 is its logarithm.
        smooth: what `accuracy` is of the means at the budgets (k, k).
    """

    labels: np.ndarray
    accuracy: np.ndarray
    power: float
    smooth: np.ndarray

    def find_labels(self, accuracy: ArrayLike) -> np.ndarray:
        """Find n̂: where the curve first reaches `accuracy` (...).

        Returns:
            Numbers of labels, float (...): 0 below the curve's start, infinity above all of it.
        """
        before, after, share = self._locate(np.asarray(accuracy, float))
        scaled = self.labels / self.labels[0]
        x = boxcox(scaled, self.power)
        needed = inv_boxcox(x[before] + share * (x[after] - x[before]), self.power)
        needed = np.where(accuracy < self.accuracy[0], 0, needed * self.labels[0])
        return np.where(np.max(self.accuracy) < accuracy, np.inf, needed)

    def weigh(self, accuracy: ArrayLike) -> np.ndarray:
        """Give the weights of the budgets' means (..., k) where the curve reaches `accuracy` (...).

        Outside of the curve they are those of its nearer end.
        """
        before, after, share = self._locate(np.asarray(accuracy, float))
        return (1 - share)[..., None] * self.smooth[before] + share[..., None] * self.smooth[after]

    def subtract(self, values: np.ndarray, scratch: np.ndarray) -> np.ndarray:
        """Subtract of each seed's accuracies its own from scratch, at the n̂ of the mean over seeds.

        Args:
            values: accuracies of t methods, s seeds and any budgets (t, s, m).
            scratch: those from scratch of the same seeds at the curve's budgets (s, k).

        Returns:
            The differences (t, s, m), not numbers where an accuracy that they are of is none.
        """
        count = np.isfinite(values).sum(1)
        with np.errstate(invalid="ignore"):
            weights = self.weigh(np.nansum(values, 1) / np.where(count, count, np.nan))
        parts = np.where(weights[:, None] == 0, 0, weights[:, None] * scratch[:, None])
        return values - parts.sum(-1)

    def _locate(self, accuracy: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Find the budgets before and after, and the share of the way from one to the other."""
        reached = self.accuracy >= accuracy[..., None]
        after = np.where(reached.any(-1), reached.argmax(-1), self.accuracy.argmax())
        before = np.where(reached.any(-1), np.maximum(after - 1, 0), after)
        low, high = self.accuracy[before], self.accuracy[after]
        rise = np.where(high > low, high - low, 1)
        return before, after, np.clip((accuracy - low) / rise, 0, 1)


def fit_curve(labels: np.ndarray, mean: np.ndarray, interpolation: str = CURVE) -> ScratchCurve:
    """Fit the curve through mean accuracies.

    Args:
        labels: budgets (k,), rising.
        mean: accuracies at these (k,), on any scale.
        interpolation: PAPER, as the authors read it; or CURVE, which rises, its points averaged
            with their neighbors where they fall.
    """
    if interpolation == PAPER:
        return ScratchCurve(labels, mean, 1.0, np.eye(len(labels)))
    rising = isotonic_regression(mean).x
    block = np.isclose(rising[:, None], rising, rtol=0, atol=1e-12)
    smooth = block / block.sum(1, keepdims=True)
    return ScratchCurve(labels, rising, fit_power(labels, rising), smooth)


def fit_power(labels: np.ndarray, accuracy: np.ndarray) -> float:
    """Find the power of labels (k,) that accuracies (k,) are closest to linear in.

    Two points are so in any; then it is the logarithm.
    """
    centered = accuracy - accuracy.mean()
    if len(labels) < 3 or not centered.any():
        return 0.0
    return float(POWERS[(scale_labels(tuple(labels)) @ centered).argmax()])


@lru_cache(maxsize=32)
def scale_labels(labels: tuple[float, ...]) -> np.ndarray:
    """Scale labels (k,) by each power, to mean 0 and length 1 (p, k)."""
    x = np.stack([boxcox(np.array(labels) / labels[0], power) for power in POWERS])
    x -= x.mean(1, keepdims=True)
    return x / np.linalg.norm(x, axis=1, keepdims=True)
