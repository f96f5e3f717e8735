"""Which of the paper's three outcomes a method has as labels grow (docs/statistics.md).

(a) it helps even where accuracy has saturated; (b) it gets there with fewer labels; (c) it
converges to training from scratch before accuracy saturates.
"""

import numpy as np
import pandas as pd
from scipy import stats

from selfstudy.analysis import SCRATCH
from selfstudy.analysis.convergence import keep_converged
from selfstudy.analysis.hypotheses import ERROR
from selfstudy.analysis.intervals import arrange_runs, pair_seeds
from selfstudy.analysis.runs import leave_out_collapsed
from selfstudy.analysis.spread import average_networks, estimate_spread
from selfstudy.analysis.utility import PLACE

MARGIN = 0.01  # of accuracy: what differs less is as good as equal
OPEN = "open"  # it helps at the most labels there are, where accuracy still rises
DRAWS = 2000
SURE = 0.95  # a share of draws from which on an outcome is sure
COLUMNS = [*PLACE, "pretext", "outcome", "share", "budgets"]


def detect_saturation(scratch: np.ndarray) -> np.ndarray:
    """Tell where no larger budget brings more than the margin; at the largest, nothing can tell.

    Args:
        scratch: accuracies (..., k) at rising budgets.
    """
    best_later = np.maximum.accumulate(scratch[..., ::-1], axis=-1)[..., ::-1]
    saturated = best_later <= scratch + MARGIN
    saturated[..., -1] = False
    return saturated


def find_start(saturated: np.ndarray) -> np.ndarray:
    """Find the first saturated budget of curves (..., k): its place, or k if there is none."""
    return np.where(saturated.any(-1), saturated.argmax(-1), saturated.shape[-1])


def find_last(scratch: np.ndarray) -> int:
    """Find the last budget before saturation, or the largest if it does not saturate.

    Args:
        scratch: accuracies (k,) at rising budgets, not numbers where there are none.
    """
    measured = np.flatnonzero(np.isfinite(scratch))
    start = int(find_start(detect_saturation(scratch[measured])))
    return int(measured[max(start - 1, 0)])


def classify_curves(scratch: np.ndarray, helps: np.ndarray) -> np.ndarray:
    """Tell the outcome of pairs of curves, by the rules of docs/statistics.md.

    Args:
        scratch: accuracies (d, k) at rising budgets.
        helps: whether pretraining helps there (d, k).

    Returns:
        The names of the outcomes (d,).
    """
    saturated = detect_saturation(scratch)
    start = find_start(saturated)
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
    """Find the outcome of every pretrained curve, of runs that have converged.

    Args:
        runs: the table of `selfstudy.analysis.runs.collect_runs`.

    Returns:
        One row per curve: its `outcome`; the `share` of curves like it, drawn as the truth might
        be, that have the same, which is not a number where the seeds do not tell the spread; and
        how many `budgets` it is of.
    """
    rows = []
    sound, _ = keep_converged(leave_out_collapsed(runs))
    for place, group in sound.groupby(PLACE, sort=False):
        if SCRATCH not in set(group["pretext"]):
            continue
        points = arrange_runs(pair_seeds(group))
        scratch, methods = points.split(SCRATCH)
        for method, accuracy, network in zip(
            methods.methods, methods.accuracy, methods.network, strict=True
        ):
            values = np.stack([scratch.accuracy[0], accuracy])
            budgets = np.isfinite(values).any(1).all(0)
            if budgets.sum() < 2:
                continue
            starts = np.stack([scratch.network[0], network])
            outcome, share = judge_curve(values[..., budgets], starts, points.labels[budgets])
            row = dict(zip(PLACE, place, strict=True)) | {"pretext": method, "outcome": outcome}
            rows.append({**row, "share": share, "budgets": int(budgets.sum())})
    return pd.DataFrame(rows, columns=COLUMNS)


def judge_curve(values: np.ndarray, network: np.ndarray, labels: np.ndarray) -> tuple[str, float]:
    """Judge one pretrained curve beside that from scratch.

    It helps where it is better by more than the margin, and than the interval of the difference
    of paired seeds, all budgets' at once (Bonferroni).

    Args:
        values: accuracies from scratch and pretrained of seeds at budgets (2, s, k).
        network: that each seed starts from (2, s).
        labels: the budgets (k,).

    Returns:
        The outcome, and the share of draws that have the same.
    """
    mean = np.nanmean(values, 1)
    scratch, lead = mean[0], mean[1] - mean[0]
    apart = values[1:] - values[:1]
    error, freedom = _estimate_errors(np.concatenate([values[:1], apart]), network, labels)
    known = (freedom > 0).all()
    quantile = stats.t.isf(ERROR / (2 * len(labels)), np.maximum(freedom[1], 1))
    beyond = np.where(freedom[1] > 0, quantile * error[1], 0)
    helps = lead > np.maximum(MARGIN, beyond)
    outcome = str(classify_curves(scratch[None], helps[None])[0])
    if not known:
        return outcome, np.nan
    draws = np.random.default_rng(0).standard_t(freedom, (DRAWS, *error.shape)) * error
    drawn = classify_curves(scratch + draws[:, 0], lead + draws[:, 1] > MARGIN)
    return outcome, float((drawn == outcome).mean())


def _estimate_errors(
    values: np.ndarray, network: np.ndarray, labels: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Estimate the standard errors of means over seeds, each curve's on its own, and freedom."""
    found = []
    for each, start in zip(values, network, strict=True):
        draws, weight = average_networks(each[None], start[None])
        spread = estimate_spread(draws, labels)
        found.append((np.sqrt(spread.variance * weight)[0], spread.freedom[0]))
    error, freedom = (np.stack(parts) for parts in zip(*found, strict=True))
    return np.nan_to_num(error), freedom
