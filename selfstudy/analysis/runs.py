"""Collecting runs: one tidy table, a row a run."""

from collections.abc import Collection, Iterable
from pathlib import Path

import pandas as pd

from selfstudy.analysis import SCRATCH
from selfstudy.analysis.tables import read_table, require_numbers
from selfstudy.errors import DataError

KEYS = ["dataset", "backbone", "pretext", "task", "labels"]
FIRST = [*KEYS, "seed", "accuracy", "best_accuracy", "collapsed"]
NEEDED = ("seed", "accuracy", "best_accuracy", "chance", "feature_spread")
CONSTANT = 1e-3  # features that differ less are all alike
NEAR_CHANCE, FAR_ABOVE = 1.2, 2.0  # times chance


def collect_runs(paths: Iterable[str | Path]) -> pd.DataFrame:
    """Read the metrics of finetuning jobs.

    Args:
        paths: `.../{dataset}/{backbone}/{pretext}/{task}/n{labels}/metrics.csv`, a row a seed.

    Returns:
        A row a run: what was run, its seed, its last and best validation accuracy, whether it
        `collapsed`, and more.
    """
    tables = []
    for path in map(Path, paths):
        dataset, backbone, pretext, task, labels = path.parts[-6:-1]
        table = read_metrics(path, NEEDED)
        table = table.assign(
            dataset=dataset,
            backbone=backbone,
            pretext=pretext,
            task=task,
            labels=int(labels.removeprefix("n")),
            folder=[(path.parent / f"seed{seed}").as_posix() for seed in table["seed"]],
        )
        tables.append(table)
    if not tables:
        raise DataError("none of the runs that this is made of is done")
    runs = pd.concat(tables, ignore_index=True)
    runs["collapsed"] = detect_collapse(runs)
    return runs[[*FIRST, *(column for column in runs if column not in FIRST)]]


def detect_collapse(runs: pd.DataFrame) -> pd.Series:
    """Whether a run's features are constant, or it is at chance where scratch is far above."""
    scratch = runs[runs["pretext"] == SCRATCH].rename(columns={"accuracy": "scratch"})
    place = [key for key in KEYS if key != "pretext"]
    scratch = scratch.groupby(place)["scratch"].mean()
    beside = runs.join(scratch, on=place)
    at_chance = beside["accuracy"] <= NEAR_CHANCE * beside["chance"]
    learnable = beside["scratch"] >= FAR_ABOVE * beside["chance"]
    return (runs["feature_spread"] < CONSTANT) | (at_chance & learnable)


def collect_frozen(paths: Iterable[str | Path]) -> pd.DataFrame:
    """Read the metrics of finetuning jobs whose backbone was frozen up to a layer.

    Args:
        paths: `.../k{layer}/{dataset}/{backbone}/{pretext}/{task}/n{labels}/metrics.csv`.

    Returns:
        The table of `collect_runs`, and the `layer`.
    """
    tables = [pd.DataFrame(columns=[*FIRST, "layer"])]
    for path in map(Path, paths):
        layer = int(path.parts[-7].removeprefix("k"))
        tables.append(collect_runs([path]).assign(layer=layer))
    return pd.concat(tables[1:] or tables, ignore_index=True)


def collect_linear(paths: Iterable[str | Path]) -> pd.DataFrame:
    """Read the results of linear evaluation.

    Args:
        paths: `.../{dataset}/{backbone}/{pretext}/{task}/metrics.csv`, a row a budget and seed.

    Returns:
        A row a budget and seed: what was evaluated, its validation accuracy, and whether the
        features have `collapsed`.
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
        A row a round of a run: what was run, its seed, the round and its validation accuracy.
    """
    tables = []
    for path in map(Path, paths):
        place = dict(zip(KEYS, path.parts[-6:-1], strict=True))
        place["labels"] = int(place["labels"].removeprefix("n"))
        tables.append(read_metrics(path, ("seed", "round", "valid_accuracy")).assign(**place))
    if not tables:
        raise DataError("none of the runs that this is made of is done")
    return pd.concat(tables, ignore_index=True)[[*KEYS, "seed", "round", "valid_accuracy"]]


def read_metrics(path: Path, columns: Collection[str]) -> pd.DataFrame:
    """A table of metrics, which must have `columns` of numbers."""
    table = read_table(path, columns)
    require_numbers(path, table, columns)
    return table


def average_accuracy(runs: pd.DataFrame) -> pd.DataFrame:
    """Mean and population standard deviation of accuracy over seeds, and their number n."""
    grouped = runs.groupby(KEYS, sort=False)["accuracy"]
    return grouped.agg(mean="mean", std=lambda a: a.std(ddof=0), n="count").reset_index()


def describe_jobs(runs: pd.DataFrame) -> pd.DataFrame:
    """A row a job: how many of its seeds have `collapsed`, and the `folder` of their runs."""
    grouped = runs.groupby(KEYS, sort=False)
    folder = grouped["folder"].first().map(lambda run: Path(run).parent.as_posix())
    return pd.concat([grouped["collapsed"].sum(), folder], axis=1).reset_index()
