"""Figure 11: utility against the number of images that pretrain."""

from collections import Counter
from collections.abc import Mapping

import matplotlib as mpl
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from selfstudy.analysis import CURVE, ONE_NETWORK, SCRATCH
from selfstudy.analysis.figures.curves import draw_marks, format_budget, keep_middle, label_axis
from selfstudy.analysis.figures.panels import add_legend, label_rows, make_grid
from selfstudy.analysis.figures.style import LOOKS, Look, title_dataset, title_start
from selfstudy.analysis.uncertainty import estimate_utility
from selfstudy.analysis.utility import show_utility
from selfstudy.drawing import RC
from selfstudy.sweep.pretrained import find_whole
from selfstudy.sweep.runs import Sweep

IMAGES = "pretrain_images"
CAPTION = (
    "Utility against the number of images that pretrain, on classification with the first "
    "backbone, at the budget in the middle. Each network is pretrained for as many steps. Bars are "
    "95 % intervals. Open triangles are bounds, lower ones that point up, upper ones that point "
    f"down. {ONE_NETWORK}"
)


def list_inputs(sweep: Sweep) -> dict[str, list[str]]:
    """List classification with the first backbone, if starts pretrain on fewer images, too."""
    whole = {name: find_whole(name, about.images) for name, about in sweep.pretrained.items()}
    counts = Counter(whole.values())
    starts = [name for name, start in whole.items() if counts[start] > 1]
    paths = sweep.list_finetuned(["classify"], sweep.backbones[:1], [SCRATCH, *starts])
    return {"runs": paths if starts else []}


def draw(runs: pd.DataFrame, looks: Mapping[str, Look], interpolation: str = CURVE) -> Figure:
    """Draw a panel per dataset, in which a line per start joins its numbers of images.

    Utility is that at the budget that is nearest to the middle of those measured.

    Args:
        runs: one backbone's and task's rows of `selfstudy.analysis.runs.collect_runs`.
        looks: of the starts.
        interpolation: of the curves from scratch, as in `selfstudy.analysis.scratch_curve`.
    """
    table = keep_middle(estimate_utility(runs, interpolation))
    images = runs.groupby(["dataset", "pretext"])[IMAGES].first().reset_index()
    table = table.merge(images, on=["dataset", "pretext"])
    table = table.assign(
        whole=list(map(find_whole, table["pretext"], table[IMAGES])),
        high=table[["high", "bound"]].min(axis=1, skipna=False),  # may be infinite
        **show_utility(table),
    )
    datasets = list(table["dataset"].unique())
    with mpl.rc_context(RC):
        figure, axes = make_grid([title_dataset(name) for name in datasets], sharey=True)
        for panel, name in zip(axes, datasets, strict=True):
            points = table[table["dataset"] == name].sort_values(IMAGES)
            panel.axhline(0, color=LOOKS[SCRATCH].color, linewidth=0.8)
            for start, curve in points.groupby("whole", sort=False):
                look = looks.get(start, looks[curve["pretext"].iloc[-1]])
                draw_line(panel, look._replace(label=title_start(start)), curve)
            label_axis(panel, points[IMAGES].astype(int))
            panel.set_xlabel("Images that pretrain")
        label_rows(axes, f"Utility at {format_budget(table['labels'].iloc[0])} labels")
        add_legend(figure, axes)
    return figure


def draw_line(panel: Axes, look: Look, curve: pd.DataFrame) -> None:
    """Draw a start's utilities, with a bar at each, and bounds as open triangles."""
    panel.plot(curve[IMAGES], curve["shown"], color=look.color, label=look.label)
    panel.vlines(curve[IMAGES], curve["low"], curve["high"], color=look.color, linewidth=0.8)
    for sign, points in curve.groupby("sign"):
        draw_marks(panel, look, points[IMAGES], points["shown"], sign)
