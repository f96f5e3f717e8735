"""How long the runs of a workflow took."""

from collections.abc import Mapping
from pathlib import Path

import pandas as pd

from selfstudy.analysis.tables import read_table

# And the folders above that of the dataset.
RUNS = {"pretrain": 0, "finetune": 0, "longer": 0, "frozen": 1}
COLUMNS = ["run", "dataset", "backbone", "pretext", "task", "labels", "seconds"]


def list_times(results: Path, kinds: Mapping[str, int] = RUNS) -> pd.DataFrame:
    """List how long runs took, as far as they are trained, of the `times.csv` of each.

    Args:
        results: the folder that they are in.
        kinds: of runs, and how many folders are above that of the dataset.

    Returns:
        One row per run: its kind, `run`; `dataset`, `backbone`, `pretext`; `task` and `labels`,
        empty where it was pretrained; and `seconds`.
    """
    rows = []
    for kind, above in kinds.items():
        for path in sorted((results / kind).rglob("times.csv")):
            parts = path.relative_to(results / kind).parts[above:]
            task, labels = parts[3:5] if kind != "pretrain" else ("", "")
            seconds = read_table(path, ("seconds",))["seconds"].sum()
            rows.append((kind, *parts[:3], task, labels.removeprefix("n"), seconds))
    return pd.DataFrame(rows, columns=COLUMNS)


def sum_times(results: Path, dataset: str) -> pd.DataFrame:
    """Sum how long the runs of a dataset took, one row per job: the table of `list_times`."""
    times = list_times(results)
    keys = [column for column in COLUMNS if column != "seconds"]
    times = times[times["dataset"] == dataset]
    return times.groupby(keys, sort=False)["seconds"].sum().reset_index()
