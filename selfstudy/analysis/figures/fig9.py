"""Figure 9: finetuning against backbones that are frozen, in part or as a whole."""

from collections.abc import Mapping

import matplotlib as mpl
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter

from selfstudy.analysis import SCRATCH
from selfstudy.analysis.figures.curves import format_budget
from selfstudy.analysis.figures.panels import add_legend, label_rows, make_grid
from selfstudy.analysis.figures.style import Look, title_dataset
from selfstudy.analysis.measures import find_measure, title_measure
from selfstudy.drawing import RC
from selfstudy.measures import ACCURACY, NEAREST
from selfstudy.sweep.runs import Sweep

CAPTION = (
    "Validation accuracy on classification against how much of the pretrained backbone is frozen: "
    "nothing (finetuning), the layers up to one, all of it (linear evaluation, and the nearest "
    "neighbours' vote). Points are means over seeds, bars go from the lowest to the highest."
)
# Where finetuning, linear evaluation and nearest neighbours stand among the layers.
NOTHING, ALL, NEIGHBOURS = -1, 1000, 1001


def list_inputs(sweep: Sweep) -> dict[str, list[str]]:
    """List classification with the first backbone: finetuned, frozen in part, and as a whole."""
    first = sweep.backbones[:1]
    return {
        "runs": sweep.list_finetuned(["classify"], first),
        "frozen": sweep.list_frozen(),
        "linear": sweep.list_linear(["classify"], first),
    }


def draw(
    runs: pd.DataFrame, frozen: pd.DataFrame, linear: pd.DataFrame, looks: Mapping[str, Look]
) -> Figure:
    """Draw accuracy against how much of the backbone is frozen, per dataset and budget.

    From nothing (finetuning), over the layers up to one, to all of it (linear evaluation, and
    beside it the accuracy of nearest neighbours, where accuracy is what is measured). A start's
    point is the mean over seeds, with a bar from the lowest to the highest.

    Args:
        runs: one backbone's and task's rows of `selfstudy.analysis.runs.collect_runs`.
        frozen: the same of `collect_frozen`.
        linear: the same of `collect_linear`.
        looks: of the starts.
    """
    parts = [runs.assign(layer=NOTHING), frozen, linear.assign(layer=ALL)]
    if find_measure(runs) == ACCURACY and NEAREST in linear:
        parts.append(linear.assign(layer=NEIGHBOURS, accuracy=linear[NEAREST]))
    table = pd.concat(parts)
    groups = {
        f"{title_dataset(dataset)}, {format_budget(labels)} labels": group
        for (dataset, labels), group in table.groupby(["dataset", "labels"], sort=False)
        if labels in set(frozen["labels"])
    }
    layers = sorted(table["layer"].unique())
    with mpl.rc_context(RC):
        figure, axes = make_grid(list(groups))
        for panel, group in zip(axes, groups.values(), strict=True):
            for pretext, points in group.groupby("pretext", sort=False):
                look = looks[pretext]
                accuracy = points.groupby("layer")["accuracy"].agg(["mean", "min", "max"])
                if pretext == SCRATCH:
                    panel.axhline(accuracy["mean"].iloc[0], color=look.color, label=look.label)
                    continue
                x = [layers.index(layer) for layer in accuracy.index]
                panel.plot(
                    x, accuracy["mean"], color=look.color, marker=look.marker, label=look.label
                )
                panel.vlines(x, accuracy["min"], accuracy["max"], color=look.color, linewidth=0.8)
            panel.set_xticks(range(len(layers)), [name_layers(layer) for layer in layers])
            panel.yaxis.set_major_formatter(PercentFormatter(1, decimals=0, symbol=" %"))
        label_rows(axes, title_measure(runs))
        figure.supxlabel("Frozen layers", fontsize=8)
        add_legend(figure, axes)
    return figure


def name_layers(layer: int) -> str:
    """Name the layers up to one that is frozen."""
    names = {NOTHING: "none", ALL: "all", NEIGHBOURS: "all (kNN)", 0: "0"}
    return names.get(layer, f"0-{layer}")
