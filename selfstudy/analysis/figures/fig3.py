"""Figure 3: accuracy and utility of pretrained models on object classification."""

from collections.abc import Mapping

import matplotlib as mpl
import pandas as pd
from matplotlib.figure import Figure

from selfstudy.analysis import CURVE, ONE_NETWORK
from selfstudy.analysis.figures.curves import FADED, draw_accuracy, draw_utility, find_top
from selfstudy.analysis.figures.panels import WIDTH, add_legend
from selfstudy.analysis.figures.style import Look, fit_text, title_dataset
from selfstudy.analysis.measures import title_measure
from selfstudy.analysis.uncertainty import estimate_accuracy, estimate_utility
from selfstudy.drawing import RC
from selfstudy.sweep.runs import Sweep

PANEL = (2.3, 1.9)  # inches, width and height
MAX_COLUMNS = 6
CAPTION = (
    "Validation accuracy and utility on classification with the first backbone. Bars are 95 % "
    "intervals; those of utility carry the uncertainty of training from scratch, too, and end "
    "where utility can be measured no more. So does the white region. Open triangles are bounds, "
    "lower ones that point up, upper ones that point down. "
    f"{FADED} {ONE_NETWORK}"
)


def list_inputs(sweep: Sweep) -> dict[str, list[str]]:
    """List classification with the first backbone."""
    return {"runs": sweep.list_finetuned(["classify"], sweep.backbones[:1])}


def draw(runs: pd.DataFrame, looks: Mapping[str, Look], interpolation: str = CURVE) -> Figure:
    """Draw accuracy above, utility below, against the number of labels.

    One column per dataset, folded into pairs of rows where there are many; one line per start;
    bars are 95 % intervals. Utility in the grey region cannot be measured.

    Args:
        runs: one backbone's and one task's rows of `selfstudy.analysis.runs.collect_runs`.
        looks: of the starts.
        interpolation: of the curves from scratch, as in `selfstudy.analysis.scratch_curve`.
    """
    datasets = list(runs["dataset"].unique())
    columns = min(len(datasets), MAX_COLUMNS)
    bands = -(-len(datasets) // columns)
    with mpl.rc_context(RC):
        size = (PANEL[0] * max(columns, 2), 2 * PANEL[1] * bands + 0.4)
        figure = Figure(figsize=size, layout="constrained")
        axes = figure.subplots(2 * bands, columns, squeeze=False, sharey="row")
        accuracy, utility = estimate_accuracy(runs), estimate_utility(runs, interpolation)
        for index, dataset in enumerate(datasets):
            band, column = divmod(index, columns)
            above, below = axes[2 * band, column], axes[2 * band + 1, column]
            above.set_title(fit_text(title_dataset(dataset), WIDTH))
            draw_accuracy(above, accuracy[accuracy["dataset"] == dataset], looks)
            draw_utility(below, utility[utility["dataset"] == dataset], looks, find_top(utility))
            below.set_xlabel("Labels")
        for band in range(bands):
            axes[2 * band, 0].set_ylabel(title_measure(runs))
            axes[2 * band + 1, 0].set_ylabel("Utility")
        for unused in axes[-2:, len(datasets) - (bands - 1) * columns :].flat:
            unused.remove()
        add_legend(figure, list(axes[::2].flat))
    return figure
