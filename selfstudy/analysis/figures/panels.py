"""Grids of panels that several figures are made of."""

from collections.abc import Mapping

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from selfstudy.analysis.figures.fig3 import draw_utility, highest
from selfstudy.analysis.figures.style import RC
from selfstudy.analysis.uncertainty import estimate_utility

SIZE = (2.3, 1.9)  # inches, of a panel
ROW, LONG_ROW, MANY = 3, 6, 9  # panels in a row, in a row of many, and how many are not yet many


def grid(titles: list[str], together: int = 1, **options: object) -> tuple[Figure, list[Axes]]:
    """A figure with a panel for each title, of which so many as belong `together` share a row.

    Three panels stand side by side, or six of many; six, too, where more belong together.
    """
    most = ROW if len(titles) <= MANY else LONG_ROW
    together = min(together, LONG_ROW)
    columns = max(1, min(len(titles), max(most - most % together, together)))
    rows = max(1, -(-len(titles) // columns))
    figure = Figure(figsize=(SIZE[0] * max(columns, 2), SIZE[1] * rows + 0.4), layout="constrained")
    axes = figure.subplots(rows, columns, squeeze=False, **options).ravel()
    for unused in axes[len(titles) :]:
        unused.remove()
    for panel, title in zip(axes, titles, strict=False):
        panel.set_title(title)
    return figure, list(axes[: len(titles)])


def label_rows(axes: list[Axes], label: str) -> None:
    """Label the y axis of the first panel of each row."""
    for panel in axes:
        if panel.get_subplotspec().is_first_col():
            panel.set_ylabel(label)


def legend(figure: Figure, axes: list[Axes]) -> None:
    """One legend for all panels, above them."""
    entries = {}
    for panel in axes:
        handles, labels = panel.get_legend_handles_labels()
        entries |= dict(zip(labels, handles, strict=True))
    figure.legend(entries.values(), entries, loc="outside upper center", ncols=max(len(entries), 1))


def utility_panels(panels: Mapping[str, pd.DataFrame], together: int = 1) -> Figure:
    """A panel of utility against labels for each group of runs, by its title."""
    with mpl.rc_context(RC):
        figure, axes = grid(list(panels), together, sharey=True)
        tables = [estimate_utility(runs) for runs in panels.values()]
        for panel, table in zip(axes, tables, strict=True):
            draw_utility(panel, table, max(map(highest, tables)))
            panel.set_xlabel("Labels")
        label_rows(axes, "Utility")
        legend(figure, axes)
    return figure


def agreement(axes: Axes, values: np.ndarray) -> None:
    """A diagonal on which x and y are equal."""
    if len(values):
        ends = [np.min(values), np.max(values)]
        axes.plot(ends, ends, color="0.7", linewidth=0.8, zorder=0)
