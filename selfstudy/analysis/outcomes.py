"""Which of the paper's three outcomes a method has as labels grow (docs/statistics.md).

(a) it helps even where accuracy has saturated; (b) it gets there with fewer labels; (c) it
converges to training from scratch before accuracy saturates.
"""

import numpy as np
import pandas as pd

from selfstudy.analysis import SCRATCH
from selfstudy.analysis.uncertainty import bootstrap_curves
from selfstudy.analysis.utility import PLACE

MARGIN = 0.01  # of accuracy: what differs less is as good as equal
OPEN = "open"  # it helps at the most labels there are, where accuracy still rises


def classify_curves(scratch: np.ndarray, pretrained: np.ndarray) -> np.ndarray:
    """Tell the outcome of pairs of curves, by the rules of docs/statistics.md.

    Args:
        scratch: accuracies (d, k) at rising budgets.
        pretrained: those of the pretrained networks (d, k).

    Returns:
        The names of the outcomes (d,).
    """
    helps = pretrained > scratch + MARGIN
    # Saturated: no larger budget brings more than the margin.
    best_later = np.maximum.accumulate(scratch[:, ::-1], axis=1)[:, ::-1]
    saturated = best_later <= scratch + MARGIN
    saturated[:, -1] = False  # nothing tells whether more labels would bring more
    start = np.where(saturated.any(1), saturated.argmax(1), helps.shape[1])
    before = np.arange(helps.shape[1]) < start[:, None]
    last = np.maximum(start - 1, 0)
    until_saturation = np.take_along_axis(helps, last[:, None], 1)[:, 0]
    known = saturated.any(1)
    return np.select(
        [
            ~helps.any(1),
            helps[:, -1] & known,
            helps[:, -1],
            known & until_saturation,
            (helps & before).any(1),
        ],
        ["none", "a", OPEN, "b", "c"],
        "b",  # it helps inside saturation alone, and not at its end
    )


def find_outcomes(runs: pd.DataFrame) -> pd.DataFrame:
    """Find the outcome of every pretrained curve.

    Args:
        runs: the table of `selfstudy.analysis.runs.collect_runs`.

    Returns:
        One row per curve: its `outcome`; the `share` of draws that have the same, which is not a
        number where the seeds do not tell the spread; and how many `budgets` it is of.
    """
    found, rows = bootstrap_curves(runs), []
    for place, curve in found.items():
        scratch = found.get((*place[:-1], SCRATCH))
        if place[-1] == SCRATCH or scratch is None:
            continue
        labels, own, base = np.intersect1d(curve.labels, scratch.labels, return_indices=True)
        if len(labels) < 2:
            continue
        said = classify_curves(scratch.mean[None, base], curve.mean[None, own])[0]
        drawn = scratch.draws[:, base], curve.draws[:, own]
        known = all(np.isfinite(draws).all() for draws in drawn)
        share = (classify_curves(*drawn) == said).mean() if known else np.nan
        place = dict(zip([*PLACE, "pretext"], place, strict=True))
        rows.append({**place, "outcome": said, "share": share, "budgets": len(labels)})
    return pd.DataFrame(rows, columns=[*PLACE, "pretext", "outcome", "share", "budgets"])
