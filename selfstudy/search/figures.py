"""Figures of a search: which parameters matter, and where the good trials lie."""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager

import matplotlib as mpl
from matplotlib import pyplot as plt
from matplotlib.figure import Figure
from optuna import Study
from optuna.importance import FanovaImportanceEvaluator
from optuna.trial import TrialState
from optuna.visualization.matplotlib import plot_parallel_coordinate, plot_param_importances

from selfstudy.drawing import RC

LOOK = RC | {
    "axes.grid": False,
    "axes.spines.right": True,  # which are the parameters' axes
    "figure.constrained_layout.use": True,
    "figure.figsize": (6.9, 2.6),
    "text.parse_math": True,  # of which the labels of axes are
}


def draw_importance(study: Study) -> Figure:
    """Draw the share of each parameter in the variance of the complete trials' accuracy (fANOVA).

    Args:
        study: a search with a complete trial or more.
    """
    values = {trial.value for trial in study.get_trials(states=[TrialState.COMPLETE])}
    with _drawing():
        if len(values) > 1:
            axes = plot_param_importances(study, FanovaImportanceEvaluator(seed=0))
            axes.get_legend().remove()
            axes.set_title("", loc="left")
            axes.set_xlabel("Share of the variance of accuracy", fontsize=8)
            axes.set_ylabel("")
        else:
            axes = plt.figure().subplots()
            axes.set_title("Accuracy does not vary among the complete trials", y=0.5)
            axes.set_axis_off()
        return axes.figure


def draw_parallel(study: Study) -> Figure:
    """Draw a line per complete trial through its accuracy and its parameters.

    Args:
        study: a search with a complete trial or more.
    """
    with _drawing():
        axes = plot_parallel_coordinate(study, target_name="Validation accuracy")
        axes.set_title("")
        axes.tick_params(axis="x", rotation=0)
        axes.collections[0].set_cmap("viridis_r")  # of which no line is white
        return axes.figure


@contextmanager
def _drawing() -> Iterator[None]:
    """Give what Optuna draws the look of all figures, and leave no figure open in pyplot."""
    with warnings.catch_warnings(), mpl.rc_context(LOOK):
        warnings.simplefilter("ignore")  # that these are experimental, or one value makes an axis
        yield
        plt.close()
