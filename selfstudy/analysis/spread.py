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
    """

    variance: np.ndarray
    freedom: np.ndarray


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
    draws, weight = np.full_like(values, np.nan), np.full(values[:, 0].shape, np.nan)
    for index, (table, own) in enumerate(zip(values, network, strict=True)):
        names = np.unique(own)
        if len(names) == 1:
            own = names = np.arange(len(own))
        member = (names[:, None] == own).astype(float)  # (u, s)
        found = np.isfinite(table)
        count = member @ found
        with np.errstate(divide="ignore", invalid="ignore"):
            draws[index, : len(names)] = member @ np.where(found, table, 0) / count
            weight[index] = ((count / count.sum(0)) ** 2).sum(0)
    return draws, weight


def estimate_spread(draws: np.ndarray, labels: np.ndarray) -> Spread:
    """Estimate the spread of methods' draws.

    A method's variance is a level of its own times a power of labels that methods share, and is
    shrunk towards the sample's where these vary about it more than they would by chance.

    Args:
        draws: of t methods and k budgets (t, u, k); not numbers where there are fewer.
        labels: the budgets (k,).
    """
    found = np.isfinite(draws)
    own = np.maximum(found.sum(1) - 1, 0)  # degrees of freedom
    x = np.log(labels) - np.log(labels).mean()
    with np.errstate(divide="ignore", invalid="ignore"):
        mean = np.where(found, draws, 0).sum(1) / found.sum(1)
        residual = np.where(found, draws - mean[:, None], 0)
        sample = np.nan_to_num((residual**2).sum(1) / own)
        trend = fit_trend(sample, own, x)
        scaled = np.nan_to_num(residual / np.sqrt(trend)[:, None])
        level = own.sum(1, keepdims=True) / find_repetition(scaled, found)
        of_trend = 2 / level + doubt_slope(scaled, found, own, x)
        scatter = find_scatter(np.nan_to_num(sample / trend), own, level)
        share = own * scatter / (own * scatter + 2)  # that the sample's variance has
        doubt = 2 * scatter / (own * scatter + 2) + (1 - share) ** 2 * of_trend
        return Spread(share * sample + (1 - share) * trend, np.maximum(2 / doubt, own))


def fit_trend(sample: np.ndarray, own: np.ndarray, x: np.ndarray) -> np.ndarray:
    """Fit variances (t, k) that are a level of each method times a power of labels, the likeliest.

    Args:
        sample: variances (t, k), each of normal values.
        own: their degrees of freedom (t, k).
        x: logarithms of labels (k,).
    """
    squares, total = own * sample, own.sum(1)
    varied = squares.any(1)

    def lose(slope: float) -> float:
        levels = (squares[varied] * np.exp(-slope * x)).sum(1)
        return total[varied] @ np.log(levels) + slope * (own[varied] @ x).sum()

    slope = 0.0
    if squares.any(0).sum() > 1:  # budgets
        slope = optimize.minimize_scalar(lose, bounds=(-STEEPEST, STEEPEST), method="bounded").x
    power = np.exp(slope * x)
    return (squares / power).sum(1, keepdims=True) / total[:, None] * power


def find_repetition(scaled: np.ndarray, found: np.ndarray) -> np.ndarray:
    """Find how many budgets of each method tell as much of its level as one would alone (t, 1).

    A pretrained network shifts all of its budgets alike, and so does a label subset that others
    contain. A method is taken to be as correlated as all are, or as it is itself if that is more.

    Args:
        scaled: residuals of variance 1 (t, u, k), 0 where there is none.
        found: where there are any (t, u, k).
    """
    products, freedom = correlate(scaled, found)
    between = np.fmax(products / freedom, products.sum() / freedom.sum())
    between = np.clip(np.nan_to_num(between), 0, 1)
    return 1 + (scaled.shape[2] - 1) * between[:, None] ** 2


def doubt_slope(
    scaled: np.ndarray, found: np.ndarray, own: np.ndarray, x: np.ndarray
) -> np.ndarray:
    """Find the variance (t, k) of the trend's logarithm that comes of its slope.

    Methods that share label subsets tell less of it than as many that do not.
    """
    products, freedom = correlate(scaled.transpose(2, 1, 0), found.transpose(2, 1, 0))
    alike = np.clip(np.nan_to_num(products.sum() / freedom.sum()), 0, 1)
    center = (own @ x / np.maximum(own.sum(1), 1))[:, None]
    information = (own * (x - center) ** 2).sum() / 2
    doubt = (x - center) ** 2 * (1 + (len(scaled) - 1) * alike**2) / information
    return np.nan_to_num(doubt, posinf=np.inf)


def correlate(scaled: np.ndarray, found: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Sum the products of pairs of columns.

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


def find_scatter(ratio: np.ndarray, own: np.ndarray, level: np.ndarray) -> float:
    """Find the relative variance of true variances about their trend, by the moments.

    Args:
        ratio: of sample variances to the trend (t, k).
        own: degrees of freedom of each (t, k).
        level: those of each method's level (t, 1).
    """
    told = own > 0
    expected = (1 + 2 / own) / (1 + 2 / level)
    return max(np.nan_to_num((ratio**2)[told].sum() / expected[told].sum() - 1), 0)
