"""Figure 8: training curves."""

import matplotlib as mpl
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter

from selfstudy.analysis.figures.fig3 import short
from selfstudy.analysis.figures.panels import grid, legend
from selfstudy.analysis.figures.style import RC, dataset_title, look


def draw(histories: pd.DataFrame) -> Figure:
    """Validation accuracy against rounds, a panel a dataset for the fewest and the most labels.

    A line a method is the mean over seeds, in a band from the lowest to the highest.

    Args:
        histories: the table of `selfstudy.analysis.runs.collect_histories`.
    """
    ends = histories.groupby(["dataset", "task"])["labels"].agg(["min", "max"])
    panels = {}
    for (dataset, task), budgets in ends.iterrows():
        for labels in dict.fromkeys(budgets):
            chosen = (histories["dataset"] == dataset) & (histories["task"] == task)
            title = f"{dataset_title(dataset)}, {task}, {short(labels)} labels"
            panels[title] = histories[chosen & (histories["labels"] == labels)]
    with mpl.rc_context(RC):
        figure, axes = grid(list(panels), together=2)
        for panel, group in zip(axes, panels.values(), strict=True):
            for pretext, curves in group.groupby("pretext", sort=False):
                style = look(pretext)
                accuracy = curves.dropna(subset="valid_accuracy").groupby("round")["valid_accuracy"]
                mean, low, high = accuracy.mean(), accuracy.min(), accuracy.max()
                panel.plot(mean.index, mean, color=style.color, label=style.label)
                panel.fill_between(mean.index, low, high, color=style.color, alpha=0.2, linewidth=0)
            panel.set(xlabel="Round", ylabel="Validation accuracy")
            panel.yaxis.set_major_formatter(PercentFormatter(1, decimals=0, symbol=" %"))
        legend(figure, axes)
    return figure
