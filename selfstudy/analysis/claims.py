"""The paper's claims, each with the statistic that tests it on the runs at hand."""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy import stats

from selfstudy.analysis import CURVE, FEWEST, ONE_NETWORK, READINGS, SCRATCH
from selfstudy.analysis.comparison import correlate_ranks, join_evaluations
from selfstudy.analysis.escaping import escape_markdown
from selfstudy.analysis.outcomes import find_outcomes
from selfstudy.analysis.pages import compose_page
from selfstudy.analysis.uncertainty import DRAWS, LEVEL, bootstrap_curves, find_interval
from selfstudy.analysis.utility import PLACE, measure_utility
from selfstudy.factors import pair_datasets
from selfstudy.measures import ACCURACY, explain_measure

SUPPORTED, REFUTED, OPEN, FEW = "supported", "not supported", "undecided", "not enough runs"
TITLE = "The paper's claims, on these runs"
EXPLAINED = (
    "How each is tested: docs/statistics.md. Intervals are of 95 %. Utilities that are bounds are "
    "left out."
)
PREDICTS = 0.7  # a rank correlation from which on one accuracy predicts the other


class Finding(NamedTuple):
    """A claim and what the runs say of it.

    Attributes:
        claim: of the paper.
        statistic: by which it is tested.
        n: of the cases that the statistic is of.
        value: of the statistic; not a number where there is none.
        low, high: the ends of its 95 % interval; not numbers where there is none.
        verdict: one of SUPPORTED, REFUTED, OPEN and FEW.
    """

    claim: str
    statistic: str
    n: int
    value: float
    low: float
    high: float
    verdict: str


def assess_claims(
    runs: pd.DataFrame, linear: pd.DataFrame, interpolation: str = CURVE
) -> list[Finding]:
    """Test every claim.

    Args:
        runs: the table of `selfstudy.analysis.runs.collect_runs`.
        linear: that of `collect_linear`.
        interpolation: of the curves from scratch, as in `selfstudy.analysis.scratch_curve`.
    """
    table = measure_utility(runs, interpolation)
    return [
        assess_decline(table),
        assess_convergence(find_outcomes(runs)),
        *assess_linear_evaluation(runs, linear),
        assess_best_methods(runs),
        *assess_data(table),
        assess_networks(table),
    ]


def assess_share(claim: str, statistic: str, hits: int, n: int) -> Finding:
    """Test a claim that holds if most of n cases do; the interval is Wilson's."""
    if n < FEWEST:
        return Finding(claim, statistic, n, hits / n if n else np.nan, np.nan, np.nan, FEW)
    low, high = stats.binomtest(hits, n).proportion_ci(LEVEL, "wilson")
    verdict = SUPPORTED if low > 0.5 else REFUTED if high < 0.5 else OPEN
    return Finding(claim, statistic, n, hits / n, low, high, verdict)


def assess_change(claim: str, statistic: str, differences: np.ndarray) -> Finding:
    """Test that the median of paired differences (n,) is not zero (percentile bootstrap)."""
    n = len(differences)
    if n < FEWEST:
        value = np.median(differences) if n else np.nan
        return Finding(claim, statistic, n, value, np.nan, np.nan, FEW)
    chosen = np.random.default_rng(0).integers(0, n, (DRAWS, n))
    low, high = find_interval(np.median(differences[chosen], axis=1))
    verdict = SUPPORTED if low > 0 or high < 0 else OPEN
    return Finding(claim, statistic, n, np.median(differences), low, high, verdict)


def assess_decline(table: pd.DataFrame) -> Finding:
    """Test whether utility falls, from the fewest to the most labels where it is no bound."""
    measured = table[table["utility"].notna()].sort_values("labels")
    ends = measured.groupby([*PLACE, "pretext"])["utility"].agg(["first", "last", "count"])
    ends = ends[ends["count"] > 1]
    hits = int((ends["last"] < ends["first"]).sum())
    statistic = "share of curves whose utility at the most labels is below that at the fewest"
    return assess_share("Utility falls as labels grow", statistic, hits, len(ends))


def assess_convergence(found: pd.DataFrame) -> Finding:
    """Test whether most curves have outcome (c), of the table of `find_outcomes`."""
    known = found[found["outcome"].isin(["a", "b", "c"])]
    statistic = "share of outcome (c) among the curves with outcome (a), (b) or (c)"
    claim = "Pretraining converges to scratch before accuracy saturates"
    return assess_share(claim, statistic, int((known["outcome"] == "c").sum()), len(known))


def assess_linear_evaluation(runs: pd.DataFrame, linear: pd.DataFrame) -> Iterator[Finding]:
    """Test, for each task, whether linear accuracy predicts finetuned accuracy.

    At the most labels, over datasets, backbones and methods.
    """
    both = join_evaluations(runs, linear)
    for task, group in both.groupby("task", sort=False):
        most = group[group["labels"] == group["labels"].max()]
        found = correlate_ranks(most["linear"], most["finetuned"])
        low, high = found["spearman_low"], found["spearman_high"]
        verdict = SUPPORTED if high < PREDICTS else REFUTED if low > PREDICTS else OPEN
        yield Finding(
            f"Linear evaluation does not predict finetuning ({task})",
            f"Spearman's rank correlation; predicts above {PREDICTS}",
            found["n"],
            found["spearman"],
            low,
            high,
            FEW if np.isnan(found["spearman"]) else verdict,
        )


def assess_best_methods(runs: pd.DataFrame) -> Finding:
    """Test whether another task has another best method, by mean accuracy of the first backbone."""
    claim = "The best method depends on the task"
    statistic = "share of draws in which not all tasks have the same best method"
    drawn: dict[str, dict[str, list[np.ndarray]]] = {}
    for (_, backbone, task, pretext), curve in bootstrap_curves(runs).items():
        if backbone == runs["backbone"].iloc[0] and pretext != SCRATCH:
            mean = curve.draws.mean(1)
            drawn.setdefault(task, {}).setdefault(pretext, []).append(mean)
    tasks = [
        np.stack([np.mean(each, axis=0) for each in methods.values()]) for methods in drawn.values()
    ]
    names = [list(methods) for methods in drawn.values()]
    if len(tasks) < 2 or any(np.isnan(task).any() for task in tasks):
        return Finding(claim, statistic, len(tasks), np.nan, np.nan, np.nan, FEW)
    best = np.stack([np.array(n)[task.argmax(0)] for n, task in zip(names, tasks, strict=True)])
    value = float((best != best[0]).any(0).mean())
    verdict = SUPPORTED if value >= LEVEL else REFUTED if value <= 1 - LEVEL else OPEN
    return Finding(claim, statistic, len(tasks), value, np.nan, np.nan, verdict)


def assess_data(table: pd.DataFrame) -> Iterator[Finding]:
    """Test, for each factor, whether utility differs between datasets that differ in it alone."""
    keys = [name for name in [*PLACE, "pretext", "labels"] if name != "dataset"]
    wide = table.pivot_table("utility", keys, "dataset")
    for factor, found in pair_datasets(wide.columns).items():
        each = [(wide[on] - wide[off]).dropna().to_numpy() for off, on in found]
        yield assess_change(
            f"Harder data changes utility ({factor})",
            "median of utility with the factor random less that with it fixed",
            np.concatenate([np.empty(0), *each]),
        )


def assess_networks(table: pd.DataFrame) -> Finding:
    """Test whether utility with the second backbone differs from that with the first."""
    claim, statistic = "A larger network changes utility", "median difference of paired utilities"
    names = list(table["backbone"].unique())[:2]
    if len(names) < 2:
        return Finding(claim, statistic, 0, np.nan, np.nan, np.nan, FEW)
    keys = [name for name in [*PLACE, "pretext", "labels"] if name != "backbone"]
    wide = table.pivot_table("utility", keys, "backbone").reindex(columns=names).dropna()
    statistic = f"median of utility with {names[1]} less that with {names[0]}"
    return assess_change(claim, statistic, (wide[names[1]] - wide[names[0]]).to_numpy())


def tabulate_findings(found: list[Finding]) -> pd.DataFrame:
    """Write the findings as people read them: one row each, all text."""
    rows = [
        {
            "claim": each.claim,
            "statistic": each.statistic,
            "n": str(each.n),
            "value": "" if np.isnan(each.value) else f"{each.value:.2f}",
            "interval": "" if np.isnan(each.low) else f"{each.low:.2f} to {each.high:.2f}",
            "verdict": each.verdict,
        }
        for each in found
    ]
    return pd.DataFrame(rows)


def format_claims(
    found: list[Finding],
    interpolation: str = CURVE,
    networks: str = ONE_NETWORK,
    measure: str = ACCURACY,
) -> str:
    """Write the findings as a page in Markdown.

    Args:
        found: to write.
        interpolation: as of `assess_claims`.
        networks: what intervals know of these (`selfstudy.analysis.describe_networks`).
        measure: what stands for accuracy (`selfstudy.measures`).
    """
    table = tabulate_findings(found).map(escape_markdown)
    table = table.to_markdown(index=False, disable_numparse=True)
    return f"# {TITLE}\n\n{explain(interpolation, networks, measure)}\n\n{table}\n"


def compose_claims_page(
    found: list[Finding],
    interpolation: str = CURVE,
    networks: str = ONE_NETWORK,
    measure: str = ACCURACY,
) -> str:
    """Compose the same page for browsers."""
    explained = explain(interpolation, networks, measure)
    return compose_page(TITLE, {"": explained, "Claims": tabulate_findings(found)})


def explain(interpolation: str, networks: str, measure: str) -> str:
    """Say how claims are tested, and of what."""
    return f"{EXPLAINED} {networks} {READINGS[interpolation]}{explain_measure(measure)}"
