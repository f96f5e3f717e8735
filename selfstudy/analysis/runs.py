"""Collecting runs: one tidy table, one row per run."""

from collections.abc import Collection, Iterable
from pathlib import Path

import pandas as pd

from selfstudy.analysis import SCRATCH
from selfstudy.analysis.convergence import CONVERGED
from selfstudy.analysis.tables import read_table, require_numbers
from selfstudy.errors import DataError

KEYS = ["dataset", "backbone", "pretext", "task", "labels"]
FIRST = [*KEYS, "seed", "accuracy", "best_accuracy", "collapsed"]
NEEDED = ("seed", "accuracy", "best_accuracy", "chance", "feature_spread")
NETWORK = "pretrain_seed"  # that a run starts from; where no column says, all have one network
CONSTANT = 1e-3  # features that differ less are all alike
NEAR_CHANCE, FAR_ABOVE = 1.2, 2.0  # times chance


def collect_runs(paths: Iterable[str | Path]) -> pd.DataFrame:
    """Read the metrics of finetuning jobs.

    Args:
        paths: `.../{dataset}/{backbone}/{pretext}/{task}/n{labels}/metrics.csv`, one row per seed.

    Returns:
        One row per run: what was run, its seed, its last and best validation accuracy, whether it
        `collapsed`, the `pretrain_seed` of its network, if it was pretrained here, and more.

    Raises:
        DataError: there is no path, or a table cannot be read or lacks a column or a number.
    """
    runs = _read_jobs(paths, NEEDED)
    runs["folder"] += "/seed" + runs["seed"].astype(str)
    runs["collapsed"] = detect_collapse(runs)
    return runs[[*FIRST, *(column for column in runs if column not in FIRST)]]


def detect_collapse(runs: pd.DataFrame) -> pd.Series:
    """Tell of each run whether its features are constant, or it is at chance and scratch far above.

    Args:
        runs: with the columns of `KEYS`, `accuracy`, `chance` and `feature_spread`.
    """
    scratch = runs[runs["pretext"] == SCRATCH].rename(columns={"accuracy": "scratch"})
    place = [key for key in KEYS if key != "pretext"]
    scratch = scratch.groupby(place)["scratch"].mean()
    beside = runs.join(scratch, on=place)
    at_chance = beside["accuracy"] <= NEAR_CHANCE * beside["chance"]
    learnable = beside["scratch"] >= FAR_ABOVE * beside["chance"]
    return (runs["feature_spread"] < CONSTANT) | (at_chance & learnable)


def leave_out_collapsed(runs: pd.DataFrame) -> pd.DataFrame:
    """Leave out the runs that have `collapsed`, except where all of a job's have.

    What a method is worth when it works, and how often it does, are two questions; three seeds
    answer the first. A mean of both is neither.
    """
    if "collapsed" not in runs:
        return runs
    collapsed = runs["collapsed"].astype(bool)
    return runs[~collapsed | collapsed.groupby([runs[key] for key in KEYS]).transform("all")]


def collect_frozen(paths: Iterable[str | Path]) -> pd.DataFrame:
    """Read the metrics of finetuning jobs whose backbone was frozen up to a layer.

    Args:
        paths: `.../k{layer}/{dataset}/{backbone}/{pretext}/{task}/n{labels}/metrics.csv`.

    Returns:
        The table of `collect_runs`, and the `layer`; an empty one if there is no path.

    Raises:
        DataError: a table cannot be read, or lacks a column or a number.
    """
    tables = [pd.DataFrame(columns=[*FIRST, "layer"])]
    for path in map(Path, paths):
        layer = int(path.parts[-7].removeprefix("k"))
        tables.append(collect_runs([path]).assign(layer=layer))
    return pd.concat(tables[1:] or tables, ignore_index=True)


def collect_linear(paths: Iterable[str | Path]) -> pd.DataFrame:
    """Read the results of linear evaluation.

    Args:
        paths: `.../{dataset}/{backbone}/{pretext}/{task}/metrics.csv`, one row per budget and seed.

    Returns:
        One row per budget and seed: what was evaluated, its validation accuracy, whether the
        features have `collapsed`, and the `pretrain_seed` of the network.

    Raises:
        DataError: a table cannot be read, or lacks a column or a number.
    """
    tables = [pd.DataFrame(columns=[*KEYS, "seed", "accuracy"])]
    for path in map(Path, paths):
        place = dict(zip(KEYS, path.parts[-5:-1], strict=False))
        table = read_metrics(path, ("labels", "seed", "accuracy", "feature_spread"))
        tables.append(table.assign(**place, collapsed=table["feature_spread"] < CONSTANT))
    tables = tables[1:] or tables
    return pd.concat(tables, ignore_index=True)[
        [*KEYS, *(column for column in tables[0] if column not in KEYS)]
    ]


def collect_histories(paths: Iterable[str | Path]) -> pd.DataFrame:
    """Read the training curves of finetuning jobs.

    Args:
        paths: `.../{dataset}/{backbone}/{pretext}/{task}/n{labels}/history.csv`.

    Returns:
        One row per round of a run: what was run, its seed, the round, its last learning rate and
        its validation accuracy.

    Raises:
        DataError: there is no path, or a table cannot be read or lacks a column or a number.
    """
    columns = ("seed", "round", "learning_rate", "valid_accuracy")
    return _read_jobs(paths, columns)[[*KEYS, *columns]]


def _read_jobs(paths: Iterable[str | Path], columns: Collection[str]) -> pd.DataFrame:
    """Read tables of finetuning jobs, each with what was run and its `folder`."""
    tables = []
    for path in map(Path, paths):
        place = dict(zip(KEYS, path.parts[-6:-1], strict=True))
        place["labels"] = int(place["labels"].removeprefix("n"))
        table = read_metrics(path, columns)
        tables.append(table.assign(**place, folder=path.parent.as_posix()))
    if not tables:
        raise DataError("none of the runs that this is made of is done")
    return pd.concat(tables, ignore_index=True)


def read_metrics(path: Path, columns: Collection[str]) -> pd.DataFrame:
    """Read a table of metrics, which must have `columns` of numbers.

    Raises:
        DataError: it cannot be read, or lacks a column or a number.
    """
    table = read_table(path, columns, dtype={NETWORK: "Int64"})
    require_numbers(path, table, columns)
    return table


def average_accuracy(runs: pd.DataFrame) -> pd.DataFrame:
    """Give the `mean` and population standard deviation `std` of accuracy over `n` seeds.

    Returns:
        One row per dataset, backbone, method, task and budget; where the runs say whether they have
        `converged`, so does it.
    """
    grouped = runs.groupby(KEYS, sort=False)
    table = grouped["accuracy"].agg(mean="mean", std=lambda a: a.std(ddof=0), n="count")
    if CONVERGED in runs:
        table[CONVERGED] = grouped[CONVERGED].first()
    return table.reset_index()


def describe_jobs(runs: pd.DataFrame) -> pd.DataFrame:
    """Tell of each job its `networks`, how many seeds have `collapsed`, and the runs' `folder`.

    Returns:
        One row per dataset, backbone, method, task and budget. `networks` is the number of
        pretrained networks that its mean is of: none from scratch.
    """
    grouped = runs.groupby(KEYS, sort=False)
    folder = grouped["folder"].first().map(lambda run: Path(run).parent.as_posix())
    sound = leave_out_collapsed(runs)
    networks = find_networks(sound).groupby([sound[key] for key in KEYS]).nunique(dropna=False)
    networks[networks.index.get_level_values("pretext") == SCRATCH] = 0
    columns = [networks.rename("networks"), grouped["collapsed"].sum(), folder]
    return pd.concat(columns, axis=1).loc[folder.index].reset_index()


def find_networks(runs: pd.DataFrame) -> pd.Series:
    """Find the seed of the network that each run starts from; missing where nothing says it."""
    return runs[NETWORK] if NETWORK in runs else pd.Series(pd.NA, runs.index, "Int64")
