"""Figure 5: utility for one backbone against another, ResNet9 and ResNet50 in the paper."""

from collections.abc import Mapping

import pandas as pd
from matplotlib.figure import Figure

from selfstudy.analysis import CURVE, ONE_NETWORK
from selfstudy.analysis.figures.curves import FADED
from selfstudy.analysis.figures.panels import draw_utility_panels
from selfstudy.analysis.figures.style import Look, title_dataset
from selfstudy.sweep.runs import Sweep

CAPTION = (
    "Utility on classification with one backbone and another. Bars are 95 % intervals, open "
    "triangles bounds, lower ones that point up, upper ones that point down. "
    f"{FADED} {ONE_NETWORK}"
)


def list_inputs(sweep: Sweep) -> dict[str, list[str]]:
    """List classification with all backbones, if there are several."""
    several = sum(bool(sweep.list_compared(["classify"], [b])) for b in sweep.backbones) > 1
    return {"runs": sweep.list_compared(["classify"]) if several else []}


def draw(runs: pd.DataFrame, looks: Mapping[str, Look], interpolation: str = CURVE) -> Figure:
    """Draw a panel per dataset that has several backbones, and backbone; a line per start.

    Args:
        runs: one task's rows of `selfstudy.analysis.runs.collect_runs`.
        looks: of the starts.
        interpolation: of the curves from scratch, as in `selfstudy.analysis.scratch_curve`.
    """
    several = runs.groupby("dataset")["backbone"].transform("nunique") > 1
    panels = {
        f"{title_dataset(dataset)}, {backbone}": group
        for (dataset, backbone), group in runs[several].groupby(["dataset", "backbone"], sort=False)
    }
    return draw_utility_panels(panels, looks, interpolation, runs["backbone"].nunique())
