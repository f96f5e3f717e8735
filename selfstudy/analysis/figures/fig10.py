"""Figure 10: critical differences between the methods' mean ranks (Demšar, 2006)."""

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from scikit_posthocs import critical_difference_diagram

from selfstudy.analysis.comparison import tabulate_ranks
from selfstudy.analysis.figures.fig3 import short
from selfstudy.analysis.figures.panels import grid
from selfstudy.analysis.figures.style import RC, look


def draw(runs: pd.DataFrame) -> Figure:
    """A panel a task and budget: each method's mean rank over datasets, 1 the best.

    Thick lines join methods whose ranks differ by less than the critical difference CD (Nemenyi,
    5 %). Titles have the p of Friedman's test that none differs, and the number n of datasets.

    Args:
        runs: one backbone's rows of `selfstudy.analysis.runs.collect_runs`.
    """
    groups = list(tabulate_ranks(runs).groupby(["task", "labels"], sort=False))
    titles = [
        f"{task.capitalize()}, {short(labels)} labels, n = {ranks['datasets'].iloc[0]}\n"
        f"p = {ranks['p'].iloc[0]:.2g}, CD = {ranks['critical'].iloc[0]:.2g}"
        for (task, labels), ranks in groups
    ]
    with mpl.rc_context(RC | {"axes.grid": False}):
        figure, axes = grid(titles)
        for panel, (_, ranks) in zip(axes, groups, strict=True):
            mean = ranks.set_index(ranks["pretext"].map(lambda name: look(name).label))["rank"]
            colors = {look(name).label: look(name).color for name in ranks["pretext"]}
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
