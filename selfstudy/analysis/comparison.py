"""Rank correlation, and comparison of methods across datasets (docs/statistics.md)."""

from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy import stats

from selfstudy.analysis import FEWEST
from selfstudy.analysis.uncertainty import DRAWS, LEVEL, find_interval

COEFFICIENTS = {"spearman": stats.spearmanr, "kendall": stats.kendalltau}


class Ranks(NamedTuple):
    """Methods ranked on each of several datasets, the best first."""

    mean: pd.Series  # mean rank of each method
    datasets: int
    p: float  # that all are alike (Friedman)
    critical: float  # mean ranks that differ by more differ (Nemenyi, 5 %)


def correlate_ranks(x: np.ndarray, y: np.ndarray) -> dict[str, float]:
    """Spearman's and Kendall's coefficients of pairs (n,), each with `low` and `high`.

    The interval is that of the percentiles where the pairs are drawn anew. Everything but `n` is
    not a number below five pairs.
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
    """A row a pretrained network, task and budget that was evaluated both ways: `linear` and
    `finetuned`, mean accuracies over seeds.

    Args:
        runs, linear: tables of `collect_runs` and `collect_linear` in `selfstudy.analysis.runs`.
    """
    keys = ["dataset", "backbone", "pretext", "task", "labels"]
    means = (table.groupby(keys, sort=False)["accuracy"].mean() for table in (linear, runs))
    both = pd.concat(dict(zip(("linear", "finetuned"), means, strict=True)), axis=1)
    return both.dropna().reset_index()


def correlate_evaluations(runs: pd.DataFrame, linear: pd.DataFrame) -> pd.DataFrame:
    """A row a backbone, task and budget: the rank correlation over datasets and methods."""
    pairs = join_evaluations(runs, linear)
    rows = [
        dict(zip(("backbone", "task", "labels"), place, strict=True))
        | correlate_ranks(group["linear"], group["finetuned"])
        for place, group in pairs.groupby(["backbone", "task", "labels"], sort=False)
    ]
    columns = ["backbone", "task", "labels", *correlate_ranks([], [])]
    return pd.DataFrame(rows, columns=columns)


def rank_methods(accuracy: pd.DataFrame) -> Ranks:
    """Compare methods by their ranks, after Demšar (2006).

    Args:
        accuracy: a row a dataset, a column a method; datasets that lack a method are left out.

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
    """A row a backbone, task, budget and method: its mean `rank` over so many `datasets`, and the
    `p` and `critical` of `Ranks`.
    """
    columns = ["backbone", "task", "labels", "pretext", "rank", "datasets", "p", "critical"]
    rows = []
    for place, group in runs.groupby(["backbone", "task", "labels"], sort=False):
        table = group.pivot_table(index="dataset", columns="pretext", values="accuracy")
        result = rank_methods(table)
        for method, rank in result.mean.items():
            row = dict(zip(("backbone", "task", "labels"), place, strict=True))
            row |= {"pretext": method, "rank": rank, "datasets": result.datasets}
            rows.append(row | {"p": result.p, "critical": result.critical})
    return pd.DataFrame(rows, columns=columns)
