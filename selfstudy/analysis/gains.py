"""Gains: the logarithm of 1 + utility, the factor of labels that pretraining saves.

Logarithms of factors can be averaged, and tests over datasets are of their means.
"""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from selfstudy.analysis import CURVE, SCRATCH
from selfstudy.analysis.scratch_curve import fit_curve
from selfstudy.analysis.utility import PLACE, bound_utility


def measure_gains(runs: pd.DataFrame, interpolation: str = CURVE) -> pd.DataFrame:
    """Measure the gain of every point of a pretrained curve.

    Args:
        runs: the table of `selfstudy.analysis.runs.collect_runs`.
        interpolation: of the curves from scratch, as in `selfstudy.analysis.scratch_curve`.

    Returns:
        One row per dataset, backbone, task, pretext method and budget: the mean `accuracy` over
        seeds; that from `scratch`, not a number where there is none; and the `gain`, of the mean
        accuracy, not a number where only a bound of it is known.
    """
    means = runs.groupby([*PLACE, "pretext", "labels"], sort=False)["accuracy"].mean()
    wide = means.unstack("labels").sort_index(axis=1)
    accuracy, labels = wide.to_numpy(), wide.columns.to_numpy(float)
    from_scratch = wide.index.get_level_values("pretext") == SCRATCH
    scratch, gain = np.full_like(accuracy, np.nan), np.full_like(accuracy, np.nan)
    for rows in wide.groupby(PLACE, sort=False).indices.values():
        own, methods = rows[from_scratch[rows]], rows[~from_scratch[rows]]
        if len(own) == 0:
            continue
        scratch[methods] = accuracy[own]
        measured = np.isfinite(accuracy[own[0]])
        curve = fit_curve(labels[measured], accuracy[own[0], measured], interpolation)
        least, most = bound_utility(accuracy[methods], labels, curve)
        gain[methods] = np.log1p(np.where(least == most, least, np.nan))
    columns = {"accuracy": accuracy, "scratch": scratch, "gain": gain}
    each = wide.index[np.repeat(np.arange(len(wide)), len(labels))].to_frame(index=False)
    table = each.assign(
        labels=np.tile(wide.columns, len(wide)),
        **{name: values.ravel() for name, values in columns.items()},
    )
    return table[table["accuracy"].notna() & (table["pretext"] != SCRATCH)].reset_index(drop=True)


def leave_out_seeds(runs: pd.DataFrame, interpolation: str = CURVE) -> list[pd.DataFrame]:
    """Measure the gains without each of the seeds in turn; `runs` are as in `measure_gains`."""
    seeds = runs["seed"].unique()
    if len(seeds) < 2:
        return []
    return [measure_gains(runs[runs["seed"] != seed], interpolation) for seed in seeds]


def align(values: pd.Series, without: Sequence[pd.Series]) -> list[np.ndarray]:
    """Align datasets' values without each seed with those of all; what has none is as with all."""
    return [each.reindex(values.index).fillna(values).to_numpy() for each in without]
