"""Figure 7: linear evaluation against finetuning."""

from collections.abc import Mapping

import matplotlib as mpl
import pandas as pd
from matplotlib.figure import Figure

from selfstudy.analysis.comparison import correlate_ranks, join_evaluations
from selfstudy.analysis.figures.curves import format_budget
from selfstudy.analysis.figures.panels import WIDTH, add_legend, draw_diagonal, make_grid
from selfstudy.analysis.figures.style import Look, fit_text
from selfstudy.analysis.measures import qualify_measure
from selfstudy.drawing import RC
from selfstudy.sweep.runs import Sweep

CAPTION = (
    "Linear evaluation against finetuning, a point for each pretrained network, with Spearman's "
    "rank correlation and, of five datasets or more, its 95 % interval. On the diagonal both are "
    "equal."
)


def list_inputs(sweep: Sweep) -> dict[str, list[str]]:
    """List the tasks that are learned both ways."""
    return {"runs": sweep.list_finetuned(sweep.linear_tasks), "linear": sweep.list_linear()}


def draw(runs: pd.DataFrame, linear: pd.DataFrame, looks: Mapping[str, Look]) -> Figure:
    """Draw a panel per backbone, task and budget; a point per pretrained network.

    Titles have the rank correlations with their 95 % intervals.

    Args:
        runs: the table of `selfstudy.analysis.runs.collect_runs`.
        linear: that of `collect_linear`.
        looks: of the starts.
    """
    pairs = join_evaluations(runs, linear)
    groups = list(pairs.groupby(["task", "backbone", "labels"], sort=False))
    titles = [
        f"{task.capitalize()}, {backbone}, {format_budget(n)} labels"
        for (task, backbone, n), _ in groups
    ]
    of = qualify_measure(runs)
    with mpl.rc_context(RC):
        figure, axes = make_grid(titles)
        for panel, title, (_, group) in zip(axes, titles, groups, strict=True):
            for pretext, points in group.groupby("pretext", sort=False):
                look = looks[pretext]
                panel.plot(
                    points["linear"],
                    points["finetuned"],
                    look.marker,
                    color=look.color,
                    label=look.label,
                )
            draw_diagonal(panel, group[["linear", "finetuned"]].to_numpy())
            panel.set_title(f"{fit_text(title, WIDTH)}\n{describe(group)}")
            panel.set(xlabel=f"Linear evaluation{of}", ylabel=f"Finetuned{of}")
        add_legend(figure, axes)
    return figure


def describe(pairs: pd.DataFrame) -> str:
    """Describe how the accuracies agree."""
    found = correlate_ranks(pairs["linear"], pairs["finetuned"], pairs["dataset"])
    if pd.isna(found["spearman"]):
        return f"n = {found['n']}, too few to correlate"
    low, high = found["spearman_low"], found["spearman_high"]
    ends = "" if pd.isna(low) else f" [{low:.2f}, {high:.2f}]"  # datasets are too few for one
    return f"Spearman {found['spearman']:.2f}{ends}, n = {found['n']}"
