"""Simulated studies of several datasets, backbones and tasks, of which the truth is known.

    accuracy = scratch(n (1 + U)) + label subset + pretrained network + training

Error from scratch is a power law of labels that varies among datasets. 1 + U is a product: of what
is true of all, and of what datasets, methods and both together add.
"""

from collections.abc import Callable
from functools import lru_cache
from typing import NamedTuple

import numpy as np
import pandas as pd
from studies import PAPER

from selfstudy.analysis.scratch_curve import fit_curve
from selfstudy.analysis.utility import bound_utility

CODES = ["0000", "1000", "0100", "0010", "0001", "1100"]
CODES += ["0110", "0101", "0111", "1110", "1011", "1111"]
METHODS = ("vae", "rotate", "cmc", "amdim", "moco", "simclr")
BACKBONES, TASKS = ("r9", "r50"), "abcd"


class World(NamedTuple):
    """What is true; effects are of log(1 + U), deviations of it or of accuracy.

    Attributes:
        utility: U against labels.
        datasets, backbones, tasks, methods, seeds: how many there are.
        networks: that are pretrained for each method; as many as seeds if None.
        training, subsets, pretraining: deviations of accuracy: of runs, of label subsets, which
            shift all methods of a seed alike, and of pretrained networks.
        vary, by_method, both: deviations of what datasets, methods, and pairs of these add.
        factor: what the colour adds.
        network: what the second backbone adds.
        own: adds this in each task to the method of its number,
        first: … in so many tasks; all if None.
        second: spread of the second backbone's runs, that of the first being 1.
        odd: whose runs spread three times as much: a method, 0 for scratch.
        linear: the correlation of linear accuracy with what is true of finetuning a network.
        labels: the budgets.
        codes: names of the datasets, which say what the colour is; the first of `CODES` if None.
        floor, factor_of_error, power: error from scratch is `floor + factor n^-power`, the first
            two drawn between these for each dataset.
        fall: spread of runs falls as this power of labels.
    """

    utility: Callable = lambda n: 0 * n
    datasets: int = 12
    backbones: int = 1
    tasks: int = 1
    methods: int = 4
    seeds: int = 3
    networks: int | None = None
    training: float = 0.01
    subsets: float = 0.0
    pretraining: float = 0.0
    vary: float = 0.0
    by_method: float = 0.0
    both: float = 0.0
    factor: float = 0.0
    network: float = 0.0
    own: float = 0.0
    first: int | None = None
    second: float = 1.0
    odd: int | None = None
    linear: float = 0.0
    labels: np.ndarray = PAPER
    codes: tuple[str, ...] | None = None
    floor: tuple[float, float] = (0.05, 0.2)
    factor_of_error: tuple[float, float] = (1.6, 2.2)
    power: float = 0.26
    fall: float = 0.0


class Drawn(NamedTuple):
    """A study as it came out.

    Attributes:
        names: of datasets and so on, in the order of the axes below.
        accuracy: of runs, scratch's before those of methods (d, b, t, m + 1, s, k).
        linear: accuracy of linear evaluation (d, b, t, m, s, k).
        truth: mean accuracy (d, b, t, m + 1, k).
    """

    names: dict[str, tuple]
    accuracy: np.ndarray
    linear: np.ndarray
    truth: np.ndarray

    def leave_out(self, seed: int) -> "Drawn":
        """Give the study without a seed."""
        seeds = tuple(each for each in self.names["seed"] if each != seed)
        accuracy, linear = (np.delete(each, seed, -2) for each in (self.accuracy, self.linear))
        return Drawn(self.names | {"seed": seeds}, accuracy, linear, self.truth)

    def tabulate_runs(self) -> pd.DataFrame:
        """Give a row per run."""
        return tabulate(self.names, accuracy=self.accuracy)

    def tabulate_linear(self) -> pd.DataFrame:
        """Give a row per run of linear evaluation."""
        names = self.names | {"pretext": self.names["pretext"][1:]}
        return tabulate(names, accuracy=self.linear)

    def tabulate_gains(self) -> pd.DataFrame:
        """Give what `selfstudy.analysis.gains.measure_gains` does, in a fifth of the time."""
        mean, labels = self.accuracy.mean(-2), self.names["labels"]
        methods = mean[..., 1:, :]
        gain = np.empty_like(methods)
        for place in np.ndindex(mean.shape[:3]):
            curve = fit_curve(np.array(labels), mean[place][0])
            least, most = bound_utility(methods[place], labels, curve)
            gain[place] = np.log1p(np.where(least == most, least, np.nan))
        names = {name: each for name, each in self.names.items() if name != "seed"}
        names["pretext"] = names["pretext"][1:]
        scratch = np.broadcast_to(mean[..., :1, :], methods.shape)
        return tabulate(names, accuracy=methods, scratch=scratch, gain=gain)


def simulate_world(world: World, rng: np.random.Generator) -> Drawn:
    """Draw a study."""
    d, b, t, m, s, labels = *world[1:6], world.labels
    k = len(labels)
    codes = CODES[:d] if d <= len(CODES) else [f"{i:04b}" for i in range(d)]
    codes = world.codes or codes
    on = np.array([code[1] == "1" for code in codes])
    effect = world.vary * rng.standard_normal((d, 1, 1, 1))
    effect = effect + world.by_method * rng.standard_normal(m)
    effect = effect + world.both * rng.standard_normal((d, 1, 1, m))
    effect = effect + world.factor * on[:, None, None, None]
    effect = effect + world.network * np.arange(b)[:, None, None]
    own = np.arange(t)[:, None] == np.arange(m)
    own[t if world.first is None else world.first :] = False
    effect = effect + world.own * own
    effect = np.broadcast_to(effect, (d, b, t, m))
    needed = labels * (1 + world.utility(labels)) * np.exp(effect[..., None])
    needed = np.concatenate([np.broadcast_to(labels, (d, b, t, 1, k)), needed], 3)
    floor = rng.uniform(*world.floor, (d, 1, t, 1, 1))
    factor = rng.uniform(*world.factor_of_error, (d, 1, t, 1, 1))
    truth = 1 - floor - factor * needed**-world.power
    shape, fall = (d, b, t, m + 1, s, k), (labels / labels[0]) ** -world.fall
    training = world.training * rng.standard_normal(shape) * fall
    training[:, 1:] *= world.second
    if world.odd is not None:
        training[:, :, :, world.odd] *= 3
    added = rng.standard_normal((d, 1, t, 1, s, k)) * np.sqrt(np.diff(labels, prepend=0))
    subsets = world.subsets * added.cumsum(-1) / np.sqrt(labels) * fall
    networks = world.networks or s
    shift = world.pretraining * rng.standard_normal((d, b, 1, m + 1, networks, 1)) * fall
    shift[:, :, :, 0] = 0
    accuracy = truth[..., None, :] + training + subsets + shift[..., np.arange(s) % networks, :]
    best = (truth + shift.mean(-2))[..., 1:, :]  # of the networks that there are
    spread = best.std(3, keepdims=True)
    spread = np.where(spread > 0, spread, 0.01)
    scores = (best - best.mean(3, keepdims=True)) / spread
    noise = rng.standard_normal(best.shape[:-1])[..., None]
    linear = world.linear * scores + np.sqrt(1 - world.linear**2) * noise
    linear = 0.4 + 0.05 * linear[..., None, :] + 0.002 * rng.standard_normal((*shape[:3], m, s, k))
    names = {
        "dataset": tuple(codes),
        "backbone": BACKBONES[:b],
        "task": tuple(TASKS[:t]),
        "pretext": ("scratch", *METHODS[:m]),
        "seed": tuple(range(s)),
        "labels": tuple(labels),
    }
    return Drawn(names, accuracy, linear, truth)


def tabulate(names: dict[str, tuple], **columns: np.ndarray) -> pd.DataFrame:
    """Give a row per combination of names, with columns that have an axis for each of these."""
    values = {name: each.ravel() for name, each in columns.items()}
    return list_combinations(tuple(names.items())).assign(**values)


@lru_cache
def list_combinations(names: tuple[tuple[str, tuple], ...]) -> pd.DataFrame:
    """Give a row per combination of names."""
    columns, values = zip(*names, strict=True)
    return pd.MultiIndex.from_product(values, names=columns).to_frame(index=False)
