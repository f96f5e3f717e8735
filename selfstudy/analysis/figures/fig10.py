"""Figure 10: critical differences between the methods' mean ranks (Demšar, 2006)."""

import matplotlib as mpl
import pandas as pd
from matplotlib.figure import Figure

from selfstudy.analysis.comparison import method_ranks
from selfstudy.analysis.figures.fig3 import short
from selfstudy.analysis.figures.panels import grid
from selfstudy.analysis.figures.style import RC, look


def draw(runs: pd.DataFrame) -> Figure:
    """A panel a task and budget: each method's mean rank over datasets, 1 the best.

    A bar is as long as the critical difference: methods whose bars do not overlap differ (Nemenyi,
    5 %). Titles have the p of Friedman's test that none differs, and the number n of datasets.

    Args:
        runs: one backbone's rows of `selfstudy.analysis.runs.collect`.
    """
    groups = list(method_ranks(runs).groupby(["task", "labels"], sort=False))
    titles = [
        f"{task.capitalize()}, {short(labels)} labels\np = {ranks['p'].iloc[0]:.2g}, "
        f"n = {ranks['datasets'].iloc[0]}"
        for (task, labels), ranks in groups
    ]
    with mpl.rc_context(RC):
        figure, axes = grid(titles, sharex=True)
        for panel, (_, ranks) in zip(axes, groups, strict=True):
            ranks = ranks.sort_values("rank", ascending=False).reset_index(drop=True)
            for place, row in ranks.iterrows():
                style = look(row["pretext"])
                panel.plot(row["rank"], place, style.marker, color=style.color)
                ends = row["rank"] - row["critical"] / 2, row["rank"] + row["critical"] / 2
                panel.hlines(place, *ends, color=style.color)
            panel.set_yticks(ranks.index, [look(name).label for name in ranks["pretext"]])
            panel.set_ylim(-0.6, len(ranks) - 0.4)
            panel.grid(axis="y", visible=False)
        figure.supxlabel("Mean rank", fontsize=8)
    return figure
