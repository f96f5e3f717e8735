"""Figure 4: utility across downstream tasks."""

import pandas as pd
from matplotlib.figure import Figure

from selfstudy.analysis.figures.panels import utility_panels
from selfstudy.analysis.figures.style import dataset_title


def draw(runs: pd.DataFrame) -> Figure:
    """A panel a task and dataset, a line a method, as in figure 3 below.

    Args:
        runs: one backbone's rows of each task, of `selfstudy.analysis.runs.collect_runs`.
    """
    panels = {
        f"{task.capitalize()}, {dataset_title(dataset)}, {backbone}": group
        for task in runs["task"].unique()
        for (dataset, backbone), group in runs[runs["task"] == task].groupby(
            ["dataset", "backbone"], sort=False
        )
    }
    return utility_panels(panels, runs.groupby("task")["dataset"].nunique().max())
