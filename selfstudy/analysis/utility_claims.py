"""The claims about utility: that it falls with labels, and what of the data or network changes it.

All are tests of gains, the logarithms of 1 + utility, of `selfstudy.analysis.gains`.
"""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from selfstudy.analysis import FEWEST
from selfstudy.analysis.findings import Case, Finding, judge
from selfstudy.analysis.gains import align
from selfstudy.analysis.hypotheses import (
    Estimate,
    attribute_to_seeds,
    estimate_coefficients,
    estimate_mean,
)
from selfstudy.errors import ConfigurationError
from selfstudy.factors import MULTI, Factors

MEASURED = 0.8  # the share of points at a budget of which more than a bound must be known
ALIKE = np.log(1.25)  # factors nearer to 1 are as good as no difference
CELL = ["backbone", "task", "pretext", "labels"]


def assess_decline(gains: pd.DataFrame, without: Sequence[pd.DataFrame] = ()) -> list[Finding]:
    """Test whether utility falls, from the fewest to many labels where it is measured.

    The larger budget is the last but one of those with enough utilities that are no bounds: at
    the last one, those that chance has raised are the ones that are missing.

    Args:
        gains: of `selfstudy.analysis.gains.measure_gains`.
        without: of `leave_out_seeds` there, to tell how many more seeds would decide.
    """
    budgets = {}
    for place, group in gains.groupby(["backbone", "task"], sort=False):
        share = group["gain"].notna().groupby(group["labels"]).mean()
        measured = share.index[share >= MEASURED]
        if len(measured) >= 3:
            budgets[place] = measured[0], measured[-2]
    found = subtract_budgets(gains, budgets)
    each = found.dropna().groupby("dataset").mean()
    estimate = estimate_mean(each)
    repeats = [subtract_budgets(one, budgets).dropna().groupby("dataset").mean() for one in without]
    estimate = attribute_to_seeds(estimate, *center(each, repeats))
    statistic = (
        f"labels saved, 1 + U, at many labels over those at few ({found.isna().sum()} of "
        f"{len(found)} curves left out as bounds)"
    )
    enough = estimate.datasets >= FEWEST
    return judge(
        [
            Case(
                "Utility falls as labels grow",
                statistic,
                estimate,
                estimate.test_below() if enough else np.nan,
                estimate.test_above(-ALIKE),
                max(-estimate.measure(), estimate.measure(-ALIKE)),
                factor=True,
                needs=f"{FEWEST} datasets with three budgets where utility is measured",
            )
        ]
    )


def subtract_budgets(gains: pd.DataFrame, budgets: Mapping) -> pd.Series:
    """Subtract the gains at the first of two budgets, of each backbone and task, from the second's.

    Returns:
        One difference per dataset, method, backbone and task; not a number where a gain is none.
    """
    parts = []
    for place, group in gains.groupby(["backbone", "task"], sort=False):
        if place in budgets:
            first, last = budgets[place]
            wide = group.pivot(index=["dataset", "pretext"], columns="labels", values="gain")
            parts.append(wide[last] - wide[first])
    empty = pd.MultiIndex.from_arrays([[], []], names=["dataset", "pretext"])
    return pd.concat(parts) if parts else pd.Series(dtype=float, index=empty)


def assess_data(gains: pd.DataFrame, without: Sequence[pd.DataFrame] = ()) -> list[Finding]:
    """Test, for each factor of the data, whether it changes utility; all four are one family.

    Args:
        gains: as of `assess_decline`.
        without: as there.
    """
    values, *repeats = (
        average_gains(each[~each["dataset"].astype(str).str.endswith(MULTI)])
        for each in (gains, *without)
    )
    rows = {}
    for dataset in values.index:
        try:
            rows[dataset] = Factors.parse(dataset)
        except ConfigurationError:
            continue  # of other images, which have no factors
    factors = np.array(list(rows.values()), float).reshape(-1, len(Factors._fields))
    values = values[list(rows)]
    estimates = estimate_factors(values.to_numpy(), factors, align(values, repeats))
    bounds = gains["gain"].isna().sum()
    cases = []
    for name, estimate in zip(Factors._fields, estimates, strict=True):
        enough = estimate.datasets >= FEWEST and estimate.freedom > 0
        cases.append(
            compare(
                f"Harder data changes utility ({name})",
                "labels saved, 1 + U, with the factor random over those with it fixed, by least "
                f"squares ({bounds} of {len(gains)} points left out as bounds)",
                estimate,
                enough,
                f"{FEWEST} datasets, more than there are factors that vary by two, in which this "
                "one varies on its own",
                most=2 ** len(Factors._fields),
            )
        )
    return judge(cases)


def assess_networks(gains: pd.DataFrame, without: Sequence[pd.DataFrame] = ()) -> list[Finding]:
    """Test whether utility with other backbones differs from that with the first.

    At budgets with enough pairs that are no bounds: elsewhere, those that are left are the ones
    that chance has lowered, and more so where runs spread more.

    Args:
        gains: as of `assess_decline`.
        without: as there.
    """
    names = list(gains["backbone"].unique())
    wide, *repeats = (
        each.pivot(
            index=["dataset", "task", "pretext", "labels"], columns="backbone", values="gain"
        )
        for each in (gains, *without)
    )
    claim, cases = "A larger network changes utility", []
    for name in names[1:]:
        differences = wide[name] - wide[names[0]]
        share = differences.notna().groupby(["task", "labels"]).transform("mean")
        differences = differences[share >= MEASURED].dropna()
        each = differences.groupby("dataset").mean()
        others = [
            (one[name] - one[names[0]]).reindex(differences.index).groupby("dataset").mean()
            for one in repeats
        ]
        estimate = attribute_to_seeds(estimate_mean(each), *center(each, others))
        cases.append(
            compare(
                f"{claim} ({name})" if len(names) > 2 else claim,
                f"labels saved, 1 + U, with {name} over those with {names[0]} "
                f"({len(wide) - len(differences)} of {len(wide)} pairs left out as bounds)",
                estimate,
                estimate.datasets >= FEWEST,
                f"{FEWEST} datasets with both",
            )
        )
    if not cases:
        none = estimate_mean([])
        cases = [compare(claim, "labels saved with another backbone", none, False, "two backbones")]
    return judge(cases)


def compare(
    claim: str,
    statistic: str,
    estimate: Estimate,
    enough: bool,
    needs: str,
    most: float = np.inf,
) -> Case:
    """Make the case that something changes utility, either way.

    Against it is that the change is surely within `ALIKE`.
    """
    below, above = estimate.measure(-ALIKE), -estimate.measure(ALIKE)
    p = estimate.test_other() if enough else np.nan
    against = max(estimate.test_above(-ALIKE), estimate.test_below(ALIKE))
    # The first is a two-sided test: of t, the size alone counts.
    t = max(abs(estimate.measure()), min(below, above))
    return Case(claim, statistic, estimate, p, against, t, True, needs, tests=2, most=most)


def center(values: pd.Series, without: Sequence[pd.Series]) -> tuple[np.ndarray, list[np.ndarray]]:
    """Take their means away of datasets' values (d,), and of those without each seed."""
    others = align(values, without)
    return (values - values.mean()).to_numpy(), [one - one.mean() for one in others if len(one)]


def average_gains(gains: pd.DataFrame) -> pd.Series:
    """Average the gains of each dataset over backbones, tasks, methods and budgets.

    Not all are known of all datasets: means are those of a dataset's and a point's effects.
    """
    known = gains.dropna(subset="gain")
    dataset, names = pd.factorize(known["dataset"], sort=True)
    cell = known.groupby(CELL, sort=False).ngroup().to_numpy()
    if not len(known):
        return pd.Series(dtype=float)
    design = np.concatenate([np.eye(len(names))[dataset], np.eye(cell.max() + 1)[cell]], axis=1)
    effects, *_ = np.linalg.lstsq(design, known["gain"].to_numpy())
    return pd.Series(effects[: len(names)], names)


def estimate_factors(
    values: np.ndarray, factors: np.ndarray, without: Sequence[np.ndarray] = ()
) -> list[Estimate]:
    """Estimate what each factor adds to datasets' values, by least squares.

    Args:
        values: of datasets (d,).
        factors: which are random (d, 4), 0 or 1.
        without: the values without each of the seeds (d,).

    Returns:
        An estimate for each; without degrees of freedom where it cannot be told from the others.
    """
    none = Estimate(np.nan, np.nan, 0, len(values))
    found = [none] * factors.shape[1]
    if not len(values):
        return found
    design = np.column_stack([np.ones(len(values)), factors])
    varied = [0, *(1 + np.flatnonzero(np.ptp(factors, axis=0) > 0))]
    design = design[:, varied]
    if np.linalg.matrix_rank(design) < len(varied) or len(values) <= len(varied):
        return found
    residual, *others = (
        each - design @ np.linalg.lstsq(design, each)[0] for each in (values, *without)
    )
    for column, estimate in zip(varied, estimate_coefficients(values, design), strict=True):
        if column:
            found[column - 1] = attribute_to_seeds(estimate, residual, others)
    return found
