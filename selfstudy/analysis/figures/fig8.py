"""Figure 8: training curves."""

from collections.abc import Mapping

import matplotlib as mpl
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter

from selfstudy.analysis.figures.curves import format_budget
from selfstudy.analysis.figures.panels import add_legend, make_grid
from selfstudy.analysis.figures.style import Look, title_dataset
from selfstudy.drawing import RC
from selfstudy.sweep.runs import Sweep

CAPTION = (
    "Validation accuracy while training on the fewest and the most labels: the mean over seeds, in "
    "a band from the lowest to the highest."
)


def list_inputs(sweep: Sweep) -> dict[str, list[str]]:
    """List the histories of classification with the first backbone."""
    runs = sweep.list_finetuned(["classify"], sweep.backbones[:1])
    return {"histories": [path.replace("metrics.csv", "history.csv") for path in runs]}


def draw(histories: pd.DataFrame, looks: Mapping[str, Look]) -> Figure:
    """Draw validation accuracy against rounds, per dataset for the fewest and the most labels.

    A start's line is the mean over seeds, in a band from the lowest to the highest.

    Args:
        histories: the table of `selfstudy.analysis.runs.collect_histories`.
        looks: of the starts.
    """
    ends = histories.groupby(["dataset", "task"])["labels"].agg(["min", "max"])
    panels = {}
    for (dataset, task), budgets in ends.iterrows():
        for labels in dict.fromkeys(budgets):
            chosen = (histories["dataset"] == dataset) & (histories["task"] == task)
            title = f"{title_dataset(dataset)}, {task}, {format_budget(labels)} labels"
            panels[title] = histories[chosen & (histories["labels"] == labels)]
    with mpl.rc_context(RC):
        figure, axes = make_grid(list(panels), together=2)
        for panel, group in zip(axes, panels.values(), strict=True):
            for pretext, curves in group.groupby("pretext", sort=False):
                look = looks[pretext]
                accuracy = curves.dropna(subset="valid_accuracy").groupby("round")["valid_accuracy"]
                mean, low, high = accuracy.mean(), accuracy.min(), accuracy.max()
                panel.plot(mean.index, mean, color=look.color, label=look.label)
                panel.fill_between(mean.index, low, high, color=look.color, alpha=0.2, linewidth=0)
            panel.set(xlabel="Round", ylabel="Validation accuracy")
            panel.yaxis.set_major_formatter(PercentFormatter(1, decimals=0, symbol=" %"))
        add_legend(figure, axes)
    return figure
