"""Rank correlation, and comparison of methods across datasets (docs/statistics.md)."""

from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy import stats

from selfstudy.analysis import FEWEST
from selfstudy.analysis.runs import KEYS, NETWORK, find_networks
from selfstudy.analysis.uncertainty import DRAWS, LEVEL, find_interval

GROUP = ["backbone", "task", "labels"]
COEFFICIENTS = {"spearman": stats.spearmanr, "kendall": stats.kendalltau}


class Ranks(NamedTuple):
    """Methods ranked on each of several datasets, the best first.

    Attributes:
        mean: the mean rank of each method.
        datasets: how many there are.
        p: of Friedman's test that all methods are alike.
        critical: the difference from which on two mean ranks differ (Nemenyi, 5 %).
    """

    mean: pd.Series
    datasets: int
    p: float
    critical: float


def correlate_ranks(x: np.ndarray, y: np.ndarray) -> dict[str, float]:
    """Give Spearman's and Kendall's rank correlations of x (n,) and y (n,), with intervals.

    Returns:
        `n`; `spearman` and `kendall`; and of each, as `spearman_low` and so on, the ends of the
        95 % interval of the percentiles where the pairs are drawn anew. All except `n` are not
        numbers below five pairs, or where x or y is constant.
    """
    x, y = np.asarray(x, float), np.asarray(y, float)
    found, rng = {"n": len(x)}, np.random.default_rng(0)
    chosen = rng.integers(0, len(x), (DRAWS // 4, len(x))) if len(x) else []
    for name, coefficient in COEFFICIENTS.items():
        values = dict.fromkeys((name, f"{name}_low", f"{name}_high"), np.nan)
        if len(x) >= FEWEST and np.ptp(x) > 0 and np.ptp(y) > 0:
            varied = [pair for pair in chosen if np.ptp(x[pair]) > 0 and np.ptp(y[pair]) > 0]
            draws = np.array([coefficient(x[pair], y[pair]).statistic for pair in varied])
            values = dict(
                zip(values, (coefficient(x, y).statistic, *find_interval(draws)), strict=True)
            )
        found |= values
    return {name: value if name == "n" else float(value) for name, value in found.items()}


def join_evaluations(runs: pd.DataFrame, linear: pd.DataFrame) -> pd.DataFrame:
    """Join the accuracies of pretrained networks that were both evaluated linearly and finetuned.

    Args:
        runs: the table of `selfstudy.analysis.runs.collect_runs`.
        linear: that of `collect_linear`.

    Returns:
        One row per network, task and budget: `linear` and `finetuned`, mean accuracies over the
        seeds that start from it.
    """
    keys = [*KEYS, NETWORK]
    means = [
        table.assign(**{NETWORK: find_networks(table)})
        .groupby(keys, sort=False, dropna=False)["accuracy"]
        .mean()
        .rename(name)
        .reset_index()
        for name, table in (("linear", linear), ("finetuned", runs))
    ]
    return pd.merge(*means, on=keys)


def correlate_evaluations(runs: pd.DataFrame, linear: pd.DataFrame) -> pd.DataFrame:
    """Correlate linear with finetuned accuracy, over datasets and methods.

    Returns:
        One row per backbone, task and budget: the values of `correlate_ranks`.
    """
    pairs = join_evaluations(runs, linear)
    rows = [
        dict(zip(GROUP, place, strict=True)) | correlate_ranks(group["linear"], group["finetuned"])
        for place, group in pairs.groupby(GROUP, sort=False)
    ]
    columns = [*GROUP, *correlate_ranks([], [])]
    return pd.DataFrame(rows, columns=columns)


def rank_methods(accuracy: pd.DataFrame) -> Ranks:
    """Compare methods by their ranks, after Demšar (2006).

    Args:
        accuracy: one row per dataset, one column per method; datasets that lack a method are left
            out.

    Returns:
        The ranks; `p` and `critical` are not numbers for fewer than five datasets or three methods.
    """
    whole = accuracy.dropna()
    datasets, methods = whole.shape
    mean = whole.rank(axis=1, ascending=False).mean()
    if datasets < FEWEST or methods < 3:
        return Ranks(mean, datasets, np.nan, np.nan)
    p = stats.friedmanchisquare(*(whole[method] for method in whole)).pvalue
    q = stats.studentized_range.ppf(LEVEL, methods, np.inf) / np.sqrt(2)
    critical = q * np.sqrt(methods * (methods + 1) / (6 * datasets))
    return Ranks(mean, datasets, float(p), float(critical))


def tabulate_ranks(runs: pd.DataFrame) -> pd.DataFrame:
    """Rank the methods for each backbone, task and budget.

    Returns:
        One row per backbone, task, budget and method: its mean `rank` over so many `datasets`, and
        the `p` and `critical` of `Ranks`.
    """
    columns = [*GROUP, "pretext", "rank", "datasets", "p", "critical"]
    rows = []
    for place, group in runs.groupby(GROUP, sort=False):
        table = group.pivot_table(index="dataset", columns="pretext", values="accuracy")
        result = rank_methods(table)
        for method, rank in result.mean.items():
            row = dict(zip(GROUP, place, strict=True))
            row |= {"pretext": method, "rank": rank, "datasets": result.datasets}
            rows.append(row | {"p": result.p, "critical": result.critical})
    return pd.DataFrame(rows, columns=columns)
