"""How often a curve is given the outcome that is true, and how often where that is sure."""

from collections.abc import Callable

import numpy as np
import pandas as pd
from studies import PAPER, measure_scratch

from selfstudy.analysis.outcomes import SURE, judge_curve

OUTCOMES = ("none", "a", "b", "c", "open")
SPREADS, SEEDS = (0.005, 0.02), (2, 3, 5)


def saturate(labels: np.ndarray) -> np.ndarray:
    """Give accuracies that rise by no more than 0.002 from 20,000 labels on, by 0.02 before."""
    return 0.85 - 0.6 * (1 + labels / 1000) ** -2


# Of each outcome: accuracy from scratch and pretrained.
CURVES: dict[str, tuple[Callable, Callable]] = {
    "none": (measure_scratch, measure_scratch),
    "a": (saturate, lambda n: saturate(n) + 0.05),
    "b": (saturate, lambda n: saturate(4 * n)),
    "c": (measure_scratch, lambda n: measure_scratch(n) + 0.1 * np.exp(-n / 500)),
    "open": (measure_scratch, lambda n: measure_scratch(n) + 0.05),
}


def count_outcomes(outcome: str, spread: float, seeds: int, studies: int, seed: int) -> pd.Series:
    """Count, in percent: outcomes found where one is true; those `sure`, and of these the `right`.

    Label subsets shift both curves of a seed by half of the spread.
    """
    rng, found = np.random.default_rng(seed), []
    truth = np.stack([curve(PAPER) for curve in CURVES[outcome]])
    network = np.tile(np.arange(seeds), (2, 1))
    for _ in range(studies):
        shift = spread / 2 * rng.standard_normal((seeds, len(PAPER)))
        values = truth[:, None] + shift + spread * rng.standard_normal((2, *shift.shape))
        found.append(judge_curve(values, network, PAPER))
    names, share = np.array([name for name, _ in found]), np.array([each for _, each in found])
    counts = {name: 100 * np.mean(names == name) for name in OUTCOMES}
    sure = share >= SURE
    right = 100 * np.mean(names[sure] == outcome) if sure.any() else np.nan
    return pd.Series(counts | {"sure": 100 * sure.mean(), "right": right})


def tabulate_outcomes(studies: int) -> pd.DataFrame:
    """Give a row per true outcome and spread; percent of curves, with 2 / 3 / 5 seeds."""
    rows, number = [], 0
    for outcome in OUTCOMES:
        for spread in SPREADS:
            found = []
            for seeds in SEEDS:
                found.append(count_outcomes(outcome, spread, seeds, studies, number))
                number += 1
            table = pd.DataFrame(found).map(
                lambda value: "-" if np.isnan(value) else f"{value:.0f}"
            )
            row = {"what is true": outcome, "spread": f"{spread:g}"}
            rows.append(row | {name: " / ".join(table[name]) for name in table})
    return pd.DataFrame(rows)
