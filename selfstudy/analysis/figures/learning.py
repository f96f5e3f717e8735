"""Learning curves as they were fitted, with what they were fitted to."""

from collections.abc import Mapping

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import NullFormatter, PercentFormatter

from selfstudy.analysis.advice import Advice
from selfstudy.analysis.figures.curves import format_budget
from selfstudy.analysis.figures.panels import add_legend, label_rows, make_grid
from selfstudy.analysis.figures.style import Look
from selfstudy.analysis.needs import Fit
from selfstudy.analysis.spread import LEVEL
from selfstudy.drawing import RC
from selfstudy.measures import ACCURACY, TITLES

HEIGHT, WIDTH = 3.2, 4.6  # inches, of a panel that stands alone
TAILS = ((1 - LEVEL) / 2, (1 + LEVEL) / 2)


def draw_learning_curves(
    advice: Mapping[str, Advice], looks: Mapping[str, Look], measure: str = ACCURACY
) -> Figure:
    """Draw a panel of accuracy against labels for each dataset, backbone and task.

    Points have 95 % intervals; curves are the middle of those that the points allow, in a band that
    holds 98 % of these; dashed where they are extrapolated. The target is a line.

    Args:
        advice: by the panel's title.
        looks: of the starts.
        measure: what stands for accuracy.
    """
    with mpl.rc_context(RC):
        figure, axes = make_grid(list(advice))
        if len(advice) == 1:
            figure.set_size_inches(WIDTH, HEIGHT)
        for panel, each in zip(axes, advice.values(), strict=True):
            for start, fit in each.fits.items():
                draw_fit(panel, fit, looks[start])
            if each.target is not None:
                panel.axhline(each.target, color="0.4", linestyle=":", label="Target")
            panel.set_ylim(bottom=max(panel.get_ylim()[0], 0))
            panel.set_xscale("log")
            panel.xaxis.set_major_formatter(lambda n, _: format_budget(round(n)))
            panel.xaxis.set_minor_formatter(NullFormatter())
            panel.yaxis.set_major_formatter(PercentFormatter(1, decimals=0, symbol=" %"))
            panel.set_xlabel("Labels")
        label_rows(axes, TITLES[measure])
        add_legend(figure, axes)
    return figure


def draw_fit(axes: Axes, fit: Fit, look: Look) -> None:
    """Draw the points of a start, and its curve, if there is one."""
    axes.errorbar(
        fit.labels,
        fit.mean,
        np.nan_to_num(fit.margin),
        color=look.color,
        marker=look.marker,
        linestyle="",
        elinewidth=0.8,
        label=look.label,
    )
    if fit.curve is None:
        return
    labels, last = fit.curve.labels, fit.labels[-1]
    low, middle, high = np.quantile(fit.curve.accuracy, [TAILS[0], 0.5, TAILS[1]], axis=0)
    axes.fill_between(labels, low, high, color=look.color, alpha=0.1, linewidth=0)
    for own, style in ((labels <= last, "-"), (labels >= last * 0.95, "--")):
        axes.plot(labels[own], middle[own], color=look.color, linestyle=style)
