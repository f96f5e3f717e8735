"""Simulated studies of one dataset, backbone and task, of which the truth is known.

    accuracy = truth + label subset + pretrained network + training

A label subset shifts all methods of a seed alike, and subsets are nested; a pretrained network
shifts all budgets of its seeds; the rest is each run's own.
"""

from typing import NamedTuple

import numpy as np

from selfstudy.analysis.scratch_curve import fit_curve

FEW = np.array([100.0, 300, 1000, 3000])
PAPER = np.array([100.0, 250, 1000, 4000, 20000, 50000, 100000, 200000])
FLOOR, FACTOR, EXPONENT = 0.12, 2.2, 0.26  # error from scratch is FLOOR + FACTOR n^-EXPONENT
ODD = 1  # the method that differs where one does; 0 is scratch
UTILITIES = (  # of the methods, against labels
    lambda n: 0.4 + 0 * n,
    lambda n: 1.5 * (100 / n) ** 0.3,
    lambda n: -0.3 + 0 * n,
    lambda n: 3 * (100 / n) ** 0.5 - 0.2,
    lambda n: 0.1 + 0 * n,
)


class Scenario(NamedTuple):
    """What is true, and how much runs vary; standard deviations are in accuracy, at 100 labels.

    Attributes:
        methods: how many there are, scratch apart.
        labels: the budgets.
        training: spread that each run has of its own.
        subsets: spread of label subsets.
        pretraining: spread of pretrained networks.
        fall: all spread falls as this power of labels.
        odd: whose runs spread three times as much: a method, 0 for scratch.
        odd_networks: the same of its pretrained networks.
        networks: that are pretrained for each method; as many as seeds if None.
        collapses: the share of runs that collapse.
        network_collapses: the share of pretrained networks that do.
        dip: by which scratch falls from the second budget to the third.
        uneven: spread is three times as much at every other budget, a power of labels no more.
        noise: of runs: normal; tailed, Student's t with four degrees of freedom; or skewed, a
            gamma distribution's of shape 2, turned so that few runs are much worse.
        this_network: the truth is that of the networks that were pretrained.
    """

    methods: int = 4
    labels: np.ndarray = FEW
    training: float = 0.01
    subsets: float = 0.0
    pretraining: float = 0.0
    fall: float = 0.0
    odd: int | None = None
    odd_networks: int | None = None
    networks: int | None = None
    collapses: float = 0.0
    network_collapses: float = 0.0
    dip: float = 0.0
    uneven: bool = False
    noise: str = "normal"
    this_network: bool = False


class Study(NamedTuple):
    """A study as it came out, and the truth.

    Attributes:
        accuracy: of scratch and the methods, of seeds, at budgets (t, s, k); collapsed runs are
            not numbers.
        network: that each seed starts from (t, s).
        truth: the mean accuracy (t, k).
        needed: n̂ of the methods (t - 1, k); 0 below the scratch curve, infinite above it.
    """

    accuracy: np.ndarray
    network: np.ndarray
    truth: np.ndarray
    needed: np.ndarray


# Of mean 0 and variance 1.
NOISES = {
    "normal": lambda rng, shape: rng.standard_normal(shape),
    "tailed": lambda rng, shape: rng.standard_t(4, shape) / np.sqrt(2),
    "skewed": lambda rng, shape: (2 - rng.gamma(2, size=shape)) / np.sqrt(2),
}


def measure_scratch(labels: np.ndarray) -> np.ndarray:
    return 1 - FLOOR - FACTOR * labels**-EXPONENT


def find_needed(scenario: Scenario, truth: np.ndarray) -> np.ndarray:
    """Find the true n̂ (t - 1, k), of the curve between the budgets as it truly is."""
    scratch, methods = truth[0], truth[1:]
    if scenario.dip:  # there is no truth between the budgets
        return fit_curve(scenario.labels, scratch).find_labels(methods)
    needed = ((1 - FLOOR - methods) / FACTOR) ** (-1 / EXPONENT)
    return np.select([methods < scratch[0], methods > scratch[-1]], [0, np.inf], needed)


def simulate_study(scenario: Scenario, seeds: int, rng: np.random.Generator) -> Study:
    labels = scenario.labels
    shape = (1 + scenario.methods, seeds, len(labels))
    utilities = [utility(labels) for utility in UTILITIES[: scenario.methods]]
    truth = np.stack([measure_scratch(labels * (1 + u)) for u in (0 * labels, *utilities)])
    if scenario.dip:
        truth[0, 2] = truth[0, 1] - scenario.dip

    fall = (labels / labels[0]) ** -scenario.fall
    if scenario.uneven:
        fall = fall * np.where(np.arange(len(labels)) % 2, 3, 1)
    training = scenario.training * NOISES[scenario.noise](rng, shape) * fall
    # A subset's shift is the mean over its labels of what each adds.
    added = rng.standard_normal(shape[1:]) * np.sqrt(np.diff(labels, prepend=0))
    subsets = scenario.subsets * added.cumsum(1) / np.sqrt(labels) * fall
    networks = scenario.networks or seeds
    network = np.tile(np.arange(seeds) % networks, (shape[0], 1))
    network[0] = np.arange(seeds)
    shift = scenario.pretraining * rng.standard_normal((shape[0], networks, 1)) * fall
    collapsed = rng.random(shape) < scenario.collapses
    lost = rng.random((shape[0], networks, 1)) < scenario.network_collapses
    if scenario.odd is not None:
        training[scenario.odd] *= 3
    if scenario.odd_networks is not None:
        shift[scenario.odd_networks] *= 3
    pretraining = shift[:, np.arange(seeds) % networks]
    collapsed |= lost[:, np.arange(seeds) % networks]
    pretraining[0], collapsed[0] = 0, False

    accuracy = truth[:, None] + training + subsets + pretraining
    if scenario.this_network:
        truth = truth + pretraining.mean(1)
    accuracy = np.where(collapsed, np.nan, accuracy)
    return Study(accuracy, network, truth, find_needed(scenario, truth))
