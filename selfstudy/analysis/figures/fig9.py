"""Figure 9: finetuning against backbones that are frozen, in part or as a whole."""

import matplotlib as mpl
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter

from selfstudy.analysis import SCRATCH
from selfstudy.analysis.figures.fig3 import short
from selfstudy.analysis.figures.panels import grid, label_rows, legend
from selfstudy.analysis.figures.style import RC, dataset_title, look

NOTHING, ALL = -1, 1000  # where finetuning and linear evaluation stand among the layers


def draw(runs: pd.DataFrame, frozen: pd.DataFrame, linear: pd.DataFrame) -> Figure:
    """A panel a dataset and budget: accuracy against how much of the backbone is frozen.

    From nothing (finetuning), over the layers up to one, to all of it (linear evaluation). A point
    a method is the mean over seeds, with a bar from the lowest to the highest.

    Args:
        runs, frozen, linear: one backbone's and task's rows of the tables of `collect_runs`,
            `collect_frozen` and `collect_linear` of `selfstudy.analysis.runs`.
    """
    table = pd.concat([runs.assign(layer=NOTHING), frozen, linear.assign(layer=ALL)])
    groups = {
        f"{dataset_title(dataset)}, {short(labels)} labels": group
        for (dataset, labels), group in table.groupby(["dataset", "labels"], sort=False)
        if labels in set(frozen["labels"])
    }
    layers = sorted(table["layer"].unique())
    with mpl.rc_context(RC):
        figure, axes = grid(list(groups))
        for panel, group in zip(axes, groups.values(), strict=True):
            for pretext, points in group.groupby("pretext", sort=False):
                style = look(pretext)
                accuracy = points.groupby("layer")["accuracy"].agg(["mean", "min", "max"])
                if pretext == SCRATCH:
                    panel.axhline(accuracy["mean"].iloc[0], color=style.color, label=style.label)
                    continue
                x = [layers.index(layer) for layer in accuracy.index]
                panel.plot(
                    x, accuracy["mean"], color=style.color, marker=style.marker, label=style.label
                )
                panel.vlines(x, accuracy["min"], accuracy["max"], color=style.color, linewidth=0.8)
            panel.set_xticks(range(len(layers)), [named(layer) for layer in layers])
            panel.yaxis.set_major_formatter(PercentFormatter(1, decimals=0, symbol=" %"))
        label_rows(axes, "Accuracy")
        figure.supxlabel("Frozen layers", fontsize=8)
        legend(figure, axes)
    return figure


def named(layer: int) -> str:
    return {NOTHING: "none", ALL: "all", 0: "0"}.get(layer, f"0-{layer}")
