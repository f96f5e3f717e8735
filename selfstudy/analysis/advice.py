"""What the runs of a dataset, backbone and task say to someone who has images to label.

Nothing is said that was not measured, or foretold by a curve with an interval that was tried where
the truth is known (docs/statistics.md).
"""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import pandas as pd

from selfstudy.analysis import CURVE, SCRATCH
from selfstudy.analysis.convergence import find_cut_short
from selfstudy.analysis.costs import Hours, Price, say_break_even, tabulate_costs
from selfstudy.analysis.learning_curve import FARTHEST
from selfstudy.analysis.needs import (
    Estimate,
    Fit,
    estimate,
    find_equals,
    fit_starts,
    foretell,
)
from selfstudy.analysis.uncertainty import estimate_utility
from selfstudy.analysis.utility import show_utility
from selfstudy.analysis.wording import say_accuracy, say_ends, say_labels, say_start, say_value

NOT_KNOWN = "not known"
SAVES = "saves"
SAVES_NONE = f"{SAVES} none"


class Question(NamedTuple):
    """What is asked.

    Attributes:
        target: accuracy to reach, from 0 to 1; unless given, what scratch reaches with the most
            labels but one budget.
        labels: that there are; unless given, each budget.
        price: of labels and hours.
    """

    target: float | None = None
    labels: int | None = None
    price: Price = Price()


class Advice(NamedTuple):
    """What there is to say.

    Attributes:
        target: that was asked for, or taken; None where there is none.
        fits: what is known of each start's curve.
        answer: lines, the shortest that says it.
        worth: what labels are worth in labels from scratch, a row per start and budget.
        needs: the labels that each start needs, a row each.
        costs: what these cost, a row each; none where nothing tells it.
        break_even: lines on when a start pays.
        more: lines on what more would tell.
        left_out: lines on what could not be used.
    """

    target: float | None
    fits: dict[str, Fit]
    answer: list[str]
    worth: pd.DataFrame
    needs: pd.DataFrame
    costs: pd.DataFrame
    break_even: list[str]
    more: list[str]
    left_out: list[str]


def advise(
    runs: pd.DataFrame,
    question: Question,
    hours: dict[str, Hours] | None = None,
    interpolation: str = CURVE,
) -> Advice:
    """Say what runs tell.

    Args:
        runs: of one dataset, backbone and task, as of `selfstudy.analysis.runs.collect_runs`; may
            say in a column `converged` which are not, and so tell nothing.
        question: to answer.
        hours: of the starts, by name, as far as they are known.
        interpolation: of the curve from scratch, as in `selfstudy.analysis.scratch_curve`.
    """
    kept, left_out = leave_out(runs)
    fits = fit_starts(kept)
    target = question.target
    if target is None and SCRATCH in fits:
        target = round(float(fits[SCRATCH].mean[-2:][0]), 2)
    found = {} if target is None else find_needs(fits, target)
    worth = tabulate_worth(kept, fits, question.labels, interpolation)
    return Advice(
        target,
        fits,
        [*say_savings(worth), *say_answer(found, fits, target)],
        worth,
        pd.DataFrame() if target is None else tabulate_needs(found, fits),
        tabulate_costs(found, fits, hours or {}, question.price),
        list(say_break_even(found, hours or {}, question.price)),
        list(say_more(found, fits)),
        left_out,
    )


def leave_out(runs: pd.DataFrame) -> tuple[pd.DataFrame, list[str]]:
    """Leave out runs that are known not to have converged; name these, and those that collapsed."""
    short = find_cut_short(runs)
    said = [*name_runs(runs[short], "had not converged: longer ones would tell")]
    runs = runs[~short]
    if "collapsed" in runs:
        said += name_runs(runs[runs["collapsed"].astype(bool)], "collapsed")
    return runs, said


def name_runs(runs: pd.DataFrame, why: str) -> Iterator[str]:
    """Name runs by start and budget, a line each, and say what they did."""
    for (start, labels), group in runs.groupby(["pretext", "labels"], sort=False):
        count = f"{len(group)} run{'s' if len(group) > 1 else ''}"
        yield f"{say_start(start)} with {labels:,} labels: {count} {why}"


def find_needs(fits: dict[str, Fit], target: float) -> dict[str, Estimate]:
    """Estimate the labels that starts need to reach an accuracy, where their curves tell it."""
    found = {
        name: estimate(fit.curve.find_labels(target))
        for name, fit in fits.items()
        if fit.curve is not None
    }
    return {name: each for name, each in found.items() if each.is_known}


def say_savings(worth: pd.DataFrame) -> Iterator[str]:
    """Say of the table of `tabulate_worth` which starts are known to save labels, and how many."""
    known = worth[worth["so it"] != NOT_KNOWN]
    saving = known[known["so it"].str.startswith(SAVES) & (known["so it"] != SAVES_NONE)]
    said = [
        f"with {labels}, " + " and ".join(rows["start"] + rows["so it"].str.removeprefix(SAVES))
        for labels, rows in saving.groupby("labels", sort=False)
    ]
    if said:
        yield f"Known to save labels, each by an interval of its own: {'; '.join(said)}."
    elif len(known):
        yield "At no number of labels is a start known to save any."


def say_answer(found: dict[str, Estimate], fits: dict[str, Fit], target: float | None) -> list[str]:
    """Say which start needs the fewest labels, or why that is not known."""
    if not fits:
        return ["No runs are left that tell anything."]
    if target is None:
        return ["No runs from scratch, and no target: there is nothing to compare with."]
    goal = say_accuracy(target)
    if not found:
        return [f"Not enough runs to say how many labels {goal} needs."]
    if all(np.isinf(each.low) for each in found.values()):
        return [f"No start reaches {goal} within {FARTHEST} times its most labels."]
    best = min(found, key=lambda name: (found[name].value, found[name].high, found[name].low))
    fit = fits[best]
    about = "about " if found[best].value > 0 else ""
    line = (
        f"For {goal}, {say_start(best)} needs {about}{say_value(found[best], fit)} labels "
        f"({say_ends(found[best], fit)})"
    )
    if np.isinf(found[best].value):
        return [
            f"How many labels {goal} needs is not known: more than any start was measured with."
        ]
    rivals = [name for name in found if name != best and not found[best].is_below(found[name])]
    if not rivals:
        known = "" if len(found) == len(fits) else " whose curve is known"
        return [f"{line}, fewer than any other{known}." if len(found) > 1 else f"{line}."]
    names = ", ".join(map(say_start, rivals))
    told = SCRATCH in found and SCRATCH not in (best, *rivals)
    line += f", fewer than {say_start(SCRATCH)}" if told else ""
    return [f"{line}; whether that is fewer than {names} is open, as intervals overlap."]


def tabulate_worth(
    runs: pd.DataFrame, fits: dict[str, Fit], labels: int | None, interpolation: str
) -> pd.DataFrame:
    """Give what labels are worth, one row per start and budget; at others, by curves."""
    rows, columns = [], ["start", "labels", "as good as, from scratch", "95 % interval", "so it"]
    if SCRATCH not in set(runs["pretext"]):
        return pd.DataFrame(rows, columns=columns)
    measured = estimate_utility(runs, interpolation)
    measured = measured.assign(**show_utility(measured))
    scratch = fits.get(SCRATCH)
    for start in (name for name in fits if name != SCRATCH):
        own = measured[measured["pretext"] == start]
        for n in own["labels"].sort_values() if labels is None else [labels]:
            at = own[own["labels"] == n]
            if len(at):
                row = at.iloc[0]
                found = Estimate(*(float(n * (1 + row[key])) for key in ("shown", "low", "high")))
                sign = f"{row['sign']} " if row["sign"] else ""
                value = sign + say_labels(found.value)
                if row["sign"] == "≥":
                    found = found._replace(value=np.inf)
            else:
                found = scratch and find_equals(fits[start], scratch, n)
                value = say_value(found, scratch) if found else say_unknown(fits[start], n)
            ends = say_ends(found, scratch) if found else NOT_KNOWN
            rows.append((say_start(start), f"{n:,}", value, ends, say_saving(found, n)))
    return pd.DataFrame(rows, columns=columns)


def say_unknown(fit: Fit, labels: float) -> str:
    """Say why nothing is known of a start at a number of labels."""
    if fit.labels[0] <= labels <= fit.labels[-1]:
        return f"{NOT_KNOWN}: no curve between budgets"
    return f"{NOT_KNOWN}: outside its budgets"


def say_saving(found: Estimate | None, labels: float) -> str:
    """Say how many labels a start saves, if its interval tells that it does."""
    if found is None or np.isnan(found.low):
        return NOT_KNOWN
    if found.low > labels:
        if np.isinf(found.low):
            return f"{SAVES} some"
        if np.isinf(found.value):
            return f"{SAVES} {say_labels(found.low - labels)} or more"
        return f"{SAVES} about {say_labels(found.value - labels)}"
    return SAVES_NONE if found.high <= labels else "may save labels or not"


def tabulate_needs(found: dict[str, Estimate], fits: dict[str, Fit]) -> pd.DataFrame:
    """Give the labels that starts need, one row per start, and how sure their curves are."""
    rows = []
    for start, fit in fits.items():
        row = {"start": say_start(start), "labels needed": NOT_KNOWN, "95 % interval": NOT_KNOWN}
        if start not in found:
            rows.append({**row, "by": fit.why or "its points allow too much", "check": ""})
            continue
        row["labels needed"], row["95 % interval"] = (
            say(found[start], fit) for say in (say_value, say_ends)
        )
        beyond = found[start].value > fit.labels[-1]
        row["by"] = "extrapolation" if beyond else "its curve between budgets"
        rows.append({**row, "check": say_check(fit)})
    return pd.DataFrame(rows)


def say_check(fit: Fit) -> str:
    """Say by how much the curve through the other budgets errs at the largest."""
    told, last = foretell(fit), say_labels(fit.labels[-1])
    if told is None:
        return f"too few budgets near enough to foretell {last}"
    error = 100 * (told.value - fit.mean[-1])
    return f"{last} foretold by the fewer: {error:+.1f} points of accuracy"


def say_more(found: dict[str, Estimate], fits: dict[str, Fit]) -> Iterator[str]:
    """Say what further runs would tell."""
    margins = np.concatenate([fit.margin for fit in fits.values()] or [np.empty(0)])
    margins = 100 * margins[np.isfinite(margins)]
    if len(margins):
        yield (
            f"Seeds: mean accuracies are known to ± {margins.min():.1f} to {margins.max():.1f} "
            f"points; four times as many seeds would about halve that."
        )
    beyond = [
        f"{say_labels(needed.value)} ({say_start(start)})"
        for start, needed in found.items()
        if fits[start].labels[-1] < needed.value < np.inf
    ]
    if beyond:
        yield f"Labels: budgets of {', '.join(beyond)} would measure what is extrapolated."
    scratch = found.get(SCRATCH)
    for start, needed in found.items():
        if start == SCRATCH or scratch is None:
            continue
        low, high = max(needed.low, scratch.low), min(needed.high, scratch.high)
        if low <= high and np.isfinite(low) and high > 0:
            first = say_labels(max(low, fits[SCRATCH].labels[0]))
            upto = f"to {say_labels(high)} labels" if np.isfinite(high) else "labels on"
            yield (
                f"{say_start(start)} and scratch: intervals overlap from {first} {upto}; "
                f"whether they differ takes further budgets there, or more seeds."
            )
