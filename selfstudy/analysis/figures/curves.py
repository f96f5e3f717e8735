"""Curves against the number of labels, which several figures are made of."""

from collections.abc import Mapping

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.colors import to_rgb
from matplotlib.ticker import FixedLocator, FuncFormatter, NullFormatter, PercentFormatter

from selfstudy.analysis import SCRATCH
from selfstudy.analysis.convergence import find_cut_short
from selfstudy.analysis.figures.style import LOOKS, Look
from selfstudy.analysis.utility import show_utility

BOUNDS = {"≥": "^", "≤": "v"}  # how they are marked
FADED = "Pale points have not converged: more rounds would change them."
PALE = 0.3  # share of their colour that they keep
CROWDED = 0.11  # share of the axis that a label takes


def draw_accuracy(axes: Axes, accuracy: pd.DataFrame, looks: Mapping[str, Look]) -> None:
    """Draw accuracies, a line for each start.

    Args:
        axes: to draw on.
        accuracy: rows of `selfstudy.analysis.uncertainty.estimate_accuracy`.
        looks: of the starts.
    """
    for pretext, curve in accuracy.groupby("pretext", sort=False):
        draw_line(axes, looks[pretext], curve, "mean")
    explain_pale(axes, accuracy)
    label_axis(axes, accuracy["labels"])
    axes.yaxis.set_major_formatter(PercentFormatter(1, decimals=0, symbol=" %"))


def find_top(utility: pd.DataFrame) -> float:
    """Find where the axis of utilities ends: above all curves, if not above all their bars."""
    return max(1.5, 2 * show_utility(utility)["shown"].max())


def draw_utility(axes: Axes, utility: pd.DataFrame, looks: Mapping[str, Look], top: float) -> None:
    """Draw utilities, a line for each start; hollow triangles are bounds, and point beyond them.

    The line goes on through lower bounds, and ends at upper ones: below what was measured from
    scratch these say the less, the fewer labels there are.

    Args:
        axes: to draw on.
        utility: rows of `selfstudy.analysis.uncertainty.estimate_utility`.
        looks: of the starts.
        top: where the axis ends.
    """
    if utility.empty:  # nothing was pretrained
        axes.set_axis_off()
        return
    high = utility[["high", "bound"]].min(axis=1, skipna=False)
    utility = utility.assign(high=high, **show_utility(utility))
    utility["joined"] = utility["shown"].where(utility["sign"] != "≤")
    for pretext, curve in utility.groupby("pretext", sort=False):
        draw_line(axes, looks[pretext], curve, "joined")
        for sign, marker in BOUNDS.items():
            draw_bounds(axes, looks[pretext].color, curve[curve["sign"] == sign], marker)
    explain_pale(axes, utility)
    label_axis(axes, utility["labels"])
    axes.axhline(0, color=LOOKS[SCRATCH].color, linewidth=0.8)
    # From the fewest to the most labels from scratch utility can be measured.
    fewest, most = (((utility[of] + 1) * utility["labels"]).max() for of in ("floor", "bound"))
    budgets = np.geomspace(utility["labels"].min(), max(most, utility["labels"].max()), 200)
    beyond = 2 * max(top, utility["bound"].max())
    axes.fill_between(budgets, most / budgets - 1, beyond, color="0.88", linewidth=0)
    axes.fill_between(budgets, -2, fewest / budgets - 1, color="0.88", linewidth=0)
    axes.set_yscale("symlog", linthresh=1, linscale=0.6)
    axes.set_ylim(-1.1, top)
    axes.yaxis.set_major_locator(FixedLocator([-1, 0, 1, 3, 10, 30, 100, 300, 1000]))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))


def draw_bounds(axes: Axes, color: str, bounds: pd.DataFrame, marker: str) -> None:
    """Draw the bounds of a curve as hollow triangles, pale where they have not converged."""
    style = {"linestyle": "", "marker": marker, "markersize": 7, "markerfacecolor": "white"}
    pale = find_cut_short(bounds)
    for shade, points in ((color, bounds[~pale]), (fade(color), bounds[pale])):
        axes.plot(points["labels"], points["shown"], color=shade, zorder=3, **style)


def draw_line(axes: Axes, look: Look, curve: pd.DataFrame, value: str) -> None:
    """Draw a curve's points, the column `value`, and a bar from `low` to `high` at each.

    Points that have not converged are pale.
    """
    axes.plot(curve["labels"], curve[value], label=look.label, color=look.color, marker=look.marker)
    pale = curve[find_cut_short(curve)]
    style = {"linestyle": "", "marker": look.marker, "zorder": 2.5}
    axes.plot(pale["labels"], pale[value], color=fade(look.color), **style)
    axes.vlines(curve["labels"], curve["low"], curve["high"], color=look.color, linewidth=0.8)


def draw_marks(axes: Axes, look: Look, x: object, y: object, sign: str) -> None:
    """Draw utilities as a start's marks, or, where a sign says so, as open triangles: bounds."""
    marker, face = BOUNDS.get(sign, look.marker), "white" if sign else look.color
    axes.plot(x, y, marker, color=look.color, markerfacecolor=face)


def keep_middle(utility: pd.DataFrame) -> pd.DataFrame:
    """Keep the rows of the budget that is nearest to the middle of those measured."""
    budgets = sorted(utility["labels"].unique())
    return utility[utility["labels"] == budgets[len(budgets) // 2]]


def explain_pale(axes: Axes, points: pd.DataFrame) -> None:
    """Add an entry of the legend that says what pale points are, where there are any."""
    if find_cut_short(points).any():
        style = {"linestyle": "", "marker": "o", "color": fade(LOOKS[SCRATCH].color)}
        axes.plot([], [], label="Not converged", **style)


def fade(color: str) -> tuple[float, ...]:
    """Give the colour mixed with white."""
    return tuple(PALE * part + 1 - PALE for part in to_rgb(color))


def label_axis(axes: Axes, labels: pd.Series) -> None:
    """Make a log axis with a tick at every budget, labelled where there is room."""
    budgets = sorted(labels.unique())
    room = CROWDED * np.log(budgets[-1] / budgets[0])
    labelled = [budgets[-1]]
    for budget in reversed(budgets):
        if np.log(labelled[-1] / budget) > room:
            labelled.append(budget)
    axes.set_xscale("log")
    axes.set_xticks(budgets, [format_budget(b) if b in labelled else "" for b in budgets])
    axes.xaxis.set_minor_formatter(NullFormatter())
    axes.minorticks_off()


def format_budget(budget: int) -> str:
    """Format a number of labels in few characters, such as `20k`."""
    return f"{budget / 1000:g}k" if budget >= 1000 else str(budget)
