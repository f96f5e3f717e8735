"""Collecting runs: one tidy table, a row a run."""

from collections.abc import Iterable
from pathlib import Path

import pandas as pd

from selfstudy.errors import DataError

KEYS = ["dataset", "backbone", "pretext", "task", "labels"]
FIRST = [*KEYS, "seed", "accuracy", "best_accuracy"]


def collect(paths: Iterable[str | Path]) -> pd.DataFrame:
    """Read the metrics of finetuning jobs.

    Args:
        paths: `.../{dataset}/{backbone}/{pretext}/{task}/n{labels}/metrics.csv`, a row a seed.

    Returns:
        A row a run: what was run, its seed, its last and best validation accuracy, and more.
    """
    tables = []
    for path in map(Path, paths):
        dataset, backbone, pretext, task, labels = path.parts[-6:-1]
        try:
            table = pd.read_csv(path)
        except (OSError, ValueError) as error:
            raise DataError(f"{path}: cannot be read as a table of metrics: {error}") from error
        if missing := {"seed", "accuracy", "best_accuracy"} - set(table):
            raise DataError(f"{path}: column {min(missing)!r} is missing")
        table = table.assign(
            dataset=dataset,
            backbone=backbone,
            pretext=pretext,
            task=task,
            labels=int(labels.removeprefix("n")),
            folder=[(path.parent / f"seed{seed}").as_posix() for seed in table["seed"]],
        )
        tables.append(table)
    runs = pd.concat(tables, ignore_index=True)
    return runs[[*FIRST, *(column for column in runs if column not in FIRST)]]


def accuracies(runs: pd.DataFrame) -> pd.DataFrame:
    """Mean and population standard deviation of accuracy over seeds, and their number n."""
    grouped = runs.groupby(KEYS, sort=False)["accuracy"]
    return grouped.agg(mean="mean", std=lambda a: a.std(ddof=0), n="count").reset_index()
