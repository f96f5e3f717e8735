"""Figure 6: utility against the data's factors: each off and on, the others equal."""

from collections.abc import Mapping

import matplotlib as mpl
import pandas as pd
from matplotlib.figure import Figure

from selfstudy.analysis import CURVE
from selfstudy.analysis.figures.curves import draw_marks, format_budget, keep_middle
from selfstudy.analysis.figures.panels import add_legend, label_rows, make_grid
from selfstudy.analysis.figures.style import LOOKS, Look
from selfstudy.analysis.utility import measure_utility, show_utility
from selfstudy.drawing import RC
from selfstudy.factors import Factors, pair_datasets
from selfstudy.sweep.runs import Sweep

CAPTION = (
    "Utility against the data's factors: lines join datasets that differ in one factor alone, of "
    "which there are n pairs. Open triangles are bounds, lower ones that point up, upper ones that "
    "point down."
)


def list_inputs(sweep: Sweep) -> dict[str, list[str]]:
    """List classification with the first backbone, if datasets differ in one factor alone."""
    differ = any(sweep.pairs.values())
    return {"runs": sweep.list_compared(["classify"], sweep.backbones[:1]) if differ else []}


def draw(runs: pd.DataFrame, looks: Mapping[str, Look], interpolation: str = CURVE) -> Figure:
    """Draw a panel per factor; a line from off to on per pair of datasets that differ in it alone.

    Utility is that at the budget that is nearest to the middle of those measured. Open
    triangles are bounds.

    Args:
        runs: one backbone's and task's rows of `selfstudy.analysis.runs.collect_runs`.
        looks: of the starts.
        interpolation: of the curves from scratch, as in `selfstudy.analysis.scratch_curve`.
    """
    table = keep_middle(measure_utility(runs, interpolation))
    table = table.assign(**show_utility(table))
    found = pair_datasets(table["dataset"].unique())
    with mpl.rc_context(RC):
        titles = [f"{name.capitalize()}, n = {len(found[name])}" for name in Factors._fields]
        figure, axes = make_grid(titles, sharey=True)
        points = table.set_index(["dataset", "pretext"])
        for panel, name in zip(axes, Factors._fields, strict=True):
            panel.axhline(0, color=LOOKS["scratch"].color, linewidth=0.8)
            panel.set(xticks=[0, 1], xticklabels=["fixed", "random"], xlim=(-0.3, 1.3))
            for pretext in table["pretext"].unique():
                look = looks[pretext]
                for index, pair in enumerate(found[name]):
                    keys = [(dataset, pretext) for dataset in pair]
                    if not all(key in points.index for key in keys):
                        continue
                    both = points.loc[keys]
                    label = look.label if index == 0 else None
                    panel.plot([0, 1], both["shown"], color=look.color, label=label)
                    for x, (_, row) in enumerate(both.iterrows()):
                        draw_marks(panel, look, x, row["shown"], row["sign"])
        label_rows(axes, f"Utility at {format_budget(table['labels'].iloc[0])} labels")
        add_legend(figure, axes)
    return figure
