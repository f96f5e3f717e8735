"""How far n̂ is from the truth, by how the curve from scratch is read between budgets."""

import numpy as np
import pandas as pd
from studies import FEW, PAPER

from selfstudy.analysis import CURVE
from selfstudy.analysis import PAPER as CHORD
from selfstudy.analysis.scratch_curve import ScratchCurve, fit_curve

SEEDS, POINTS = 3, 20
READINGS = {
    "paper (chord)": lambda labels, mean: fit_curve(labels, mean, CHORD),
    "chord in log n": lambda labels, mean: ScratchCurve(labels, mean, 0.0, np.eye(len(labels))),
    "curve": lambda labels, mean: fit_curve(labels, mean, CURVE),
}
# How error falls from its value at 100 labels, 1, to its floor, 0.
SHAPES = {
    "power law": lambda n, rate: (n / 100) ** -rate,
    "logistic in log n": lambda n, rate: 2 / (1 + (n / 100) ** (1.5 * rate)),
    "exponential in a root of n": lambda n, rate: np.exp(1 - (n / 100) ** (rate / 2)),
}


def measure_errors(
    shape: str, labels: np.ndarray, spread: float, curves: int
) -> dict[str, np.ndarray]:
    """Give relative errors of n̂ (e,) for each reading."""
    rng, errors = np.random.default_rng(0), {name: [] for name in READINGS}
    for _ in range(curves):
        low, high, rate = rng.uniform(0, 0.3), rng.uniform(0.4, 0.85), rng.uniform(0.15, 0.6)

        def measure(n: np.ndarray, low=low, high=high, rate=rate) -> np.ndarray:
            return 1 - low - (high - low) * SHAPES[shape](n, rate)

        noise = spread / np.sqrt(SEEDS) * (labels / 100) ** -0.3
        mean = measure(labels) + noise * rng.standard_normal(len(labels))
        true = np.exp(rng.uniform(np.log(labels[0]), np.log(labels[-1]), POINTS))
        for name, read in READINGS.items():
            needed = read(labels, mean).find_labels(measure(true))
            known = np.isfinite(needed) & (needed > 0)
            errors[name].append((needed / true - 1)[known])
    return {name: np.concatenate(each) for name, each in errors.items()}


def tabulate_errors(curves: int) -> pd.DataFrame:
    """Give a row per shape, budgets and spread of seeds; percent: mean error (mean of its size)."""
    rows = []
    for shape in SHAPES:
        for budgets, labels in (("the paper's", PAPER), ("100 to 3,000", FEW)):
            for spread in (0.0, 0.01):
                found = measure_errors(shape, labels, spread, curves)
                row = {"error": shape, "budgets": budgets, "spread": str(spread)}
                for name, each in found.items():
                    row[name] = f"{100 * each.mean():+.1f} ({100 * np.abs(each).mean():.1f})"
                rows.append(row)
    return pd.DataFrame(rows)
