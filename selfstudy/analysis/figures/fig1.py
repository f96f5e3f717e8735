"""Figure 1: the three outcomes of pretraining, and how many measured curves have each."""

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from selfstudy.analysis import ONE_NETWORK
from selfstudy.analysis.figures.style import LOOKS
from selfstudy.analysis.measures import title_measure
from selfstudy.analysis.outcomes import SURE, find_outcomes
from selfstudy.drawing import RC
from selfstudy.sweep.runs import Sweep

CAPTION = (
    "The three outcomes that pretraining can have as labels grow, and how many of the measured "
    "curves have each; surely: so do 95 % of the curves drawn as the truth might be."
    f" {ONE_NETWORK}"
)
LABELS = np.linspace(0, 1, 200)
SCRATCH = 0.9 * (1 - np.exp(-4.5 * LABELS))
# Title and the pretrained curve of each outcome.
SKETCHES = {
    "a": ("(a) always helps", SCRATCH + 0.12),
    "b": ("(b) gets there with fewer labels", 0.9 * (1 - 0.6 * np.exp(-11 * LABELS))),
    "c": ("(c) converges before saturation", SCRATCH + 0.25 * np.exp(-9 * LABELS)),
}


def list_inputs(sweep: Sweep) -> dict[str, list[str]]:
    """List all finetuning that is compared with scratch."""
    return {"runs": sweep.list_compared()}


def draw(runs: pd.DataFrame) -> Figure:
    """Sketch the outcomes, with the number of the measured curves that have each.

    Args:
        runs: the table of `selfstudy.analysis.runs.collect_runs`.
    """
    found = find_outcomes(runs)
    with mpl.rc_context(RC):
        figure = Figure(figsize=(6.9, 2.2), layout="constrained")
        for axes, (name, (title, pretrained)) in zip(
            figure.subplots(1, 3, sharey=True), SKETCHES.items(), strict=True
        ):
            axes.plot(LABELS, SCRATCH, color=LOOKS["scratch"].color, label="From scratch")
            axes.plot(LABELS, pretrained, color=LOOKS["cmc"].color, label="Pretrained")
            axes.set(xticks=[], yticks=[], ylim=(0, 1.1), xlabel="Labels")
            axes.set_title(f"{title}\n{count_curves(found, name)}")
        figure.axes[0].set_ylabel(title_measure(runs))
        figure.axes[0].legend(loc="lower right")
        others = {
            "none": "help nowhere by more than their intervals",
            "open": "help as far as was measured, unsaturated",
        }
        rest = [f"{(found['outcome'] == name).sum()} {what}" for name, what in others.items()]
        figure.supxlabel(f"Of {len(found)} measured curves: {'; '.join(rest)}", fontsize=8)
    return figure


def count_curves(found: pd.DataFrame, name: str) -> str:
    """Say how many curves have an outcome, and of how many of them 95 % of the draws do."""
    chosen = found[found["outcome"] == name]
    sure = (chosen["share"] >= SURE).sum()
    return f"{len(chosen)} of {len(found)} curves, {sure} of them surely"
