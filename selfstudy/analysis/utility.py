"""Utility: how many labels pretraining saves (paper, section 3).

`U(n) = n̂ / n - 1`, where n̂ is the number of labels at which training from scratch is as accurate as
the pretrained model finetuned on n. Where that is outside of what was measured from scratch, only a
bound is known (docs/statistics.md).
"""

import logging

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from selfstudy.analysis import CURVE, SCRATCH
from selfstudy.analysis.convergence import CONVERGED
from selfstudy.analysis.runs import KEYS
from selfstudy.analysis.scratch_curve import ScratchCurve, fit_curve
from selfstudy.errors import DataError

log = logging.getLogger("selfstudy")
PLACE = ["dataset", "backbone", "task"]
COLUMNS = ["utility", "std", "at_least", "at_most", "n", "floor", "bound", "censored", "below"]


def bound_utility(
    accuracy: ArrayLike, budget: ArrayLike, curve: ScratchCurve
) -> tuple[np.ndarray, np.ndarray]:
    """Give what utilities are at least and at most; both are the same where utility is known.

    Args:
        accuracy: of models that were finetuned on `budget` labels (...).
        budget: n, one or as many.
        curve: from scratch.

    Returns:
        Both ends, float (...): from -1 to `n_min / n - 1` below the scratch curve, from
        `n_max / n - 1` to infinity above it.
    """
    needed = curve.find_labels(accuracy)
    least = np.where(np.isinf(needed), curve.labels[-1], needed)
    most = np.where(needed == 0, curve.labels[0], needed)
    return least / budget - 1, most / budget - 1


def measure_utility(runs: pd.DataFrame, interpolation: str = CURVE) -> pd.DataFrame:
    """Measure the utility of every pretext method, dataset, backbone, task and budget.

    Args:
        runs: the table of `selfstudy.analysis.runs.collect_runs`, with runs from scratch: one row
            per run with `dataset`, `backbone`, `task`, `pretext`, `labels` and `accuracy`, on any
            scale.
        interpolation: of the curve from scratch between budgets, as in
            `selfstudy.analysis.scratch_curve`; "paper" gives the authors' utility.

    Returns:
        One row per point of a curve: `utility`, mean over the pretrained seeds; `std`, their
        population standard deviation; `n` seeds; `floor` and `bound`, the smallest and the largest
        utility that can be measured there; `censored`, how many seeds lie above the scratch curve,
        of which only that bound is known; `below`, how many lie below it, of which only that floor
        is. Where there are such seeds, `utility` and `std` are not numbers: the mean is `at_least`
        and `at_most` so much, the latter infinite where some are censored. Where the runs say
        whether they have `converged`, it has if its own have, and those from scratch that its n̂
        are read between.

    Raises:
        DataError: a column or a value is missing, an accuracy or a budget is no finite number, or
            a run is there twice, by its `seed` if it has one.
    """
    require_values(runs)
    rows = []
    for place, group in runs.groupby(PLACE, sort=False):
        curve = group[group["pretext"] == SCRATCH].groupby("labels")["accuracy"].mean()
        pretrained = group[group["pretext"] != SCRATCH]
        if curve.empty:
            said = ", ".join(f"{key} {value!r}" for key, value in zip(PLACE, place, strict=True))
            log.warning("%s: no runs from scratch: %d runs are left out", said, len(pretrained))
            continue
        labels = curve.index.to_numpy()
        scratch = fit_curve(labels, curve.to_numpy(), interpolation)
        for (pretext, budget), seeds in pretrained.groupby(["pretext", "labels"], sort=False):
            least, most = bound_utility(seeds["accuracy"], budget, scratch)
            known = bool((least == most).all())
            used = labels[scratch.weigh(seeds["accuracy"]).any(axis=0)]
            rows.append(
                {
                    **dict(zip(PLACE, place, strict=True)),
                    "pretext": pretext,
                    "labels": budget,
                    "utility": least.mean() if known else np.nan,
                    "std": least.std() if known else np.nan,
                    "at_least": np.nan if known else least.mean(),
                    "at_most": np.nan if known else most.mean(),
                    "n": len(seeds),
                    "floor": labels[0] / budget - 1,
                    "bound": labels[-1] / budget - 1,
                    "censored": int(np.isinf(most).sum()),
                    "below": int(((least < most) & np.isfinite(most)).sum()),
                }
            )
            if CONVERGED in runs:
                read = (group["pretext"] == SCRATCH) & group["labels"].isin(used)
                of = pd.concat([seeds[CONVERGED], group.loc[read, CONVERGED]])
                rows[-1][CONVERGED] = of.astype("boolean").all(skipna=False)
    columns = [*PLACE, "pretext", "labels", *COLUMNS, *([CONVERGED] if CONVERGED in runs else [])]
    table = pd.DataFrame(rows, columns=columns)
    return table.astype({CONVERGED: "boolean"}) if CONVERGED in table else table


def require_values(runs: pd.DataFrame) -> None:
    """Require the columns that utility is measured of, a value in each, and no run twice.

    Raises:
        DataError: it is not so; it names the row by the table's index.
    """
    for column in [*KEYS, "accuracy"] if len(runs) else []:
        if column not in runs:
            found = ", ".join(map(str, runs.columns))
            raise DataError(f"the table of runs has no column {column!r}: found {found}")
        wrong, expected = runs[column].isna().to_numpy(), "a name"
        if column in ("labels", "accuracy"):
            numbers = pd.to_numeric(runs[column], errors="coerce").to_numpy(float)
            wrong, expected = ~np.isfinite(numbers), "a finite number"
        if column == "labels":
            wrong, expected = wrong | (numbers <= 0), "a number above 0"
        if wrong.any():
            row = wrong.argmax()
            raise DataError(
                f"row {runs.index[row]} of the table of runs: {column} is "
                f"{str(runs[column].iloc[row])!r}: expected {expected}"
            )
    if "seed" in runs and (again := runs.duplicated([*KEYS, "seed"]).to_numpy()).any():
        row = runs[[*KEYS, "seed"]].iloc[again.argmax()]
        raise DataError(
            f"row {runs.index[again.argmax()]} of the table of runs is a run that is in it before: "
            f"{', '.join(f'{key} {value!s}' for key, value in row.items())}"
        )


def show_utility(table: pd.DataFrame) -> pd.DataFrame:
    """Give the number that stands for each utility of the table of `measure_utility`.

    Returns:
        One row per row: `shown`, the utility, or else what the mean is at most, or at least where
        it is not known what it is at most; and `sign`, which is "", "≤" or "≥".
    """
    bound = table["utility"].isna()
    above = bound & np.isfinite(table["at_most"].astype(float))
    shown = table["utility"].fillna(table["at_most"].where(above, table["at_least"]))
    sign = np.select([above, bound], ["≤", "≥"], "")
    return pd.DataFrame({"shown": shown, "sign": sign}, index=table.index)
