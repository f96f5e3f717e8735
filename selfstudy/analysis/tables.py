"""Reading of tables."""

import csv
from collections.abc import Collection
from pathlib import Path

import pandas as pd

from selfstudy.delimited import split_rows
from selfstudy.errors import DataError, join_lines


def read_table(path: str | Path, columns: Collection[str], **options: object) -> pd.DataFrame:
    """Read a CSV file in UTF-8.

    Args:
        path: of the file.
        columns: that it must have.
        options: of `pandas.read_csv`.

    Raises:
        DataError: the file cannot be read, has no row, or lacks a column.
    """
    try:
        with Path(path).open(newline="", encoding="utf-8-sig") as file:
            found = next(csv.reader(file), [])
        if not found:
            raise ValueError("there is nothing in its first line")
        if missing := [column for column in columns if column not in found]:
            raise DataError(
                f"{path}: column {missing[0]!r} is missing: expected {', '.join(columns)}, and "
                f"found {', '.join(found)[:200]}"
            )
        table = pd.read_csv(path, **options)
        if not isinstance(table.index, pd.RangeIndex):
            raise ValueError("rows have more values than there are columns")
    except (OSError, ValueError, TypeError, csv.Error) as error:  # of a type, if one is asked for
        reason = join_lines(error)
        raise DataError(f"{path}: cannot be read as a table: {reason}") from error
    if table.empty:
        raise DataError(f"{path}: there is no row in it")
    return table


def require_numbers(path: str | Path, table: pd.DataFrame, columns: Collection[str]) -> None:
    """Require that every value in `columns` is a number or empty.

    Raises:
        DataError: one is not; it names the line of the file at `path` that `table` was read from.
    """
    for column in columns:
        wrong = table[column].notna() & pd.to_numeric(table[column], errors="coerce").isna()
        if wrong.any():
            row = wrong.idxmax()
            text = Path(path).read_text("utf-8-sig")
            line, _ = list(split_rows(path, text))[row + 1]
            raise DataError(
                f"{path}, line {line}: {column} is {str(table.loc[row, column])!r}: expected a "
                f"number"
            )
