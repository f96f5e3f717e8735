"""How sure accuracies and utilities are, given a few seeds (docs/statistics.md).

Uncertainty is carried on by draws: curves as they might have come out with other seeds.
"""

from typing import NamedTuple

import numpy as np
import pandas as pd

from selfstudy.analysis import SCRATCH
from selfstudy.analysis.runs import accuracies
from selfstudy.analysis.utility import PLACE, labels_needed, utilities

DRAWS = 2000
LEVEL = 0.95
POINT = [*PLACE, "labels"]  # runs here differ in method and seed alone, and share their spread


class Curve(NamedTuple):
    """Accuracy against labels."""

    labels: np.ndarray  # (k,) rising
    mean: np.ndarray  # (k,) over seeds
    error: np.ndarray  # (k,) standard error of the mean; not a number where it is not known
    freedom: np.ndarray  # (k,) its degrees of freedom

    def draws(self, rng: np.random.Generator, count: int = DRAWS) -> np.ndarray:
        """(count, k): the mean, and Student's t times its standard error."""
        t = rng.standard_t(np.maximum(self.freedom, 1), (count, len(self.labels)))
        return self.mean + t * self.error


def curves(runs: pd.DataFrame) -> dict[tuple[str, ...], Curve]:
    """The curve of each dataset, backbone, task and pretext method.

    The variance over seeds is pooled over the methods of a dataset, backbone, task and budget:
    three seeds alone say little about it.

    Args:
        runs: the table of `selfstudy.analysis.runs.collect`.
    """
    cells = runs.groupby([*POINT, "pretext"], sort=False)["accuracy"]
    table = cells.agg(["mean", "count", "var"]).reset_index()
    table["freedom"] = table["count"] - 1
    table["squares"] = (table["var"] * table["freedom"]).fillna(0)
    pooled = table.groupby(POINT, sort=False)[["squares", "freedom"]].transform("sum")
    table["freedom"] = pooled["freedom"]
    variance = pooled["squares"] / pooled["freedom"].where(pooled["freedom"] > 0)
    table["error"] = np.sqrt(variance / table["count"])
    return {
        place: Curve(*(curve[name].to_numpy() for name in ("labels", "mean", "error", "freedom")))
        for place, curve in table.sort_values("labels").groupby([*PLACE, "pretext"], sort=False)
    }


def interval(draws: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The lower and the upper end of the middle 95 % of draws (d, ...); not a number if any is."""
    tail = 100 * (1 - LEVEL) / 2
    return tuple(np.percentile(draws, [tail, 100 - tail], axis=0, method="nearest"))


def accuracy_intervals(runs: pd.DataFrame) -> pd.DataFrame:
    """A row a point of a curve: `low` and `high` of its mean accuracy."""
    rng, tables = np.random.default_rng(0), []
    for place, curve in curves(runs).items():
        low, high = interval(curve.draws(rng))
        table = pd.DataFrame({"labels": curve.labels, "low": low, "high": high})
        tables.append(table.assign(**dict(zip([*PLACE, "pretext"], place, strict=True))))
    return pd.concat(tables, ignore_index=True)


def utility_intervals(runs: pd.DataFrame) -> pd.DataFrame:
    """A row a point of a pretrained curve: `low` and `high` of the utility of its mean accuracy.

    Both the pretrained and the scratch curve are drawn. `high` is infinite where accuracy may lie
    above the scratch curve, so that no bound is known, and so is `low` where it must.
    """
    rng, found = np.random.default_rng(0), curves(runs)
    columns = [*PLACE, "pretext", "labels", "low", "high"]
    tables = [pd.DataFrame(columns=columns)]
    for place, curve in found.items():
        scratch = found.get((*place[:-1], SCRATCH))
        if place[-1] == SCRATCH or scratch is None:
            continue
        base, own = scratch.draws(rng), curve.draws(rng)
        needed = np.stack([labels_needed(a, scratch.labels, base) for a in own.T], -1)
        unknown = np.isnan(own) | np.isnan(base).any(-1, keepdims=True)
        low, high = interval(np.where(unknown, np.nan, needed / curve.labels - 1))
        table = pd.DataFrame({"labels": curve.labels, "low": low, "high": high})
        tables.append(table.assign(**dict(zip([*PLACE, "pretext"], place, strict=True))))
    return pd.concat(tables[1:] or tables, ignore_index=True)[columns]


def accuracies_with_intervals(runs: pd.DataFrame) -> pd.DataFrame:
    """The table of `accuracies`, with `low` and `high`."""
    return accuracies(runs).merge(accuracy_intervals(runs))


def utilities_with_intervals(runs: pd.DataFrame) -> pd.DataFrame:
    """The table of `utilities`, with `low` and `high`."""
    return utilities(runs).merge(utility_intervals(runs))
