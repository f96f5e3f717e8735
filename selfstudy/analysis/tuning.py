"""Which starts were tuned, how, and at what cost."""

from collections.abc import Iterable, Mapping
from pathlib import Path

import pandas as pd

from selfstudy.analysis.tables import read_table

STATES = ["complete", "pruned", "diverged"]  # of a trial that is over
CURVE = ["dataset", "backbone", "task"]
START = [*CURVE, "pretext"]
READ = ["number", "state", "value", "rounds", "seconds"]  # beside what was searched
COLUMNS = [*START, "labels", "trials", *STATES, "rounds", "hours", "accuracy"]


def tabulate_tuning(paths: Iterable[str | Path], searches: Mapping[str, Mapping]) -> pd.DataFrame:
    """Tabulate the searches that starts were tuned by.

    Args:
        paths: `.../{search}/trials.csv`, of `selfstudy.search.results.write_results`.
        searches: the settings of each by name, as `selfstudy.sweep.runs.Sweep.tuned` has them.

    Returns:
        One row per start of a curve: the `labels` that were searched on; how many `trials` were
        over, and of these `complete`, `pruned` and `diverged`; the `rounds` and `hours` that all
        took, interruptions among them; the validation `accuracy` of the best trial, what it was
        searched to be, and its `recipe`.

    Raises:
        DataError: a table cannot be read or lacks a column.
    """
    rows = []
    for path in map(Path, paths):
        settings, trials = searches[path.parent.name], read_table(path, READ)
        over = trials[trials["state"].isin(STATES)]
        complete = over[over["state"] == "complete"]
        best = complete.loc[complete["value"].idxmax()]
        row = {key: settings[key] for key in [*START, "labels"]}
        row |= {"trials": len(over), **{state: (over["state"] == state).sum() for state in STATES}}
        row |= {"rounds": over["rounds"].sum(), "hours": over["seconds"].sum() / 3600}
        row |= {"accuracy": best["value"], **best.drop(READ)}
        rows.append(row | {"recipe": (path.parent / "recipe.gin").as_posix()})
    return pd.DataFrame(rows, columns=None if rows else [*COLUMNS, "recipe"])


def mark_tuned(table: pd.DataFrame, tuning: pd.DataFrame) -> pd.DataFrame:
    """Mark of each row, in a column `tuned`, by how many trials its start was tuned; 0: by none.

    Args:
        table: with the columns of `START`.
        tuning: of `tabulate_tuning`.
    """
    trials = tuning.set_index(START)["trials"]
    tuned = trials.reindex(pd.MultiIndex.from_frame(table[START]), fill_value=0)
    return table.assign(tuned=tuned.to_numpy(int))


def list_unequal(tuning: pd.DataFrame) -> list[str]:
    """Say of each curve whose starts were tuned by different numbers of trials which they are."""
    said = []
    for place, starts in tuning.groupby(CURVE, sort=False):
        if starts["trials"].nunique() > 1:
            each = ", ".join(f"{row.pretext} by {row.trials}" for row in starts.itertuples())
            where = ", ".join(place)
            said.append(f"{where}: starts were tuned by different numbers of trials: {each}")
    return said
