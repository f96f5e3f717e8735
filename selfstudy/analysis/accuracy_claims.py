"""The claims about accuracy: convergence to scratch, linear evaluation, and the best method."""

from collections.abc import Callable, Sequence

import numpy as np
import pandas as pd

from selfstudy.analysis import FEWEST
from selfstudy.analysis.comparison import correlate_within
from selfstudy.analysis.findings import Case, Finding, judge
from selfstudy.analysis.hypotheses import (
    Estimate,
    attribute_to_seeds,
    estimate_mean,
    jackknife,
)
from selfstudy.analysis.outcomes import MARGIN, find_last
from selfstudy.analysis.utility import PLACE

PREDICTS = 0.7  # a rank correlation from which on one accuracy predicts the other


def assess_convergence(gains: pd.DataFrame) -> list[Finding]:
    """Test of each method whether it helps with few labels, and no more before saturation.

    Both must be shown: by more than the margin at some budget, and less than it, either way, at
    the last budget before saturation. Methods are a family.
    """
    known = gains.dropna(subset="scratch")
    if known.empty:
        return judge([_make_convergence("", estimate_mean([]), [])])
    wide = known.pivot(index=[*PLACE, "pretext"], columns="labels", values=["accuracy", "scratch"])
    scratch = wide["scratch"].to_numpy()
    lead = wide["accuracy"].to_numpy() - scratch
    last = np.array([find_last(each) for each in scratch], int)
    ends = np.take_along_axis(lead, last[:, None], 1)
    before = np.where(np.arange(lead.shape[1]) < last[:, None], lead, np.nan)
    leads = pd.DataFrame(np.concatenate([ends, before], 1), wide.index)
    cases = []
    for pretext, each in leads.groupby(["pretext", "dataset"]).mean().groupby("pretext"):
        end, *helps = map(estimate_mean, each.to_numpy().T)
        helps = [earlier for earlier in helps if earlier.datasets >= FEWEST]
        cases.append(_make_convergence(str(pretext), end, helps))
    return judge(cases)


def _make_convergence(pretext: str, end: Estimate, helps: Sequence[Estimate]) -> Case:
    enough = end.datasets >= FEWEST and len(helps) > 0
    helped = min((each.test_above(MARGIN) for each in helps), default=np.nan) * len(helps)
    within = max(end.test_above(-MARGIN), end.test_below(MARGIN))
    never = max([each.test_below(MARGIN) for each in [*helps, end]])
    return Case(
        "Pretraining converges to scratch before accuracy saturates"
        + (f" ({pretext})" if pretext else ""),
        "accuracy less that of scratch at the last budget before saturation; converged within "
        f"{MARGIN}, having been more at fewer labels",
        end,
        max(min(helped, 1), within) if enough else np.nan,
        2 * min(end.test_above(MARGIN), never) if enough else np.nan,
        np.nan,  # the datasets that both tests need were too few in simulations
        needs=f"{FEWEST} datasets with three budgets",
    )


def assess_linear_evaluation(runs: pd.DataFrame, linear: pd.DataFrame) -> list[Finding]:
    """Test, for each task, whether linear accuracy predicts finetuned accuracy at the most labels.

    Between the methods of a dataset and backbone. Finetuned accuracies of seeds correlate
    imperfectly, too; what linear accuracy is held to is the correlation with their truth. Tasks
    are a family.
    """
    cases = []
    for task in linear["task"].unique():
        both = correlate_within(runs[runs["task"] == task], linear[linear["task"] == task])
        values = both.groupby("dataset")[["linear", "seeds"]].mean().to_numpy()
        repeats = estimate_mean(values[:, 1])
        enough = len(values) >= FEWEST and repeats.value > 0
        estimate = _repeat(correct_attenuation, values, enough)
        margin = _repeat(exceed, values, enough)
        told = repeats.test_above()
        cases.append(
            Case(
                f"Linear evaluation does not predict finetuning ({task})",
                "Spearman's correlation between methods on a dataset, corrected for the spread of "
                f"seeds; predicts above {PREDICTS}",
                estimate,
                max(margin.test_below(), told) if enough else np.nan,
                max(margin.test_above(), told) if enough else np.nan,
                min(abs(margin.measure()), repeats.measure()) if enough else 0,
                needs=f"{FEWEST} datasets with three methods and two seeds of each, that differ "
                "more than seeds do",
            )
        )
    return judge(cases)


def _repeat(statistic: Callable[[np.ndarray], float], values: np.ndarray, enough: bool) -> Estimate:
    """Estimate a statistic of the means of the datasets' values (d, 2), if they are enough."""
    if not enough:
        return Estimate(np.nan, np.nan, 0, len(values))
    return jackknife(lambda kept: statistic(values[kept].mean(0)), len(values))


def correct_attenuation(means: np.ndarray) -> float:
    """Correct a mean correlation with single seeds for how seeds correlate with each other."""
    return float(means[0] / np.sqrt(max(means[1], 1e-3)))


def exceed(means: np.ndarray) -> float:
    """Say by how much linear accuracy correlates more than what predicts would."""
    return float(means[0] - PREDICTS * np.sqrt(max(means[1], 0)))


def assess_best_methods(gains: pd.DataFrame, without: Sequence[pd.DataFrame] = ()) -> list[Finding]:
    """Test whether no method is the best on all tasks, by mean accuracy over budgets.

    For each method there must be another that is better on some task.

    Args:
        gains: of `selfstudy.analysis.gains.measure_gains`.
        without: of `leave_out_seeds` there, to tell how many more seeds would decide.
    """
    claim = "The best method depends on the task"
    each, *repeats = map(average_budgets, (gains, *without))
    methods = list(each)
    leads: dict[tuple[str, str, str], Estimate] = {}
    for task, table in each.groupby("task"):
        table = table.dropna(axis=1, how="all").dropna()
        others = [one.reindex_like(table).fillna(table) for one in repeats]
        found = compare_methods(table, others)
        leads |= {(task, *pair): lead for pair, lead in found.items()}
    tasks = {task for task, *_ in leads}
    if len(tasks) < 2:
        none = estimate_mean([])
        needs = f"two tasks on {FEWEST} datasets, two methods"
        return judge([Case(claim, "methods' lead", none, np.nan, np.nan, 0, needs=needs)])

    beaten = {}  # the surest lead over each method
    always = []  # of each method, the p that it leads everywhere
    for one in methods:
        own = {key: lead for key, lead in leads.items() if key[1] == one}
        if not own:
            continue
        key = max(own, key=lambda key: own[key].measure())
        beaten[one] = key, min(own[key].test_above() * len(own), 1), len(own)
        always.append(max(lead.test_below() for lead in own.values()))
    hardest = max(beaten, key=lambda one: beaten[one][1])
    (task, one, other), p, tests = beaten[hardest]
    lead = leads[task, one, other]
    return judge(
        [
            Case(
                claim,
                f"accuracy on {task} of {other} less that of {one}, the method that is the hardest "
                "to beat anywhere",
                lead,
                p,
                min(1, min(always) * len(always)),
                lead.measure(),
                tests=tests,
            )
        ]
    )


def average_budgets(gains: pd.DataFrame) -> pd.DataFrame:
    """Average accuracies over the budgets of those that have all, and over backbones.

    Returns:
        A row per task and dataset, a column per method.
    """
    budgets = gains.groupby("task")["labels"].nunique()
    whole = gains.groupby([*PLACE, "pretext"])["accuracy"].agg(["mean", "count"]).reset_index()
    whole = whole[whole["count"] == whole["task"].map(budgets)]
    return whole.groupby(["task", "dataset", "pretext"])["mean"].mean().unstack("pretext")


def compare_methods(
    table: pd.DataFrame, without: Sequence[pd.DataFrame] = ()
) -> dict[tuple[str, str], Estimate]:
    """Estimate by how much each method leads each other one, over datasets.

    As in an analysis of variance of datasets and methods: what is left when both their means are
    taken away tells the error, of all methods together.

    Args:
        table: accuracies, a row per dataset, a column per method.
        without: the same without each of the seeds.

    Returns:
        The lead over the first of two methods of the second; nothing of too few datasets.
    """
    n, m = table.shape
    if n < FEWEST or m < 2:
        return {}
    mean, freedom = table.mean(), (n - 1) * (m - 1)
    left, *others = (
        values - values.mean(0) - values.mean(1, keepdims=True) + values.mean()
        for values in (each.to_numpy() for each in (table, *without))
    )
    error = float(np.sqrt((left**2).sum() / freedom * 2 / n))
    lead = attribute_to_seeds(Estimate(0.0, error, freedom, n), left, others)
    return {
        (one, other): lead._replace(value=float(mean[other] - mean[one]))
        for one in table
        for other in table
        if one != other
    }
