"""Figure 10: critical differences between the methods' mean ranks (Demšar, 2006)."""

from collections.abc import Mapping

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from scikit_posthocs import critical_difference_diagram

from selfstudy.analysis.comparison import tabulate_ranks
from selfstudy.analysis.figures.curves import format_budget
from selfstudy.analysis.figures.panels import make_grid
from selfstudy.analysis.figures.style import Look
from selfstudy.drawing import RC
from selfstudy.sweep.runs import Sweep

CAPTION = (
    "Mean ranks of the methods over n datasets, 1 the best. Thick lines join methods that differ "
    "by less than the critical difference CD (Nemenyi, 5 %). p is that of Friedman's test that "
    "none differs."
)


def list_inputs(sweep: Sweep) -> dict[str, list[str]]:
    """List classification with the first backbone, if starts and datasets are enough to compare."""
    from selfstudy.analysis import FEWEST

    first = sweep.backbones[0]
    enough = len(sweep.list_starts(first)) > 2 and len(sweep.classified) >= FEWEST
    return {"runs": sweep.list_compared(["classify"], [first]) if enough else []}


def draw(runs: pd.DataFrame, looks: Mapping[str, Look]) -> Figure:
    """Draw each method's mean rank over datasets, 1 the best, a panel per task and budget.

    Thick lines join methods whose ranks differ by less than the critical difference CD (Nemenyi,
    5 %). Titles have the p of Friedman's test that none differs, and the number n of datasets.

    Args:
        runs: one backbone's rows of `selfstudy.analysis.runs.collect_runs`.
        looks: of the starts.
    """
    groups = list(tabulate_ranks(runs).groupby(["task", "labels"], sort=False))
    titles = [
        f"{task.capitalize()}, {format_budget(labels)} labels, n = {ranks['datasets'].iloc[0]}\n"
        f"p = {ranks['p'].iloc[0]:.2g}, CD = {ranks['critical'].iloc[0]:.2g}"
        for (task, labels), ranks in groups
    ]
    with mpl.rc_context(RC | {"axes.grid": False}):
        figure, axes = make_grid(titles)
        for panel, (_, ranks) in zip(axes, groups, strict=True):
            mean = ranks.set_index(ranks["pretext"].map(lambda name: looks[name].label))["rank"]
            colors = {looks[name].label: looks[name].color for name in ranks["pretext"]}
            critical = ranks["critical"].iloc[0]
            differ = np.abs(np.subtract.outer(mean.to_numpy(), mean.to_numpy())) > critical
            critical_difference_diagram(
                mean,
                pd.DataFrame(np.where(differ, 0, 1), mean.index, mean.index),
                ax=panel,
                label_fmt_left="{label} ",
                label_fmt_right=" {label}",
                label_props={"fontsize": 7},
                marker_props={"s": 10},
                color_palette=colors,
                text_h_margin=0.1,
            )
            panel.set(xlim=(0.95, len(mean) + 0.05), xticks=range(1, len(mean) + 1))
            panel.spines["top"].set(visible=True, bounds=(1, len(mean)))
    return figure
