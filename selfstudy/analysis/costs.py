"""What labels and training cost: in hours as they were measured, and in money."""

from pathlib import Path
from typing import NamedTuple

import numpy as np

from selfstudy.analysis.times import list_times
from selfstudy.analysis.utility import PLACE


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

    @property
    def is_whole(self) -> bool:
        """Whether both are given."""
        return self.label is not None and self.hour is not None


def collect_hours(results: Path) -> dict[tuple[str, ...], Hours]:
    """Collect the hours of finetuned starts, by dataset, backbone, task and start.

    Args:
        results: the folder of the runs.
    """
    times = list_times(results, {"pretrain": 0, "finetune": 0})
    times["hours"] = times["seconds"] / 3600
    own = times["run"] == "pretrain"
    pretrained = times[own].groupby(["dataset", "backbone", "pretext"])["hours"].mean()
    finetuned = times[~own].astype({"labels": float})
    found = {}
    for (*place, start), group in finetuned.groupby([*PLACE, "pretext"]):
        hours = group.groupby("labels")["hours"].mean()
        before = pretrained.get((place[0], place[1], start), 0.0)
        found[(*place, start)] = Hours(float(before), hours.index.to_numpy(), hours.to_numpy())
    return found
