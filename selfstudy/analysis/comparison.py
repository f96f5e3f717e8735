"""Rank correlation, and comparison of methods across datasets (docs/statistics.md)."""

from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy import stats

from selfstudy.analysis import FEWEST, SCRATCH
from selfstudy.analysis.hypotheses import jackknife
from selfstudy.analysis.runs import KEYS, NETWORK, find_networks
from selfstudy.analysis.spread import LEVEL

GROUP = ["backbone", "task", "labels"]
COEFFICIENTS = {"spearman": stats.spearmanr, "kendall": stats.kendalltau}
NEAR_ONE = 0.999  # a correlation of 1 has no place on Fisher's scale


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


def correlate_ranks(x: np.ndarray, y: np.ndarray, dataset: np.ndarray) -> dict[str, float]:
    """Give Spearman's and Kendall's rank correlations of x (n,) and y (n,), with intervals.

    Points of one dataset are not independent: intervals come of leaving out each dataset in turn,
    on Fisher's scale, and are no narrower than those of independent points.

    Args:
        x: of points (n,).
        y: of the same.
        dataset: that each is of.

    Returns:
        `n`; `spearman` and `kendall`; and of each, as `spearman_low` and so on, the ends of the
        95 % interval. All except `n` are not numbers below five points, or where x or y is
        constant; the ends are none below five datasets, either.
    """
    x, y = np.asarray(x, float), np.asarray(y, float)
    each, names = pd.factorize(np.asarray(dataset))
    found = {"n": len(x)}
    for name, coefficient in COEFFICIENTS.items():
        values = dict.fromkeys((name, f"{name}_low", f"{name}_high"), np.nan)
        if len(x) >= FEWEST and np.ptp(x) > 0 and np.ptp(y) > 0:

            def correlate(kept: np.ndarray, coefficient=coefficient) -> float:
                chosen = np.isin(each, kept)
                value = coefficient(x[chosen], y[chosen]).statistic
                return np.arctanh(np.clip(np.nan_to_num(value), -NEAR_ONE, NEAR_ONE))

            values[name] = coefficient(x, y).statistic
            if len(names) >= FEWEST:
                of = jackknife(correlate, len(names))
                of = of._replace(error=max(of.error, 1 / np.sqrt(len(x) - 3)))
                values[f"{name}_low"], values[f"{name}_high"] = np.tanh(of.interval)
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
        dict(zip(GROUP, place, strict=True))
        | correlate_ranks(group["linear"], group["finetuned"], group["dataset"])
        for place, group in pairs.groupby(GROUP, sort=False)
    ]
    columns = [*GROUP, *correlate_ranks([], [], [])]
    return pd.DataFrame(rows, columns=columns)


def correlate_within(runs: pd.DataFrame, linear: pd.DataFrame) -> pd.DataFrame:
    """Correlate methods' ranks on each dataset and backbone, at the most labels that both have.

    Args:
        runs: one task's rows of the table of `selfstudy.analysis.runs.collect_runs`.
        linear: those of that of `collect_linear`.

    Returns:
        One row per dataset and backbone with three methods and two seeds: Spearman's correlation
        of `linear` accuracy with finetuned accuracy of single seeds, and that of these `seeds`
        with each other; means over seeds and pairs of seeds.
    """
    rows = []
    common = set(runs["labels"]) & set(linear["labels"])
    runs = runs[(runs["pretext"] != SCRATCH) & (runs["labels"] == max(common, default=0))]
    linear = linear[linear["labels"] == max(common, default=0)]
    keys = ["dataset", "backbone", "pretext"]
    wide = runs.pivot(index=keys, columns="seed", values="accuracy")
    wide.insert(0, "linear", linear.groupby(keys)["accuracy"].mean())
    wide = wide.dropna(subset="linear")
    for place, group in wide.groupby(keys[:2], sort=False):
        values = group.to_numpy(float)
        values = values[:, np.isfinite(values).sum(0) >= 3]
        values = values[np.isfinite(values).all(1)]
        if values.shape[0] < 3 or values.shape[1] < 3:
            continue
        with np.errstate(invalid="ignore"):  # where all are alike
            found = np.nan_to_num(np.corrcoef(stats.rankdata(values, axis=0), rowvar=False))
        pairs = found[1:, 1:][np.triu_indices(len(found) - 1, 1)]
        rows.append((*place, found[0, 1:].mean(), pairs.mean()))
    return pd.DataFrame(rows, columns=["dataset", "backbone", "linear", "seeds"])


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
