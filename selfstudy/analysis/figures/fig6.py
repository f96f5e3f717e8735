"""Figure 6: utility against the data's factors: each off and on, the others equal."""

import matplotlib as mpl
import pandas as pd
from matplotlib.figure import Figure

from selfstudy.analysis.figures.fig3 import short
from selfstudy.analysis.figures.panels import grid, label_rows, legend
from selfstudy.analysis.figures.style import RC, look
from selfstudy.analysis.utility import fill_in_bounds, measure_utility
from selfstudy.factors import Factors, pair_datasets


def draw(runs: pd.DataFrame) -> Figure:
    """A panel a factor; a line from off to on for each pair of datasets that differ in it alone.

    Utility is that at the budget that is nearest to the middle of those measured. Open markers are
    lower bounds.

    Args:
        runs: one backbone's and task's rows of `selfstudy.analysis.runs.collect_runs`.
    """
    table = measure_utility(runs)
    budgets = sorted(table["labels"].unique())
    budget = budgets[len(budgets) // 2]
    table = table[table["labels"] == budget]
    table = table.assign(shown=fill_in_bounds(table))
    found = pair_datasets(table["dataset"].unique())
    with mpl.rc_context(RC):
        titles = [f"{name.capitalize()}, n = {len(found[name])}" for name in Factors._fields]
        figure, axes = grid(titles, sharey=True)
        points = table.set_index(["dataset", "pretext"])
        for panel, name in zip(axes, Factors._fields, strict=True):
            panel.axhline(0, color=look("scratch").color, linewidth=0.8)
            panel.set(xticks=[0, 1], xticklabels=["fixed", "random"], xlim=(-0.3, 1.3))
            for pretext in table["pretext"].unique():
                style = look(pretext)
                for index, pair in enumerate(found[name]):
                    keys = [(dataset, pretext) for dataset in pair]
                    if not all(key in points.index for key in keys):
                        continue
                    both = points.loc[keys]
                    label = style.label if index == 0 else None
                    panel.plot([0, 1], both["shown"], color=style.color, label=label)
                    for x, (_, row) in enumerate(both.iterrows()):
                        face = "white" if row["censored"] else style.color
                        panel.plot(
                            x, row["shown"], style.marker, color=style.color, markerfacecolor=face
                        )
        label_rows(axes, f"Utility at {short(budget)} labels")
        legend(figure, axes)
    return figure
