"""How far means over few seeds may lie from the truth (docs/statistics.md).

Three seeds alone say little about their own spread. Of each method it is therefore estimated over
all budgets, along a trend that methods share; never over methods, since they differ in it. What is
drawn anew is a pretrained network where there are several, and else a seed.
"""

from typing import NamedTuple

import numpy as np
from scipy import optimize, stats

LEVEL = 0.95
STEEPEST = 2.0  # that variance changes with labels, as a power of these


class Spread(NamedTuple):
    """What is known of the spread of t methods at k budgets.

    Attributes:
        variance: of one draw (t, k).
        freedom: the degrees of freedom that it is known with (t, k); 0 where it is not.
        between_budgets: the correlation of a method's draws at two budgets (t,), 0 to 1.
        between_methods: that of two methods' at one budget, 0 to 1.
    """

    variance: np.ndarray
    freedom: np.ndarray
    between_budgets: np.ndarray
    between_methods: float


def estimate_margins(values: np.ndarray, network: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Estimate by how much means over seeds may differ from the truth, at 95 %.

    Args:
        values: of t methods, s seeds and k budgets (t, s, k); not numbers where there is none.
        network: that each seed starts from (t, s), any integers. Where a method has only one,
            margins are those of finetuning this network anew.
        labels: the budgets (k,).

    Returns:
        Half of the interval's width (t, k); not numbers where nothing tells the spread.
    """
    draws, weight = average_networks(values, network)
    spread = estimate_spread(draws, labels)
    return find_margin(spread.variance * weight, spread.freedom)


def find_margin(variance: np.ndarray, freedom: np.ndarray) -> np.ndarray:
    """Find half of a 95 % interval's width; not a number where there are no degrees of freedom."""
    known = freedom > 0
    quantile = stats.t.ppf(0.5 + LEVEL / 2, np.where(known, freedom, 1))
    return np.where(known, quantile * np.sqrt(variance), np.nan)


def average_networks(values: np.ndarray, network: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Average the seeds that start from one network; where there is but one, seeds are the draws.

    Args:
        values: as in `estimate_margins` (t, s, k).
        network: as there (t, s).

    Returns:
        The draws (t, s, k), not numbers where there are fewer; and the share of a draw's variance
        that is left in the mean over seeds (t, k).
    """
    seeds = np.arange(values.shape[1])
    draws, weight = [], []
    for table, own in zip(values, network, strict=True):
        found = np.isfinite(table)
        own = seeds if len(np.unique(own)) < 2 else own
        draw = own[:, None] == np.unique(own)
        draw = np.pad(draw, ((0, 0), (0, len(seeds) - draw.shape[1])))
        count = draw.T.astype(float) @ found  # (s, k): of the seeds in each draw
        total = draw.T.astype(float) @ np.where(found, table, 0)
        with np.errstate(divide="ignore", invalid="ignore"):
            draws.append(total / count)
            weight.append(((count / count.sum(0)) ** 2).sum(0))
    return np.stack(draws), np.stack(weight)


def estimate_spread(draws: np.ndarray, labels: np.ndarray) -> Spread:
    """Estimate the spread of methods' draws.

    A method's variance is a level of its own times a power of labels that methods share, and is
    shrunk towards the sample's where these vary about it more than they would by chance.

    Args:
        draws: of t methods and k budgets (t, u, k); not numbers where there are fewer.
        labels: the budgets (k,).
    """
    found = np.isfinite(draws)
    count = found.sum(1)
    own = np.maximum(count - 1, 0)  # degrees of freedom
    with np.errstate(divide="ignore", invalid="ignore"):
        mean = np.where(found, draws, 0).sum(1) / count
        residual = np.where(found, draws - mean[:, None], 0)
        sample = np.nan_to_num((residual**2).sum(1) / own)
        x = np.log(labels / np.exp(np.log(labels).mean()))
        slope = fit_slope(sample, own, x)
        total = own.sum(1)[:, None]
        level = (own * sample / np.exp(slope * x)).sum(1, keepdims=True) / total
        trend = level * np.exp(slope * x)
        scaled = np.nan_to_num(residual / np.sqrt(trend)[:, None])
    budgets = correlate(scaled, found)
    methods = correlate(scaled.transpose(2, 1, 0), found.transpose(2, 1, 0))
    # A method is taken to be as correlated as all are, or as it is itself where that is more.
    between = np.clip(np.fmax(divide(*budgets), divide(*np.sum(budgets, 1))), 0, 1)
    alike = float(np.clip(divide(*np.sum(methods, 1)), 0, 1))

    # Of the logarithm of the trend: the variance that comes of the level, and of the slope.
    effective = divide(total, 1 + (len(labels) - 1) * between[:, None] ** 2)
    center = divide((own * x).sum(1, keepdims=True), total)
    information = (own * (x - center) ** 2).sum() / 2
    of_slope = divide((x - center) ** 2 * (1 + (len(draws) - 1) * alike**2), information)
    of_trend = divide(2, effective) + of_slope
    doubt = find_doubt(divide(sample, trend), own, effective)
    share = divide(own * doubt, own * doubt + 2)  # that the sample's variance has
    of_both = divide(2 * doubt, own * doubt + 2) + (1 - share) ** 2 * of_trend
    freedom = np.where(total > 0, np.maximum(divide(2, of_both), own), 0)
    return Spread(share * sample + (1 - share) * trend, freedom, between, alike)


def fit_slope(sample: np.ndarray, own: np.ndarray, x: np.ndarray) -> float:
    """Find the power of labels that variances follow, the most likely one.

    Args:
        sample: variances (t, k), each of normal values.
        own: their degrees of freedom (t, k).
        x: logarithms of labels (k,).
    """
    told = (own > 0) & (sample > 0)
    if len(np.unique(np.nonzero(told)[1])) < 2:
        return 0.0
    squares = own * sample
    spread = squares.sum(1) > 0
    squares, own = squares[spread], own[spread]

    def lose(slope: float) -> float:
        levels = (squares * np.exp(-slope * x)).sum(1)
        return (own.sum(1) * np.log(levels)).sum() + slope * (own * x).sum()

    return float(optimize.minimize_scalar(lose, bounds=(-STEEPEST, STEEPEST), method="bounded").x)


def correlate(scaled: np.ndarray, found: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Sum products over pairs of columns.

    Args:
        scaled: residuals of variance 1 (a, u, b), 0 where there is none.
        found: where there are any (a, u, b).

    Returns:
        The sums (a,), and how many degrees of freedom they have.
    """
    number = found.astype(float)
    apart = ~np.eye(scaled.shape[2], dtype=bool)
    products = (scaled.transpose(0, 2, 1) @ scaled * apart).sum((1, 2))
    freedom = np.maximum(number.transpose(0, 2, 1) @ number - 1, 0) * apart
    return products, freedom.sum((1, 2))


def find_doubt(ratio: np.ndarray, own: np.ndarray, effective: np.ndarray) -> float:
    """Find the relative variance of true variances about their trend.

    Args:
        ratio: of sample variances to the trend (t, k).
        own: degrees of freedom of each (t, k).
        effective: those of each method's level (t, 1).
    """
    told = own > 0
    expected = divide(1 + divide(2, own), 1 + divide(2, effective))
    excess = divide((ratio**2)[told].sum(), expected[told].sum()) - 1
    return float(max(excess, 0))


def divide(over: np.ndarray, under: np.ndarray) -> np.ndarray:
    """Divide; what is divided by zero becomes 0."""
    over, under = np.broadcast_arrays(np.asarray(over, float), np.asarray(under, float))
    return np.divide(over, under, out=np.zeros(over.shape), where=under != 0)
