"""What labels and training cost: in hours as they were measured, and in money."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd

from selfstudy.analysis import SCRATCH
from selfstudy.analysis.needs import Estimate, Fit
from selfstudy.analysis.times import list_times
from selfstudy.analysis.utility import PLACE
from selfstudy.analysis.wording import say_start, say_value


class Hours(NamedTuple):
    """How long one run of a start took.

    Attributes:
        pretraining: hours of one network; 0 where none is pretrained here.
        labels: budgets (k,), rising.
        finetuning: hours of one run at these, a mean over seeds (k,).
    """

    pretraining: float
    labels: np.ndarray
    finetuning: np.ndarray

    def sum_at(self, labels: float) -> float:
        """Give the hours of both, finetuning's at the budget nearest to `labels` by their ratio."""
        near = np.abs(np.log(self.labels / max(labels, 1))).argmin()
        return float(self.pretraining + self.finetuning[near])


class Price(NamedTuple):
    """What a label and an hour of training cost, in one currency; None: nothing says it."""

    label: float | None = None
    hour: float | None = None


def collect_hours(
    results: Path, locate: Callable[[str, str], tuple[str, str]]
) -> dict[tuple[str, ...], Hours]:
    """Collect the hours of finetuned starts, by dataset, backbone, task and start.

    Args:
        results: the folder of the runs.
        locate: finds the dataset whose images pretrain a start on a dataset, and its name there.
    """
    times = list_times(results, {"pretrain": 0, "finetune": 0})
    times["hours"] = times["seconds"] / 3600
    own = times["run"] == "pretrain"
    pretrained = times[own].groupby(["dataset", "backbone", "pretext"])["hours"].mean()
    finetuned = times[~own].astype({"labels": float})
    found = {}
    for (*place, start), group in finetuned.groupby([*PLACE, "pretext"]):
        hours = group.groupby("labels")["hours"].mean()
        where, name = locate(place[0], start)
        before = pretrained.get((where, place[1], name), 0.0)
        found[(*place, start)] = Hours(float(before), hours.index.to_numpy(), hours.to_numpy())
    return found


def tabulate_costs(
    found: dict[str, Estimate], fits: dict[str, Fit], hours: dict[str, Hours], price: Price
) -> pd.DataFrame:
    """Give what reaching the target costs, one row per start whose labels are known."""
    rows = []
    for start, needed in found.items():
        if not np.isfinite(needed.value):
            continue
        row = {"start": say_start(start), "labels": say_value(needed, fits[start])}
        trained = hours[start].sum_at(needed.value) if start in hours else None
        if trained is not None:
            row["hours of training"] = f"{trained:.2g}"
        if price.label is not None and (price.hour is None or trained is not None):
            fixed = (price.hour or 0) * (trained or 0)
            value, low, high = (price.label * labels + fixed for labels in needed)
            row["cost"] = f"{value:,.2f}" if needed.value else f"less than {high:,.2f}"
            row["95 % interval"] = (
                f"{low:,.2f} to {high:,.2f}" if np.isfinite(high) else f"{low:,.2f} or more"
            )
        rows.append(row)
    told = pd.DataFrame(rows)
    return told if len(told.columns) > 2 else pd.DataFrame()


def say_break_even(
    found: dict[str, Estimate], hours: dict[str, Hours], price: Price
) -> Iterator[str]:
    """Say from which price of a label on a start pays, where its saving is sure."""
    scratch, unsure = found.get(SCRATCH), []
    for start, needed in found.items():
        if start == SCRATCH or scratch is None or not {start, SCRATCH} <= hours.keys():
            continue
        name = say_start(start)
        if scratch.is_below(needed):
            yield f"{name} needs more labels than scratch."
        elif not needed.is_below(scratch):
            unsure.append(name)
        else:
            alone = scratch.value if np.isfinite(scratch.value) else scratch.low
            more = hours[start].sum_at(needed.value) - hours[SCRATCH].sum_at(alone)
            if more <= 0:
                yield f"{name} needs fewer labels than scratch, and no more training."
                continue
            most = more / (scratch.low - needed.high)
            money = f" ({most * price.hour:.2g})" if price.hour is not None else ""
            yield (
                f"{name} takes {more:.2g} hours more than scratch, and pays at the latest where "
                f"a label costs as much as {most:.2g} hours of training{money}."
            )
    if unsure:
        yield (
            f"Not known for {', '.join(unsure)}: whether fewer labels are needed than from scratch "
            f"is open."
        )
