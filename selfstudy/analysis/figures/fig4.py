"""Figure 4: utility across downstream tasks."""

from collections.abc import Mapping

import pandas as pd
from matplotlib.figure import Figure

from selfstudy.analysis import CURVE, ONE_NETWORK
from selfstudy.analysis.figures.curves import FADED
from selfstudy.analysis.figures.panels import draw_utility_panels
from selfstudy.analysis.figures.style import Look, title_dataset
from selfstudy.sweep.runs import Sweep

CAPTION = (
    "Utility across downstream tasks, with a backbone that all have. Bars are 95 % intervals, open "
    "triangles bounds, lower ones that point up, upper ones that point down. "
    f"{FADED} {ONE_NETWORK}"
)


def list_inputs(sweep: Sweep) -> dict[str, list[str]]:
    """List every task with one backbone: the first that has them all, else each task's first."""
    if len(sweep.tasks) == 1:
        return {"runs": []}
    backbones = {task: sweep.list_backbones(task) for task in sweep.tasks}
    shared = [b for b in sweep.backbones if all(b in names for names in backbones.values())]
    return {
        "runs": [
            path
            for task, names in backbones.items()
            for path in sweep.list_compared([task], (shared or names)[:1])
        ]
    }


def draw(runs: pd.DataFrame, looks: Mapping[str, Look], interpolation: str = CURVE) -> Figure:
    """Draw a panel per task and dataset, a line per start, as in figure 3 below.

    Args:
        runs: one backbone's rows of each task, of `selfstudy.analysis.runs.collect_runs`.
        looks: of the starts.
        interpolation: of the curves from scratch, as in `selfstudy.analysis.scratch_curve`.
    """
    panels = {
        f"{task.capitalize()}, {title_dataset(dataset)}, {backbone}": group
        for task in runs["task"].unique()
        for (dataset, backbone), group in runs[runs["task"] == task].groupby(
            ["dataset", "backbone"], sort=False
        )
    }
    return draw_utility_panels(
        panels, looks, interpolation, runs.groupby("task")["dataset"].nunique().max()
    )
