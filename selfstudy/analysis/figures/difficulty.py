"""Confusion matrices: which classes a network takes for which, one panel per dataset."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure

from selfstudy.analysis.difficulty import read_confusion
from selfstudy.analysis.figures.style import title_dataset

PANELS = 4  # in a row
SIZE = 2.0  # inches


def draw(confusions: Mapping[str, str | Path]) -> Figure:
    """Show the confusion matrices of datasets, by name; rows are the true classes."""
    columns = min(PANELS, len(confusions))
    rows = -(-len(confusions) // columns)
    figure = Figure(figsize=(SIZE * columns + 1.2, SIZE * rows + 0.6), layout="constrained")
    axes = figure.subplots(rows, columns, squeeze=False, sharex=True, sharey=True)
    for panel in axes.flat[len(confusions) :]:
        panel.set_visible(False)
    for panel, (name, path) in zip(axes.flat, confusions.items(), strict=False):
        shares = read_confusion(path)
        shown = panel.imshow(shares, vmin=0, vmax=1, cmap="Blues")
        accuracy = shares.values.diagonal().mean()
        panel.set_title(f"{title_dataset(name)}: {accuracy:.2f}", fontsize=8)
        places = np.arange(len(shares))
        panel.set_xticks(places, shares.columns, rotation=90, fontsize=6)
        panel.set_yticks(places, shares.index, fontsize=6)
        panel.tick_params(length=0)
        panel.xaxis.set_tick_params(labelbottom=True)
    figure.supxlabel("predicted", fontsize=8)
    figure.supylabel("class", fontsize=8)
    bar = figure.colorbar(shown, ax=axes, shrink=0.5, aspect=30)
    bar.set_label("share of the class's images", fontsize=8)
    bar.ax.tick_params(labelsize=7)
    return figure
