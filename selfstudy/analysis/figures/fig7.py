"""Figure 7: linear evaluation against finetuning."""

import matplotlib as mpl
import pandas as pd
from matplotlib.figure import Figure

from selfstudy.analysis.comparison import correlate_ranks, join_evaluations
from selfstudy.analysis.figures.fig3 import short
from selfstudy.analysis.figures.panels import agreement, grid, legend
from selfstudy.analysis.figures.style import RC, look


def draw(runs: pd.DataFrame, linear: pd.DataFrame) -> Figure:
    """A panel a backbone, task and budget; a point a pretrained network; rank correlations with
    their 95 % intervals in the titles.

    Args:
        runs, linear: tables of `collect_runs` and `collect_linear` in `selfstudy.analysis.runs`.
    """
    pairs = join_evaluations(runs, linear)
    groups = list(pairs.groupby(["task", "backbone", "labels"], sort=False))
    titles = [
        f"{task.capitalize()}, {backbone}, {short(n)} labels" for (task, backbone, n), _ in groups
    ]
    with mpl.rc_context(RC):
        figure, axes = grid(titles)
        for panel, title, (_, group) in zip(axes, titles, groups, strict=True):
            for pretext, points in group.groupby("pretext", sort=False):
                style = look(pretext)
                panel.plot(
                    points["linear"],
                    points["finetuned"],
                    style.marker,
                    color=style.color,
                    label=style.label,
                )
            agreement(panel, group[["linear", "finetuned"]].to_numpy())
            panel.set_title(f"{title}\n{described(group)}")
            panel.set(xlabel="Linear evaluation", ylabel="Finetuned")
        legend(figure, axes)
    return figure


def described(pairs: pd.DataFrame) -> str:
    found = correlate_ranks(pairs["linear"], pairs["finetuned"])
    if pd.isna(found["spearman"]):
        return f"n = {found['n']}, too few to correlate"
    low, high = found["spearman_low"], found["spearman_high"]
    return f"Spearman {found['spearman']:.2f} [{low:.2f}, {high:.2f}], n = {found['n']}"
