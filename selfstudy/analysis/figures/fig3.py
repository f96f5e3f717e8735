"""Figure 3: accuracy and utility of pretrained models on object classification."""

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, FuncFormatter, NullFormatter, PercentFormatter

from selfstudy.analysis import SCRATCH
from selfstudy.analysis.figures.style import RC, dataset_title, look
from selfstudy.analysis.uncertainty import estimate_accuracy, estimate_utility
from selfstudy.analysis.utility import fill_in_bounds

PANEL = (2.3, 1.9)  # inches, width and height
MAX_COLUMNS = 6
CROWDED = 0.11  # share of the axis that a label takes


def draw(runs: pd.DataFrame) -> Figure:
    """Accuracy above, utility below, against the number of labels.

    One column a dataset, folded into pairs of rows where there are many; one line a pretext method;
    bars are 95 % intervals. Utility in the grey region cannot be measured.

    Args:
        runs: one backbone's and one task's rows of `selfstudy.analysis.runs.collect_runs`.
    """
    datasets = list(runs["dataset"].unique())
    columns = min(len(datasets), MAX_COLUMNS)
    bands = -(-len(datasets) // columns)
    with mpl.rc_context(RC):
        size = (PANEL[0] * max(columns, 2), 2 * PANEL[1] * bands + 0.4)
        figure = Figure(figsize=size, layout="constrained")
        axes = figure.subplots(2 * bands, columns, squeeze=False, sharey="row")
        accuracy, utility = estimate_accuracy(runs), estimate_utility(runs)
        for index, dataset in enumerate(datasets):
            band, column = divmod(index, columns)
            above, below = axes[2 * band, column], axes[2 * band + 1, column]
            above.set_title(dataset_title(dataset))
            draw_accuracy(above, accuracy[accuracy["dataset"] == dataset])
            draw_utility(below, utility[utility["dataset"] == dataset], highest(utility))
            below.set_xlabel("Labels")
        for band in range(bands):
            axes[2 * band, 0].set_ylabel("Accuracy")
            axes[2 * band + 1, 0].set_ylabel("Utility")
        for unused in axes[-2:, len(datasets) - (bands - 1) * columns :].flat:
            unused.remove()
        handles, labels = axes[0, 0].get_legend_handles_labels()
        figure.legend(handles, labels, loc="outside upper center", ncols=len(labels))
    return figure


def draw_accuracy(axes: Axes, accuracy: pd.DataFrame) -> None:
    for pretext, curve in accuracy.groupby("pretext", sort=False):
        line(axes, pretext, curve, "mean")
    label_axis(axes, accuracy["labels"])
    axes.yaxis.set_major_formatter(PercentFormatter(1, decimals=0, symbol=" %"))


def highest(utility: pd.DataFrame) -> float:
    """Where the axis of these utilities ends: above all curves, if not above all of their bars."""
    return max(1.5, 2 * fill_in_bounds(utility).max())


def draw_utility(axes: Axes, utility: pd.DataFrame, top: float) -> None:
    if utility.empty:  # nothing was pretrained
        axes.set_axis_off()
        return
    utility = utility.assign(
        low=utility[["low", "bound"]].min(axis=1, skipna=False),
        high=utility[["high", "bound"]].min(axis=1, skipna=False),
        shown=fill_in_bounds(utility),
    )
    for pretext, curve in utility.groupby("pretext", sort=False):
        line(axes, pretext, curve, "shown")
        censored = curve[curve["censored"] > 0]
        axes.plot(
            censored["labels"],
            censored["shown"],
            color=look(pretext).color,
            linestyle="",
            marker="^",
            markerfacecolor="white",
            markersize=7,
            zorder=3,
        )
    label_axis(axes, utility["labels"])
    axes.axhline(0, color=look(SCRATCH).color, linewidth=0.8)
    most = ((utility["bound"] + 1) * utility["labels"]).max()  # the largest budget from scratch
    budgets = np.geomspace(utility["labels"].min(), most, 200)
    beyond = 2 * max(top, utility["bound"].max())
    axes.fill_between(budgets, most / budgets - 1, beyond, color="0.88", linewidth=0)
    axes.set_yscale("symlog", linthresh=1, linscale=0.6)
    axes.set_ylim(-1.1, top)
    axes.yaxis.set_major_locator(FixedLocator([-1, 0, 1, 3, 10, 30, 100, 300, 1000]))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))


def line(axes: Axes, pretext: str, curve: pd.DataFrame, value: str) -> None:
    """A curve's points, and a bar from `low` to `high` at each."""
    method = look(pretext)
    axes.plot(
        curve["labels"], curve[value], label=method.label, color=method.color, marker=method.marker
    )
    axes.vlines(curve["labels"], curve["low"], curve["high"], color=method.color, linewidth=0.8)


def label_axis(axes: Axes, labels: pd.Series) -> None:
    """A log axis with a tick at every budget, labelled where there is room."""
    budgets = sorted(labels.unique())
    room = CROWDED * np.log(budgets[-1] / budgets[0])
    labelled = [budgets[-1]]
    for budget in reversed(budgets):
        if np.log(labelled[-1] / budget) > room:
            labelled.append(budget)
    axes.set_xscale("log")
    axes.set_xticks(budgets, [short(b) if b in labelled else "" for b in budgets])
    axes.xaxis.set_minor_formatter(NullFormatter())
    axes.minorticks_off()


def short(budget: int) -> str:
    return f"{budget / 1000:g}k" if budget >= 1000 else str(budget)
