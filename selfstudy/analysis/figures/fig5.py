"""Figure 5: utility for one backbone against another, ResNet9 and ResNet50 in the paper."""

import pandas as pd
from matplotlib.figure import Figure

from selfstudy.analysis.figures.panels import utility_panels
from selfstudy.analysis.figures.style import dataset_title


def draw(runs: pd.DataFrame) -> Figure:
    """A panel a dataset that was trained with several backbones, and backbone; a line a method.

    Args:
        runs: one task's rows of `selfstudy.analysis.runs.collect_runs`.
    """
    several = runs.groupby("dataset")["backbone"].transform("nunique") > 1
    panels = {
        f"{dataset_title(dataset)}, {backbone}": group
        for (dataset, backbone), group in runs[several].groupby(["dataset", "backbone"], sort=False)
    }
    return utility_panels(panels, runs["backbone"].nunique())
