"""Figures of a search: which parameters matter, and where the good trials lie."""

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib.cm import ScalarMappable
from matplotlib.figure import Figure
from optuna import Study
from optuna.distributions import FloatDistribution
from optuna.importance import FanovaImportanceEvaluator, get_param_importances
from optuna.trial import TrialState

from selfstudy.analysis.figures.style import RC
from selfstudy.search.space import SPACE

MARGIN = 0.15  # beside the first and the last axis


def write_label(name: str) -> str:
    return name.replace("_", " ").capitalize()


def draw_importance(study: Study) -> Figure:
    """The share of each parameter in the variance of the complete trials' accuracy (fANOVA)."""
    values = {trial.value for trial in study.get_trials(states=[TrialState.COMPLETE])}
    shares = dict.fromkeys(SPACE, 0.0)
    if len(values) > 1:
        shares |= get_param_importances(study, evaluator=FanovaImportanceEvaluator(seed=0))
    names = sorted(shares, key=shares.get)
    with mpl.rc_context(RC):
        figure = Figure(figsize=(3.4, 1.8), layout="constrained")
        axes = figure.subplots()
        axes.barh(
            [write_label(name) for name in names], [shares[name] for name in names], color="0.5"
        )
        axes.set(xlim=(0, 1), xlabel="Share of the variance of accuracy")
        axes.grid(axis="y", visible=False)
        axes.set_axisbelow(True)
        if len(values) < 2:
            axes.set_title("Accuracy does not vary among the complete trials")
    return figure


def draw_parallel(trials: pd.DataFrame) -> Figure:
    """A line a trial through its parameters: complete ones by accuracy, others in grey.

    Args:
        trials: the table of trials.
    """
    complete = trials[trials["state"] == "complete"].sort_values("value")
    others = trials.drop(complete.index).dropna(subset=list(SPACE))
    with mpl.rc_context(RC):
        figure = Figure(figsize=(5.2, 2.6), layout="constrained")
        axes = figure.subplots()
        axes.plot(heights(others), color="0.85", linewidth=0.6)
        scale = mpl.colors.Normalize(complete["value"].min(), complete["value"].max())
        colours = ScalarMappable(scale, mpl.colormaps["viridis_r"])
        for line, value in zip(heights(complete).T, complete["value"], strict=True):
            axes.plot(line, color=colours.to_rgba(value))
        for number, bounds in enumerate(SPACE.values()):
            axes.axvline(number, color="0.3", linewidth=0.8, zorder=0)
            for height, end, side in ((0, bounds.low, "top"), (1, bounds.high, "bottom")):
                axes.annotate(
                    f"{end:g}",
                    (number, height),
                    (0, 4 * (2 * height - 1)),
                    va=side,
                    ha="center",
                    textcoords="offset points",
                )
        axes.set_xticks(range(len(SPACE)), [write_label(name) for name in SPACE])
        axes.tick_params(axis="x", pad=14, length=0)
        axes.set(xlim=(-MARGIN, len(SPACE) - 1 + MARGIN), ylim=(0, 1), yticks=[])
        axes.spines[:].set_visible(False)
        figure.colorbar(colours, ax=axes, label="Validation accuracy")
    return figure


def heights(trials: pd.DataFrame) -> np.ndarray:
    """Where the trials' lines cross the axes, from 0 to 1: (parameters, trials)."""
    return np.array([scale(bounds, trials[name].to_numpy()) for name, bounds in SPACE.items()])


def scale(bounds: FloatDistribution, values: np.ndarray) -> np.ndarray:
    scale = np.log if bounds.log else np.asarray
    low, high = scale(bounds.low), scale(bounds.high)
    return (scale(values.astype(float)) - low) / (high - low)
