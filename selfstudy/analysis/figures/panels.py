"""Grids of panels that several figures are made of."""

from collections.abc import Mapping

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from selfstudy.analysis.figures.curves import draw_utility, find_top
from selfstudy.analysis.figures.style import Look, fit_text
from selfstudy.analysis.uncertainty import estimate_utility
from selfstudy.drawing import RC

SIZE = (2.3, 1.9)  # inches, of a panel
WIDTH = 40  # characters of a panel's title
ROW, LONG_ROW, MANY = 3, 6, 9  # panels in a row, in a row of many, and how many are not yet many


def make_grid(titles: list[str], together: int = 1, **options: object) -> tuple[Figure, list[Axes]]:
    """Make a figure with a panel for each title.

    Three panels stand side by side, or six of many; six, too, where more belong together.

    Args:
        titles: of the panels.
        together: how many panels belong together and share a row.
        options: of `Figure.subplots`.

    Returns:
        The figure and its panels.
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
        panel.set_title(fit_text(title, WIDTH))
    return figure, list(axes[: len(titles)])


def label_rows(axes: list[Axes], label: str) -> None:
    """Label the y axis of the first panel of each row."""
    for panel in axes:
        if panel.get_subplotspec().is_first_col():
            panel.set_ylabel(label)


def add_legend(figure: Figure, axes: list[Axes]) -> None:
    """Add one legend for all panels, above them."""
    entries = {}
    for panel in axes:
        handles, labels = panel.get_legend_handles_labels()
        entries |= dict(zip(labels, handles, strict=True))
    columns = min(max(len(entries), 1), LONG_ROW)
    figure.legend(entries.values(), entries, loc="outside upper center", ncols=columns)


def draw_utility_panels(
    panels: Mapping[str, pd.DataFrame],
    looks: Mapping[str, Look],
    interpolation: str,
    together: int = 1,
) -> Figure:
    """Draw a panel of utility against labels for each group of runs.

    Args:
        panels: rows of `selfstudy.analysis.runs.collect_runs`, by the panel's title.
        looks: of the starts.
        interpolation: of the curves from scratch.
        together: as of `make_grid`.
    """
    with mpl.rc_context(RC):
        figure, axes = make_grid(list(panels), together, sharey=True)
        tables = [estimate_utility(runs, interpolation) for runs in panels.values()]
        for panel, table in zip(axes, tables, strict=True):
            draw_utility(panel, table, looks, max(map(find_top, tables)))
            panel.set_xlabel("Labels")
        label_rows(axes, "Utility")
        add_legend(figure, axes)
    return figure


def draw_diagonal(axes: Axes, values: np.ndarray) -> None:
    """Draw the diagonal on which x and y are equal, as long as `values` need."""
    if len(values):
        ends = [np.min(values), np.max(values)]
        axes.plot(ends, ends, color="0.7", linewidth=0.8, zorder=0)
