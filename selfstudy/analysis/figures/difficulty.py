"""Confusion matrices: which classes a network takes for which, one panel per dataset."""

from collections.abc import Mapping
from pathlib import Path

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from selfstudy.analysis.difficulty import read_confusion
from selfstudy.analysis.escaping import show_name
from selfstudy.analysis.figures.style import fit_text, title_dataset
from selfstudy.drawing import RC

PANELS = 4  # in a row
SIZE = 2.0  # inches
LOOK = RC | {"axes.grid": False, "axes.spines.right": True, "axes.spines.top": True}
TITLE, NAME = 36, 20  # characters of a panel's title's line, and of a class's name


def draw(confusions: Mapping[str, str | Path]) -> Figure:
    """Show the confusion matrices of datasets, by name; rows are the true classes."""
    shares = {name: read_confusion(path) for name, path in confusions.items()}
    with mpl.rc_context(LOOK):
        return draw_shares(shares)


def draw_shares(confusions: Mapping[str, pd.DataFrame]) -> Figure:
    """Draw a panel for each dataset, of the tables of `read_confusion`."""
    columns = min(PANELS, len(confusions))
    rows = -(-len(confusions) // columns)
    figure = Figure(figsize=(SIZE * columns + 1.2, SIZE * rows + 0.6), layout="constrained")
    axes = figure.subplots(rows, columns, squeeze=False, sharex=True, sharey=True)
    for panel in axes.flat[len(confusions) :]:
        panel.set_visible(False)
    for panel, (name, shares) in zip(axes.flat, confusions.items(), strict=False):
        shown = panel.imshow(shares, vmin=0, vmax=1, cmap="Blues")
        accuracy = shares.values.diagonal().mean()
        panel.set_title(fit_text(f"{title_dataset(name)}: {accuracy:.2f}", TITLE), fontsize=8)
        places = np.arange(len(shares))
        classes = [fit_text(show_name(each), NAME, lines=1) for each in shares.index]
        panel.set_xticks(places, classes, rotation=90, fontsize=6)
        panel.set_yticks(places, classes, fontsize=6)
        panel.tick_params(length=0)
        panel.xaxis.set_tick_params(labelbottom=True)
    figure.supxlabel("predicted", fontsize=8)
    figure.supylabel("class", fontsize=8)
    bar = figure.colorbar(shown, ax=axes, shrink=0.5, aspect=30)
    bar.set_label("share of the class's images", fontsize=8)
    bar.ax.tick_params(labelsize=7)
    return figure
