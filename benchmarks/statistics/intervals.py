"""How often 95 % intervals of accuracy and utility hold the truth."""

import warnings
from collections.abc import Iterator

import numpy as np
import pandas as pd
from studies import ODD, PAPER, Scenario, Study, simulate_study

from selfstudy.analysis.scratch_curve import fit_curve
from selfstudy.analysis.spread import estimate_margins

NOISE = {"subsets": 0.02, "pretraining": 0.015}
SCENARIOS = {
    "equal spread": Scenario(),
    "one method spreads three times as much": Scenario(odd=ODD),
    "scratch spreads three times as much": Scenario(odd=0),
    "spread falls with labels": Scenario(training=0.03, fall=0.35),
    "label subsets shared and nested": Scenario(subsets=0.02),
    "a network for each seed": Scenario(pretraining=0.015),
    "two networks": Scenario(pretraining=0.015, networks=2),
    "runs collapse, 3 %": Scenario(collapses=0.03),
    "networks collapse, 3 %": Scenario(pretraining=0.01, network_collapses=0.03),
    "scratch falls by a point between budgets": Scenario(dip=0.01),
    "one method": Scenario(methods=1),
    "one method, label subsets, a network for each seed": Scenario(methods=1, **NOISE),
    "two methods": Scenario(methods=2),
    "five methods": Scenario(methods=5),
    "eight budgets": Scenario(labels=PAPER),
    "eight budgets, label subsets, a network for each seed": Scenario(labels=PAPER, **NOISE),
    "eight budgets, label subsets, two networks": Scenario(labels=PAPER, networks=2, **NOISE),
    "all of these": Scenario(
        labels=PAPER, fall=0.2, odd=ODD, collapses=0.02, network_collapses=0.02, **NOISE
    ),
    "one method's networks spread three times as much": Scenario(
        pretraining=0.01, odd_networks=ODD
    ),
    "spread is no power of labels": Scenario(uneven=True),
    "runs have heavy tails": Scenario(noise="tailed"),
    "runs are skewed; one method": Scenario(noise="skewed", methods=1),
    "one network; the truth is its own": Scenario(pretraining=0.015, networks=1, this_network=True),
    "one network; the truth is any network's": Scenario(pretraining=0.015, networks=1),
}
SEEDS = (2, 3, 5)


def test_study(study: Study, labels: np.ndarray) -> Iterator[tuple[str, int, np.ndarray]]:
    """Tell of each interval whether it holds the truth: what it is of, the method, whether (k,).

    Utilities that cannot be measured are told apart, as `beyond`.
    """
    scratch, methods = study.accuracy[:1], study.accuracy[1:]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # all of a method's runs collapsed
        mean = np.nanmean(study.accuracy, 1)
    margin = np.concatenate(
        [
            estimate_margins(scratch, study.network[:1], labels),
            estimate_margins(methods, study.network[1:], labels),
        ]
    )
    for method, each in enumerate(np.abs(mean - study.truth) <= margin):
        yield "accuracy", method, each[np.isfinite(margin[method])]

    curve = fit_curve(labels, mean[0])
    margin = estimate_margins(curve.subtract(methods, scratch[0]), study.network[1:], labels)
    low, high = (curve.find_labels(mean[1:] + sign * margin) for sign in (-1, 1))
    low = np.minimum(low, labels[-1])
    high = np.maximum(high, labels[0])
    measurable = (study.needed > 0) & np.isfinite(study.needed)
    held = (low <= study.needed) & (study.needed <= high)
    for method, (each, known, of) in enumerate(
        zip(held, np.isfinite(margin), measurable, strict=True), 1
    ):
        yield "utility", method, each[known & of]
        yield "beyond", method, each[known & ~of]


def count_held(scenario: Scenario, seeds: int, studies: int) -> dict[str, float]:
    """Give the shares of intervals that hold the truth: of scratch, the odd method, the others."""
    rng, found = np.random.default_rng(0), {}
    odd = scenario.odd if scenario.odd is not None else scenario.odd_networks
    for _ in range(studies):
        study = simulate_study(scenario, seeds, rng)
        for measure, method, held in test_study(study, scenario.labels):
            role = "scratch" if method == 0 else "the odd one" if method == odd else "methods"
            name = measure if measure == "beyond" else f"{measure}, {role}"
            found.setdefault(name, []).append(held)
    shares = {name: np.concatenate(held) for name, held in found.items()}
    return {name: held.mean() for name, held in shares.items() if len(held)}


def compare_widths(scenario: Scenario, seeds: int, studies: int) -> float:
    """Give how wide intervals of methods' accuracy are, beside those of each point's runs alone."""
    rng, ours, alone = np.random.default_rng(0), [], []
    for _ in range(studies):
        study = simulate_study(scenario, seeds, rng)
        values, network = study.accuracy[1:], study.network[1:]
        ours.append(estimate_margins(values, network, scenario.labels))
        points = [
            estimate_margins(values[..., [each]], network, scenario.labels[[each]])
            for each in range(len(scenario.labels))
        ]
        alone.append(np.concatenate(points, -1))
    return np.nanmedian(ours) / np.nanmedian(alone)


def tabulate_coverage(studies: int) -> pd.DataFrame:
    """Give a row per scenario; shares in percent, with 2, 3 and 5 seeds.

    The last column is the width of accuracy's intervals, those of each point's runs alone being 1.
    """
    columns = [
        *("accuracy, scratch", "accuracy, methods", "accuracy, the odd one"),
        *("utility, methods", "utility, the odd one", "beyond"),
    ]
    rows = []
    for name, scenario in SCENARIOS.items():
        found = [count_held(scenario, seeds, studies) for seeds in SEEDS]
        row = {"what is true": name}
        for column in columns:
            shares = [f"{100 * each[column]:.1f}" if column in each else "-" for each in found]
            row[column] = " / ".join(shares) if any(column in each for each in found) else ""
        widths = [compare_widths(scenario, seeds, studies // 10) for seeds in SEEDS]
        row["width"] = " / ".join(f"{width:.2f}" for width in widths)
        rows.append(row)
    return pd.DataFrame(rows)
