"""How often the claims' tests say "supported": where nothing is true, and where something is."""

import re
from collections.abc import Callable, Iterable

import numpy as np
import pandas as pd
from worlds import World, simulate_world

from selfstudy.analysis.accuracy_claims import (
    assess_best_methods,
    assess_convergence,
    assess_linear_evaluation,
)
from selfstudy.analysis.findings import OPEN, REFUTED, SUPPORTED, Finding
from selfstudy.analysis.utility_claims import assess_data, assess_decline, assess_networks

FALLS, CONVERGES, LINEAR = "utility falls", "converges", "linear does not predict"
METHODS, NETWORK, DATA = "best method depends on task", "network", "data"
COLOR, OTHERS = "data (color)", "data (the others)"
TESTS: dict[str, Callable[..., list[Finding]]] = {
    FALLS: lambda gains, drawn, without=(): assess_decline(gains, without),
    CONVERGES: lambda gains, drawn: assess_convergence(gains),
    LINEAR: lambda gains, drawn, without=(): assess_linear_evaluation(
        drawn.tabulate_runs(), drawn.tabulate_linear()
    ),
    METHODS: lambda gains, drawn, without=(): assess_best_methods(gains, without),
    DATA: lambda gains, drawn: assess_data(gains),
    COLOR: lambda gains, drawn, without=(): [
        each for each in assess_data(gains, without) if "color" in each.claim
    ],
    OTHERS: lambda gains, drawn: [each for each in assess_data(gains) if "color" not in each.claim],
    NETWORK: lambda gains, drawn, without=(): assess_networks(gains, without),
}


def keep(utility: float) -> Callable[[np.ndarray], np.ndarray]:
    """Make a utility that labels do not change."""
    return lambda n: utility + 0 * n


def fall(power: float) -> Callable[[np.ndarray], np.ndarray]:
    """Make a utility that is 3 at 100 labels and falls as a power of them."""
    return lambda n: 3 * (100 / n) ** power


Cell = tuple[str, World, tuple[str, ...]]  # a world, and the claims that are tried in it
VARIED = {"vary": 0.4, "by_method": 0.3, "both": 0.2}
NOISE = {"subsets": 0.01, "pretraining": 0.01}
PLAIN = World(keep(1))
BACKBONES = PLAIN._replace(backbones=2)
LIKE = World(fall(0.4), by_method=0.5, both=0.3)  # methods differ, so that some can be predicted
FACTOR = World(fall(0.4), vary=0.2, by_method=0.3)
TIED = PLAIN._replace(tasks=3, own=0.5, first=1, both=0.2)
# Which claims are false in each.
FALSE: list[Cell] = [
    ("no effect", World(), (FALLS, CONVERGES, LINEAR, DATA)),
    ("… 5 datasets", World(datasets=5), (FALLS, CONVERGES, LINEAR)),
    ("… runs spread three times as much", World(training=0.03), (FALLS, CONVERGES, LINEAR, DATA)),
    (
        "… label subsets, a network for each seed",
        World(**NOISE),
        (FALLS, CONVERGES, LINEAR, DATA),
    ),
    ("utility is 0.3 at all labels", World(keep(0.3)), (FALLS, DATA)),
    ("utility is 1", PLAIN, (FALLS, CONVERGES, DATA)),
    ("… runs spread three times as much", PLAIN._replace(training=0.03), (FALLS, DATA)),
    ("… label subsets, one network", PLAIN._replace(networks=1, **NOISE), (FALLS, DATA)),
    ("… datasets vary by 0.4", PLAIN._replace(vary=0.4), (FALLS, DATA)),
    (
        "… datasets vary by 0.4, methods by 0.3, both by 0.2",
        World(keep(1), **VARIED),
        (FALLS, DATA),
    ),
    ("… the same, 6 datasets", World(keep(1), datasets=6, **VARIED), (DATA,)),
    ("… the same, 5 datasets, 2 seeds", World(keep(1), datasets=5, seeds=2, **VARIED), (FALLS,)),
    (
        "colour brings 2 times the labels: other factors",
        FACTOR._replace(factor=np.log(2)),
        (OTHERS,),
    ),
    ("utility is 3", World(keep(3)), (FALLS, CONVERGES, DATA)),
    (
        "the lead is the margin at 100 labels, nothing later",
        World(lambda n: 0.07 * (100 / n) ** 2),
        (CONVERGES,),
    ),
    ("methods alike, 3 tasks", PLAIN._replace(tasks=3), (METHODS,)),
    ("… 4 tasks, 5 datasets, 2 seeds", PLAIN._replace(tasks=4, datasets=5, seeds=2), (METHODS,)),
    ("one method is better on one of 3 tasks, as good on the others", TIED, (METHODS,)),
    ("… 5 datasets", TIED._replace(datasets=5), (METHODS,)),
    ("… another spreads three times as much", TIED._replace(odd=2, both=0), (METHODS,)),
    ("two backbones alike", BACKBONES, (NETWORK,)),
    ("… datasets, methods and both vary", BACKBONES._replace(**VARIED), (NETWORK,)),
    (
        "… 5 datasets, label subsets, a network for each seed",
        BACKBONES._replace(datasets=5, **NOISE),
        (NETWORK,),
    ),
    (
        "… the second's runs spread three times as much",
        BACKBONES._replace(second=3.0, **VARIED),
        (NETWORK,),
    ),
    ("linear accuracy tells the order", LIKE._replace(linear=1.0), (LINEAR,)),
    ("… 5 datasets, 2 seeds", LIKE._replace(linear=1.0, datasets=5, seeds=2), (LINEAR,)),
    (
        "… label subsets, one network",
        LIKE._replace(linear=1.0, networks=1, **NOISE),
        (LINEAR,),
    ),
    ("linear accuracy correlates by 0.72", LIKE._replace(linear=0.72), (LINEAR,)),
    ("… 5 datasets", LIKE._replace(linear=0.72, datasets=5), (LINEAR,)),
]
BEST = PLAIN._replace(tasks=3, own=np.log(1.5), vary=0.4, both=0.2)
# Which claims are true in each.
TRUE: list[Cell] = [
    ("utility falls as 3 (100 / n)^0.1", World(fall(0.1), **VARIED), (FALLS,)),
    ("… 5 datasets, 2 seeds", World(fall(0.1), datasets=5, seeds=2, **VARIED), (FALLS,)),
    ("utility falls as 3 (100 / n)^0.4", World(fall(0.4), **VARIED), (FALLS,)),
    ("utility falls as 3 (100 / n)^0.8", World(fall(0.8)), (CONVERGES,)),
    ("… datasets, methods and both vary", World(fall(0.8), **VARIED), (CONVERGES,)),
    ("… 5 datasets", World(fall(0.8), datasets=5), (CONVERGES,)),
    ("colour brings 1.5 times the labels", FACTOR._replace(factor=np.log(1.5)), (COLOR,)),
    ("… 2 times", FACTOR._replace(factor=np.log(2)), (COLOR,)),
    ("… 2 times, 8 datasets", FACTOR._replace(factor=np.log(2), datasets=8), (COLOR,)),
    (
        "the second backbone brings 1.1 times the labels",
        BACKBONES._replace(network=np.log(1.1), **VARIED),
        (NETWORK,),
    ),
    (
        "… 5 datasets",
        BACKBONES._replace(network=np.log(1.1), datasets=5, **VARIED),
        (NETWORK,),
    ),
    ("each of 3 tasks has its own best, by 1.5 times the labels", BEST, (METHODS,)),
    ("… 5 datasets", BEST._replace(datasets=5), (METHODS,)),
    ("… 2 times the labels, 5 datasets", BEST._replace(own=np.log(2), datasets=5), (METHODS,)),
    ("linear accuracy tells nothing", LIKE, (LINEAR,)),
    ("linear accuracy correlates by 0.3", LIKE._replace(linear=0.3), (LINEAR,)),
]
NOISY = {"training": 0.03, "seeds": 2}
# Worlds of which few datasets and seeds seldom tell.
HARD: list[Cell] = [
    ("utility falls as 3 (100 / n)^0.1, 5 datasets, 2 seeds", TRUE[1][1], (FALLS,)),
    ("… runs spread three times as much", TRUE[1][1]._replace(training=0.03), (FALLS,)),
    ("… and nothing varies", World(fall(0.1), datasets=5, **NOISY), (FALLS,)),
    ("each of 3 tasks has its own best, 5 datasets", TRUE[12][1], (METHODS,)),
    (
        "… by 1.2 times the labels, 8 datasets, 2 seeds, runs spread three times as much",
        PLAIN._replace(tasks=3, own=np.log(1.2), datasets=8, **NOISY),
        (METHODS,),
    ),
    (
        "colour brings 1.5 times the labels, 2 seeds, runs spread three times as much",
        FACTOR._replace(factor=np.log(1.5), vary=0.0, **NOISY),
        (COLOR,),
    ),
    (
        "the second backbone brings 1.1 times the labels, 5 datasets, the same",
        BACKBONES._replace(network=np.log(1.1), datasets=5, **NOISY),
        (NETWORK,),
    ),
    (
        "linear accuracy correlates by 0.3, 5 datasets",
        LIKE._replace(linear=0.3, datasets=5),
        (LINEAR,),
    ),
]


def count_supported(
    world: World, claims: Iterable[str], studies: int, seed: int
) -> dict[str, float]:
    """Give, for each claim, the share of studies in which any of its tests says "supported"."""
    rng, found = np.random.default_rng(seed), dict.fromkeys(claims, 0)
    for _ in range(studies):
        drawn = simulate_world(world, rng)
        gains = drawn.tabulate_gains()
        for claim in claims:
            verdicts = {each.verdict for each in TESTS[claim](gains, drawn)}
            found[claim] += SUPPORTED in verdicts
    return {claim: count / studies for claim, count in found.items()}


def tabulate_supported(cells: list[Cell], studies: int) -> pd.DataFrame:
    """Give a row per world, a column per claim; percent of studies in which it is supported."""
    rows = []
    for seed, (name, world, claims) in enumerate(cells):
        found = count_supported(world, claims, studies, seed)
        shown = {claim: f"{100 * share:.1f}" for claim, share in found.items()}
        rows.append({"what is true": name} | dict.fromkeys(TESTS, "") | shown)
    return pd.DataFrame(rows)


def tabulate_advice(studies: int) -> pd.DataFrame:
    """Give a row per world: what undecided studies say would decide, and how often it then does.

    Of each study that gives a number of datasets or seeds, one with so many is drawn.
    """
    rows = []
    for seed, (name, world, (claim,)) in enumerate(HARD):
        rng, undecided = np.random.default_rng(seed), 0
        said = {"datasets": [], "seeds": []}
        decided = dict.fromkeys(said, 0)
        for _ in range(studies):
            found = assess_study(world, claim, rng)
            undecided += found.verdict == OPEN
            for unit, asked in (("datasets", r"about (\d+) more"), ("seeds", r"or (\d+) more")):
                if number := re.search(asked, found.more):
                    said[unit].append(getattr(world, unit) + int(number[1]))
                    larger = assess_study(world._replace(**{unit: said[unit][-1]}), claim, rng)
                    decided[unit] += larger.verdict in (SUPPORTED, REFUTED)
        row = {"what is true": name, "undecided": undecided}
        for unit, numbers in said.items():
            low, middle, high = np.percentile(numbers or [np.nan], [10, 50, 90])
            row |= {f"name {unit}": len(numbers), f"then decided by {unit}": decided[unit]}
            row[f"{unit}, median (80 %)"] = (
                f"{middle:.0f} ({low:.0f} to {high:.0f})" if numbers else "-"
            )
        rows.append(row)
    return pd.DataFrame(rows).astype(str)


def assess_study(world: World, claim: str, rng: np.random.Generator) -> Finding:
    """Draw a study, and test a claim that is one test."""
    drawn = simulate_world(world, rng)
    without = [drawn.leave_out(seed).tabulate_gains() for seed in range(world.seeds)]
    return TESTS[claim](drawn.tabulate_gains(), drawn, without)[0]
