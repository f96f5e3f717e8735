"""Grids of panels that several figures are made of."""

from collections.abc import Mapping

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from selfstudy.analysis.figures.fig3 import draw_utility
from selfstudy.analysis.figures.style import RC
from selfstudy.analysis.uncertainty import utilities_with_intervals

SIZE = (2.3, 1.9)  # inches, of a panel
MAX_COLUMNS = 3


def grid(titles: list[str], **options: object) -> tuple[Figure, list[Axes]]:
    """A figure with a panel for each title; at most three stand side by side."""
    columns = max(1, min(len(titles), MAX_COLUMNS))
    rows = max(1, -(-len(titles) // columns))
    figure = Figure(figsize=(SIZE[0] * max(columns, 2), SIZE[1] * rows + 0.4), layout="constrained")
    axes = figure.subplots(rows, columns, squeeze=False, **options).ravel()
    for unused in axes[len(titles) :]:
        unused.remove()
    for panel, title in zip(axes, titles, strict=False):
        panel.set_title(title)
    return figure, list(axes[: len(titles)])


def legend(figure: Figure, axes: list[Axes]) -> None:
    """One legend for all panels, above them."""
    entries = {}
    for panel in axes:
        handles, labels = panel.get_legend_handles_labels()
        entries |= dict(zip(labels, handles, strict=True))
    figure.legend(entries.values(), entries, loc="outside upper center", ncols=max(len(entries), 1))


def utility_panels(panels: Mapping[str, pd.DataFrame]) -> Figure:
    """A panel of utility against labels for each group of runs, by its title."""
    with mpl.rc_context(RC):
        figure, axes = grid(list(panels), sharey=True)
        for panel, runs in zip(axes, panels.values(), strict=True):
            draw_utility(panel, utilities_with_intervals(runs))
            panel.set_xlabel("Labels")
        if axes:
            axes[0].set_ylabel("Utility")
        legend(figure, axes)
    return figure


def agreement(axes: Axes, values: np.ndarray) -> None:
    """A diagonal on which x and y are equal."""
    if len(values):
        ends = [np.min(values), np.max(values)]
        axes.plot(ends, ends, color="0.7", linewidth=0.8, zorder=0)
