"""Rows that are kept when the runs are not: a folder of tables, to which datasets add theirs."""

from pathlib import Path

import pandas as pd

from selfstudy.analysis.runs import KEYS
from selfstudy.analysis.tables import read_table
from selfstudy.errors import DataError
from selfstudy.files import write_whole
from selfstudy.sweep.runs import Sweep

# The tables, and the columns that tell their rows apart.
ROWS = {
    "runs": [*KEYS, "seed"],
    "linear": [*KEYS, "seed"],
    "convergence": KEYS,
    "times": ["run", *KEYS],
}


def collect_rows(folder: Path, sweep: Sweep) -> list[str]:
    """Add the rows of a sweep's finished datasets to those that a folder keeps.

    Args:
        folder: that keeps them.
        sweep: of whose datasets the rule `rows` has made tables.

    Returns:
        The datasets that have them.

    Raises:
        DataError: a table cannot be read, or a row is not as it is kept; then none is added.
    """
    made = {name: Path(sweep.paths.rows.format(dataset=name)) for name in sweep.datasets}
    finished = [
        dataset
        for dataset, place in made.items()
        if all((place / f"{name}.csv").is_file() for name in ROWS)
    ]
    tables = {}
    for name, keys in ROWS.items():
        path = folder / f"{name}.csv"
        tables[path] = read_text(path, keys) if path.is_file() else None
        for dataset in finished:
            found = read_text(made[dataset] / path.name, keys)
            kept = tables[path]
            tables[path] = found if kept is None else add_rows(kept, found, keys, path)
    for path, table in tables.items():
        if table is not None:
            with write_whole(path) as temporary:
                table.to_csv(temporary, index=False)
    return finished


def read_text(path: Path, keys: list[str]) -> pd.DataFrame:
    """Read a table of rows as it is written: all text.

    Raises:
        DataError: it cannot be read, has no row or one twice, or lacks one of the columns `keys`.
    """
    table = read_table(path, keys, dtype=str, keep_default_na=False)
    again = table[keys].duplicated()
    if again.any():
        raise DataError(f"{path}: {'/'.join(table.loc[again.idxmax(), keys])} is there twice")
    return table


def add_rows(kept: pd.DataFrame, found: pd.DataFrame, keys: list[str], path: Path) -> pd.DataFrame:
    """Add rows to those that are kept, which stay as they are.

    Args:
        kept: rows, all text.
        found: further ones, which may be there already.
        keys: the columns that tell them apart.
        path: where they are kept, for errors.

    Raises:
        DataError: the tables differ in their columns, or a row is not as it is kept.
    """
    if wrong := sorted(set(kept) ^ set(found)):
        raise DataError(
            f"{path}: column {wrong[0]!r} is only in what is "
            f"{'kept' if wrong[0] in kept else 'new'}: expected the same columns"
        )
    found = found[list(kept)]
    both = kept.merge(found, on=keys, suffixes=("", " new"))
    for column in kept.columns.drop(keys):
        differ = both[column] != both[f"{column} new"]
        if differ.any():
            row = both.loc[differ.idxmax()]
            raise DataError(
                f"{path}: {column} of {'/'.join(row[keys])} is kept as {row[column]!r} and now "
                f"{row[f'{column} new']!r}: expected the same; remove the rows of runs that were "
                f"repeated"
            )
    return pd.concat([kept, found]).drop_duplicates(keys, ignore_index=True)
