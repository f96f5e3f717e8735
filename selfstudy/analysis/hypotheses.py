"""Tests over datasets, which are the units that are drawn (docs/statistics.md).

Whatever is averaged within a dataset, a dataset has one value; tests are Student's t.
"""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike
from scipy import special, stats

from selfstudy.analysis.spread import LEVEL

ERROR = 1 - LEVEL  # the rate of false verdicts that tests are held to
POWER = 0.8  # that the datasets which are asked for are to have


class Estimate(NamedTuple):
    """A mean over datasets, or a coefficient.

    Attributes:
        value: of it.
        error: its standard error.
        freedom: the degrees of freedom of that.
        datasets: how many it is of.
        seeds: that each dataset has; 0 where the next is not known.
        by_seeds: the share of the error's square that comes of how seeds differ within datasets.
    """

    value: float
    error: float
    freedom: int
    datasets: int
    seeds: int = 0
    by_seeds: float = 0.0

    @property
    def interval(self) -> tuple[float, float]:
        """The ends of its 95 % interval, not numbers without degrees of freedom."""
        margin = special.stdtrit(self.freedom, 0.5 + LEVEL / 2) * self.error
        return self.value - margin, self.value + margin

    def measure(self, null: float = 0) -> float:
        """Give t: how many standard errors it lies above `null`."""
        with np.errstate(divide="ignore", invalid="ignore"):
            t = np.divide(self.value - null, self.error)
        return float(np.nan_to_num(t, nan=0, posinf=np.inf, neginf=-np.inf))

    def test_above(self, null: float = 0) -> float:
        """Give the p of the test that it is above `null`."""
        return float(special.stdtr(self.freedom, -self.measure(null)))

    def test_below(self, null: float = 0) -> float:
        """Give the p of the test that it is below `null`."""
        return float(special.stdtr(self.freedom, self.measure(null)))

    def test_other(self, null: float = 0) -> float:
        """Give the p of the test that it is other than `null`, two-sided."""
        return float(2 * special.stdtr(self.freedom, -abs(self.measure(null))))

    def shrink_needed(self, t: float, error: float = ERROR) -> float:
        """Give the share of the error's square with which a new study passes four times in five.

        What was estimated is as far from the truth as its error says: of the new study's t, the
        mean is `t / √share`, and the variance `1 + 1 / share`.

        Args:
            t: of the test, one-sided.
            error: the rate of false verdicts that it is held to.

        Returns:
            The share; 0 where t is so small that none would do.
        """
        quantile, power = stats.norm.isf(error), stats.t.ppf(POWER, max(self.freedom, 1))
        if not t > power:
            return np.nan if np.isnan(t) else 0.0
        root = quantile * t - power * np.sqrt(quantile**2 + t**2 - power**2)
        return float(min(root / (quantile**2 - power**2), 1) ** 2)

    def count_needed(self, t: float, error: float = ERROR) -> float:
        """Count the datasets in all that `shrink_needed` takes.

        The test is Student's: after Guenther (1981), as many more as q² / 2 make up for that.

        Returns:
            The number; infinite where none would do.
        """
        with np.errstate(divide="ignore"):
            needed = self.datasets / np.float64(self.shrink_needed(t, error))
        return float(np.ceil(needed + stats.norm.isf(error) ** 2 / 2))

    def count_seeds(self, t: float, error: float = ERROR) -> float:
        """Count the seeds in all that `shrink_needed` takes with these datasets.

        More seeds take away of the error what comes of seeds, and nothing of how datasets differ.

        Returns:
            The number; infinite where none would do.
        """
        spare = 1 - stats.norm.isf(error) ** 2 / 2 / self.datasets
        left = self.shrink_needed(t, error) * spare - (1 - self.by_seeds)
        return float(np.ceil(self.seeds * self.by_seeds / left)) if left > 0 else np.inf


def estimate_mean(values: ArrayLike) -> Estimate:
    """Estimate the mean of the datasets' values (d,); those that are not numbers are left out."""
    values = np.asarray(values, float)
    values = values[np.isfinite(values)]
    n = len(values)
    if n < 2:
        return Estimate(float(values.mean()) if n else np.nan, np.nan, 0, n)
    return Estimate(float(values.mean()), float(values.std(ddof=1) / np.sqrt(n)), n - 1, n)


def estimate_coefficients(values: np.ndarray, design: np.ndarray) -> list[Estimate]:
    """Estimate the coefficients of a linear model of the datasets' values by least squares.

    Args:
        values: of the datasets (d,).
        design: (d, c), of full rank.
    """
    coefficients, *_ = np.linalg.lstsq(design, values)
    freedom = len(values) - design.shape[1]
    variance = ((values - design @ coefficients) ** 2).sum() / freedom
    errors = np.sqrt(variance * np.diag(np.linalg.inv(design.T @ design)))
    return [
        Estimate(float(value), float(error), freedom, len(values))
        for value, error in zip(coefficients, errors, strict=True)
    ]


def attribute_to_seeds(
    estimate: Estimate, residual: np.ndarray, without: Sequence[np.ndarray]
) -> Estimate:
    """Say of an estimate how much of its error comes of how seeds differ within datasets.

    By leaving out each seed of all datasets in turn (jackknife).

    Args:
        estimate: of datasets' values.
        residual: what its error is of: the values less what they are fitted by (...).
        without: the same without each of the seeds; none where that is not known.
    """
    if len(without) < 2:
        return estimate
    each, seeds = np.stack(without), len(without)
    of_seeds = (seeds - 1) / seeds * ((each - each.mean(0)) ** 2).sum()
    with np.errstate(invalid="ignore", divide="ignore"):
        share = np.nan_to_num(of_seeds / (residual**2).sum())
    return estimate._replace(seeds=seeds, by_seeds=float(np.clip(share, 0, 1)))


def jackknife(statistic: Callable[[np.ndarray], float], datasets: int) -> Estimate:
    """Estimate any statistic of datasets, by leaving out each in turn.

    Args:
        statistic: gives its value of the datasets whose numbers (a,) it is given.
        datasets: how many there are.
    """
    every = np.arange(datasets)
    each = np.array([statistic(np.delete(every, one)) for one in every])
    error = np.sqrt((datasets - 1) / datasets * ((each - each.mean()) ** 2).sum())
    return Estimate(float(statistic(every)), float(error), datasets - 1, datasets)


def adjust_holm(p: ArrayLike) -> np.ndarray:
    """Adjust the p of a family of tests (m,) after Holm (1979); what is no number is no test."""
    p = np.asarray(p, float)
    adjusted = np.full(len(p), np.nan)
    known = np.flatnonzero(np.isfinite(p))
    order = known[np.argsort(p[known], kind="stable")]
    scaled = np.maximum.accumulate(p[order] * np.arange(len(order), 0, -1))
    adjusted[order] = np.minimum(scaled, 1)
    return adjusted
