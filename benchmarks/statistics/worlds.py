"""Simulated studies of several datasets, backbones and tasks, of which the truth is known.

    accuracy = scratch(n (1 + U)) + label subset + pretrained network + training

Error from scratch is a power law of labels that varies among datasets. 1 + U is a product: of what
is true of all, and of what datasets, methods and both together add.
"""

from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import NamedTuple

import numpy as np
import pandas as pd
from studies import PAPER

CODES = ["0000", "1000", "0100", "0010", "0001", "1100"]
CODES += ["0110", "0101", "0111", "1110", "1011", "1111"]
METHODS, BACKBONES, TASKS = ("vae", "rotate", "cmc", "amdim", "moco"), ("r9", "r50"), "abcd"


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


def simulate_world(
    world: World, rng: np.random.Generator
) -> tuple[pd.DataFrame, pd.DataFrame, np.ndarray]:
    """Simulate the runs, those of linear evaluation, and the true accuracies (d, b, t, m, k)."""
    d, b, t, m, s, labels = *world[1:6], world.labels
    k = len(labels)
    codes = CODES[:d] if d <= len(CODES) else [f"{i:04b}" for i in range(d)]
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
    floor = rng.uniform(0.05, 0.2, (d, 1, t, 1, 1))
    factor = rng.uniform(1.6, 2.2, (d, 1, t, 1, 1))
    truth = 1 - floor - factor * needed**-0.26
    shape = (d, b, t, m + 1, s, k)
    training = world.training * rng.standard_normal(shape)
    training[:, 1:] *= world.second
    if world.odd is not None:
        training[:, :, :, world.odd] *= 3
    added = rng.standard_normal((d, 1, t, 1, s, k)) * np.sqrt(np.diff(labels, prepend=0))
    subsets = world.subsets * added.cumsum(-1) / np.sqrt(labels)
    networks = world.networks or s
    shift = world.pretraining * rng.standard_normal((d, b, 1, m + 1, networks, 1))
    shift[:, :, :, 0] = 0
    accuracy = truth[..., None, :] + training + subsets + shift[..., np.arange(s) % networks, :]
    names = {
        "dataset": codes,
        "backbone": BACKBONES[:b],
        "task": list(TASKS[:t]),
        "pretext": ["scratch", *METHODS[:m]],
        "seed": range(s),
        "labels": labels,
    }
    runs = tabulate(accuracy, names)
    best = (truth + shift.mean(-2))[..., 1:, :]  # of the networks that there are
    spread = best.std(3, keepdims=True)
    spread = np.where(spread > 0, spread, 0.01)
    scores = (best - best.mean(3, keepdims=True)) / spread
    noise = rng.standard_normal(best.shape[:-1])[..., None]
    linear = world.linear * scores + np.sqrt(1 - world.linear**2) * noise
    linear = 0.4 + 0.05 * linear[..., None, :] + 0.002 * rng.standard_normal((*shape[:3], m, s, k))
    return runs, tabulate(linear, names | {"pretext": METHODS[:m]}), truth


def tabulate(accuracy: np.ndarray, names: dict[str, Iterable]) -> pd.DataFrame:
    """Give a row per accuracy, which has an axis for each of `names`."""
    keys = list_keys(tuple((name, tuple(each)) for name, each in names.items()))
    return keys.assign(accuracy=accuracy.ravel())


@lru_cache
def list_keys(names: tuple[tuple[str, tuple], ...]) -> pd.DataFrame:
    """Give a row per combination of names."""
    columns, values = zip(*names, strict=True)
    return pd.MultiIndex.from_product(values, names=columns).to_frame(index=False)
