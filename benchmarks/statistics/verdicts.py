"""How often the claims' tests say "supported": where nothing is true, and where something is."""

from collections.abc import Callable, Iterable

import numpy as np
import pandas as pd
from worlds import World, simulate_world

from selfstudy.analysis.accuracy_claims import (
    assess_best_methods,
    assess_convergence,
    assess_linear_evaluation,
)
from selfstudy.analysis.findings import SUPPORTED, Finding
from selfstudy.analysis.gains import measure_gains
from selfstudy.analysis.utility_claims import assess_data, assess_decline, assess_networks

FALLS, CONVERGES, LINEAR = "utility falls", "converges", "linear does not predict"
METHODS, DATA, NETWORK = "best method depends on task", "data", "network"
TESTS: dict[str, Callable[..., list[Finding]]] = {
    FALLS: lambda gains, runs, linear: assess_decline(gains),
    CONVERGES: lambda gains, runs, linear: assess_convergence(gains),
    LINEAR: lambda gains, runs, linear: assess_linear_evaluation(runs, linear),
    METHODS: lambda gains, runs, linear: assess_best_methods(gains),
    DATA: lambda gains, runs, linear: assess_data(gains),
    NETWORK: lambda gains, runs, linear: assess_networks(gains),
}


def keep(utility: float) -> Callable[[np.ndarray], np.ndarray]:
    """Make a utility that labels do not change."""
    return lambda n: utility + 0 * n


def fall(power: float) -> Callable[[np.ndarray], np.ndarray]:
    """Make a utility that is 3 at 100 labels and falls as a power of them."""
    return lambda n: 3 * (100 / n) ** power


VARIED = {"vary": 0.4, "by_method": 0.3, "both": 0.2}
NOISE = {"subsets": 0.01, "pretraining": 0.01}
PLAIN = World(keep(1))
BACKBONES = PLAIN._replace(backbones=2)
LIKE = World(fall(0.4), by_method=0.5, both=0.3)  # methods differ, so that some can be predicted
# Which claims are false in each.
FALSE: dict[str, tuple[World, Iterable[str]]] = {
    "utility is 0.3 at all labels": (World(keep(0.3)), (FALLS, DATA)),
    "utility is 1": (PLAIN, (FALLS, CONVERGES, DATA)),
    "utility is 3": (World(keep(3)), (FALLS, CONVERGES, DATA)),
    "utility is 1, 2 seeds": (PLAIN._replace(seeds=2), (FALLS, CONVERGES, DATA)),
    "utility is 1, 5 seeds": (PLAIN._replace(seeds=5), (FALLS, CONVERGES, DATA)),
    "no effect": (World(), (FALLS, CONVERGES, LINEAR, DATA)),
    "no effect, 5 datasets": (World(datasets=5), (FALLS, CONVERGES, LINEAR)),
    "no effect, runs spread three times as much": (
        World(training=0.03),
        (FALLS, CONVERGES, LINEAR, DATA),
    ),
    "no effect, label subsets, a network for each seed": (
        World(**NOISE),
        (FALLS, CONVERGES, LINEAR, DATA),
    ),
    "no effect, label subsets, one network": (
        World(networks=1, **NOISE),
        (FALLS, CONVERGES, LINEAR, DATA),
    ),
    "no effect, one method spreads three times as much": (
        World(odd=1),
        (FALLS, CONVERGES, LINEAR, DATA),
    ),
    "methods alike, 3 tasks": (PLAIN._replace(tasks=3), (METHODS,)),
    "methods alike, 4 tasks": (PLAIN._replace(tasks=4), (METHODS,)),
    "methods alike, 4 tasks, 5 datasets, 2 seeds": (
        PLAIN._replace(tasks=4, datasets=5, seeds=2),
        (METHODS,),
    ),
    "two methods differ alike on 3 tasks": (
        PLAIN._replace(tasks=3, methods=2, by_method=0.5),
        (METHODS,),
    ),
    "one method is better on one of 2 tasks, as good on the other": (
        PLAIN._replace(tasks=2, methods=2, own=0.5, first=1),
        (METHODS,),
    ),
    "datasets vary by 0.4": (PLAIN._replace(vary=0.4), (FALLS, DATA)),
    "and methods by 0.3": (PLAIN._replace(vary=0.4, by_method=0.3), (FALLS, DATA)),
    "and both by 0.2": (World(keep(1), **VARIED), (FALLS, DATA)),
    "the same, 5 datasets": (World(keep(1), datasets=5, **VARIED), (FALLS,)),
    "the same, 6 datasets": (World(keep(1), datasets=6, **VARIED), (FALLS, DATA)),
    "the same, 8 datasets": (World(keep(1), datasets=8, **VARIED), (FALLS, DATA)),
    "networks alike": (BACKBONES, (NETWORK,)),
    "networks alike, datasets vary by 0.4": (BACKBONES._replace(vary=0.4), (NETWORK,)),
    "… and methods by 0.3": (BACKBONES._replace(vary=0.4, by_method=0.3), (NETWORK,)),
    "networks alike, 5 datasets, label subsets": (
        BACKBONES._replace(datasets=5, **NOISE),
        (NETWORK,),
    ),
    "networks alike, one spreads twice as much": (
        BACKBONES._replace(second=2.0, **VARIED),
        (NETWORK,),
    ),
    "linear accuracy tells the order": (LIKE._replace(linear=1.0), (LINEAR,)),
    "linear accuracy tells the order, 5 datasets, 2 seeds": (
        LIKE._replace(linear=1.0, datasets=5, seeds=2),
        (LINEAR,),
    ),
    "linear accuracy correlates by 0.8": (LIKE._replace(linear=0.8), (LINEAR,)),
}
FACTOR = World(fall(0.4), vary=0.2, by_method=0.3)
TRUE: dict[str, tuple[World, Iterable[str]]] = {
    "utility falls as 3 (100 / n)^0.4": (World(fall(0.4)), (FALLS,)),
    "… 5 datasets, 2 seeds": (World(fall(0.4), datasets=5, seeds=2, **VARIED), (FALLS,)),
    "… as 3 (100 / n)^0.1": (World(fall(0.1), **VARIED), (FALLS,)),
    "utility falls as 3 (100 / n)^0.8": (World(fall(0.8)), (CONVERGES,)),
    "… 5 datasets, 2 seeds ": (World(fall(0.8), datasets=5, seeds=2), (CONVERGES,)),
    "… datasets, methods and both vary": (World(fall(0.8), **VARIED), (CONVERGES,)),
    "the colour brings 1.5 times the labels": (FACTOR._replace(factor=np.log(1.5)), (DATA,)),
    "… 2 times": (FACTOR._replace(factor=np.log(2)), (DATA,)),
    "… 2 times, 8 datasets": (FACTOR._replace(factor=np.log(2), datasets=8), (DATA,)),
    "the larger network brings 1.1 times the labels": (
        BACKBONES._replace(network=np.log(1.1), **VARIED),
        (NETWORK,),
    ),
    "… 1.3 times, 5 datasets": (
        BACKBONES._replace(network=np.log(1.3), datasets=5, **VARIED),
        (NETWORK,),
    ),
    "each of 3 tasks has its own best, by 1.5 times the labels": (
        PLAIN._replace(tasks=3, own=np.log(1.5), **VARIED | {"by_method": 0}),
        (METHODS,),
    ),
    "… 5 datasets": (
        PLAIN._replace(tasks=3, datasets=5, own=np.log(1.5), **VARIED | {"by_method": 0}),
        (METHODS,),
    ),
    "linear accuracy tells nothing": (LIKE, (LINEAR,)),
    "linear accuracy correlates by 0.3": (LIKE._replace(linear=0.3), (LINEAR,)),
}


def count_supported(
    world: World, claims: Iterable[str], studies: int
) -> dict[str, tuple[float, float]]:
    """Count in how many studies a claim is supported.

    Returns:
        For each claim the share of studies in which any of its tests says so, and that of all
        tests.
    """
    rng, found = np.random.default_rng(0), {claim: [] for claim in claims}
    for _ in range(studies):
        runs, linear, _ = simulate_world(world, rng)
        gains = measure_gains(runs)
        for claim in claims:
            verdicts = TESTS[claim](gains, runs, linear)
            found[claim].append([each.verdict == SUPPORTED for each in verdicts])
    return {claim: (np.any(each, 1).mean(), np.mean(each)) for claim, each in found.items()}


def tabulate_verdicts(
    cells: dict[str, tuple[World, Iterable[str]]], studies: int, family: bool
) -> pd.DataFrame:
    """Give a row per world, a column per claim; percent of studies in which it is supported.

    Args:
        cells: worlds, and the claims that are looked at in each.
        studies: of each.
        family: count studies in which any test of a family says so; else those of the colour.
    """
    rows = []
    for name, (world, claims) in cells.items():
        found = count_supported(world, claims, studies)
        row = {"what is true": name} | dict.fromkeys(TESTS, "")
        rows.append(row | {claim: f"{100 * each[0]:.1f}" for claim, each in found.items()})
    return pd.DataFrame(rows)
