"""Utility: how many labels pretraining saves (paper, section 3).

`U(n) = n̂ / n - 1`, where n̂ is the number of labels at which training from scratch is as accurate as
the pretrained model finetuned on n.
"""

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from selfstudy.analysis import SCRATCH
from selfstudy.analysis.runs import average_accuracy

PLACE = ["dataset", "backbone", "task"]
COLUMNS = ["utility", "std", "at_least", "n", "bound", "censored", "below"]


def find_labels_needed(accuracy: ArrayLike, labels: np.ndarray, scratch: np.ndarray) -> np.ndarray:
    """Find n̂: where the scratch curve first reaches `accuracy`, linear between budgets.

    Args:
        accuracy: of pretrained models (...).
        labels: rising label budgets (k,).
        scratch: mean accuracies from scratch at these, one curve (k,) or one per model (..., k).

    Returns:
        Numbers of labels, float (...): 0 below the curve's start, as the authors have it, infinity
        above all of it.
    """
    accuracy = np.asarray(accuracy, float)
    scratch = np.broadcast_to(scratch, (*accuracy.shape, len(labels)))
    reached = scratch >= accuracy[..., None]
    after = reached.argmax(-1)
    before = np.maximum(after - 1, 0)
    low, high = (
        np.take_along_axis(scratch, place[..., None], -1)[..., 0] for place in (before, after)
    )
    rise = np.where(after == before, 1, high - low)
    needed = labels[before] + (accuracy - low) / rise * (labels[after] - labels[before])
    needed = np.where(accuracy < scratch[..., 0], 0, needed)
    return np.where(reached.any(-1), needed, np.inf)


def measure_utility(runs: pd.DataFrame) -> pd.DataFrame:
    """Measure the utility of every pretext method, dataset, backbone, task and budget.

    Args:
        runs: the table of `selfstudy.analysis.runs.collect_runs`, with runs from scratch.

    Returns:
        One row per point of a curve: `utility`, mean over the pretrained seeds; `std`, their
        population standard deviation; `n` seeds; `bound`, the largest utility that can be measured
        there; `censored`, how many seeds lie above the scratch curve, of which only that bound is
        known; `below`, how many lie below it and count as -1. Where seeds are censored, `utility`
        and `std` are not known, but what the mean is `at_least`.
    """
    rows = []
    for place, group in runs.groupby(PLACE, sort=False):
        curve = average_accuracy(group[group["pretext"] == SCRATCH]).sort_values("labels")
        if curve.empty:
            continue
        labels, scratch = curve["labels"].to_numpy(), curve["mean"].to_numpy()
        pretrained = group[group["pretext"] != SCRATCH]
        for (pretext, budget), seeds in pretrained.groupby(["pretext", "labels"], sort=False):
            needed = find_labels_needed(seeds["accuracy"], labels, scratch)
            censored = np.isinf(needed)
            values = np.where(censored, labels[-1], needed) / budget - 1
            known = not censored.any()
            rows.append(
                {
                    **dict(zip(PLACE, place, strict=True)),
                    "pretext": pretext,
                    "labels": budget,
                    "utility": values.mean() if known else np.nan,
                    "std": values.std() if known else np.nan,
                    "at_least": np.nan if known else values.mean(),
                    "n": len(values),
                    "bound": labels[-1] / budget - 1,
                    "censored": int(censored.sum()),
                    "below": int((needed == 0).sum()),
                }
            )
    return pd.DataFrame(rows, columns=[*PLACE, "pretext", "labels", *COLUMNS])


def fill_in_bounds(table: pd.DataFrame) -> pd.Series:
    """Give each utility of the table of `measure_utility`, or what it is at least."""
    return table["utility"].fillna(table["at_least"])
