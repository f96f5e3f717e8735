"""Utility: how many labels pretraining saves (paper, section 3).

`U(n) = n̂ / n - 1`, where n̂ is the number of labels at which training from scratch is as accurate as
the pretrained model finetuned on n.
"""

import numpy as np
import pandas as pd

from selfstudy.analysis import SCRATCH
from selfstudy.analysis.runs import accuracies

PLACE = ["dataset", "backbone", "task"]


def labels_needed(accuracy: float, labels: np.ndarray, scratch: np.ndarray) -> float:
    """n̂: where the scratch curve first reaches `accuracy`, linear between budgets.

    Args:
        accuracy: of a pretrained model.
        labels: rising label budgets (k,).
        scratch: mean accuracies from scratch at these (k,).

    Returns:
        0 below the curve's start, as the authors have it, and infinity above all of it.
    """
    if accuracy < scratch[0]:
        return 0.0
    reached = np.flatnonzero(scratch >= accuracy)
    if not len(reached):
        return np.inf
    after = reached[0]
    if after == 0:
        return float(labels[0])
    share = (accuracy - scratch[after - 1]) / (scratch[after] - scratch[after - 1])
    return float(labels[after - 1] + share * (labels[after] - labels[after - 1]))


def utilities(runs: pd.DataFrame) -> pd.DataFrame:
    """Utility of every pretext method, dataset, backbone, task and budget.

    Args:
        runs: the table of `selfstudy.analysis.runs.collect`, runs from scratch among it.

    Returns:
        A row a curve point: `utility`, mean over the pretrained seeds; `std`, their population
        standard deviation; `n` seeds; `bound`, the largest utility that can be measured there;
        `censored`, how many seeds lie above the scratch curve. Such a seed counts as the bound, so
        that the mean is then a lower bound; `below`, how many seeds lie below it and count as -1.
    """
    rows = []
    for place, group in runs.groupby(PLACE, sort=False):
        curve = accuracies(group[group["pretext"] == SCRATCH]).sort_values("labels")
        if curve.empty:
            continue
        labels, scratch = curve["labels"].to_numpy(), curve["mean"].to_numpy()
        pretrained = group[group["pretext"] != SCRATCH]
        for (pretext, budget), seeds in pretrained.groupby(["pretext", "labels"], sort=False):
            needed = np.array([labels_needed(a, labels, scratch) for a in seeds["accuracy"]])
            values = np.minimum(needed, labels[-1]) / budget - 1
            rows.append(
                {
                    **dict(zip(PLACE, place, strict=True)),
                    "pretext": pretext,
                    "labels": budget,
                    "utility": values.mean(),
                    "std": values.std(),
                    "n": len(values),
                    "bound": labels[-1] / budget - 1,
                    "censored": int(np.isinf(needed).sum()),
                    "below": int((needed == 0).sum()),
                }
            )
    columns = [*PLACE, "pretext", "labels", "utility", "std", "n", "bound", "censored", "below"]
    return pd.DataFrame(rows, columns=columns)
