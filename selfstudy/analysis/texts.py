"""Reading of tables that people wrote: all text, each row at its line, nothing left out."""

import re
from collections.abc import Collection
from pathlib import Path

import pandas as pd

from selfstudy.analysis.tables import split_rows
from selfstudy.errors import DataError

SEPARATORS = {",": "commas", ";": "semicolons", "\t": "tabs"}


def read_texts(
    path: str | Path, needed: Collection[str], known: Collection[str] = ()
) -> tuple[pd.DataFrame, str]:
    """Read a table whose values are parted by commas, semicolons or tabs.

    Columns are found without regard to case and to blanks around them; values lose these, too.

    Args:
        path: of the file, in UTF-8.
        needed: columns that it must have.
        known: columns that it may have; others are named as in the file.

    Returns:
        All values, at the lines that their rows begin in; and what parts them.

    Raises:
        DataError: the file cannot be read, lacks a column, has one twice or without a name, or has
            a row that does not fit its columns, or none.
    """
    try:
        text = Path(path).read_bytes().decode("utf-8-sig")
    except OSError as error:
        raise DataError(f"{path}: cannot be read as a table: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise DataError(
            f"{path}: cannot be read as a table: expected text in UTF-8, which Excel exports as "
            f"'CSV UTF-8'"
        ) from error
    separator = find_separator(text, needed)
    rows = list(split_rows(path, text, separator))
    if not rows:
        raise DataError(f"{path}: cannot be read as a table: there is nothing in it")
    head, rows = name_columns(path, rows[0][1], needed, known), rows[1:]
    for line, values in rows:
        while len(values) > len(head) and not values[-1]:
            values.pop()
        if len(values) != len(head):
            raise DataError(
                f"{path}, line {line}: there are {len(values)} values: expected {len(head)}, one "
                f"for each column, in quotes where {separator!r} is in it"
            )
    if not rows:
        raise DataError(f"{path}: there is no row in it")
    lines, values = zip(*rows, strict=True)
    return pd.DataFrame(values, lines, head, dtype=object), separator


def find_separator(text: str, columns: Collection[str]) -> str:
    """Find what parts the values of a table: that which most of `columns` are found by."""
    head = re.split("[\r\n]", text.lstrip(), maxsplit=1)[0].casefold()

    def count(separator: str) -> int:
        return len({name.strip(' "') for name in head.split(separator)}.intersection(columns))

    return max(SEPARATORS, key=count)


def name_columns(
    path: str | Path, head: list[str], needed: Collection[str], known: Collection[str]
) -> list[str]:
    """Name the columns of a table's head: those that are known as they are, others as they stand.

    Raises:
        DataError: one is missing, there twice, or without a name.
    """
    while head and not head[-1]:  # of a sheet that is wider than its table
        head = head[:-1]
    plain = {name.casefold(): name for name in (*needed, *known)}
    names = [plain.get(name.casefold(), name) for name in head]
    if missing := [name for name in needed if name not in names]:
        raise DataError(
            f"{path}: column {missing[0]!r} is missing: expected {', '.join(needed)}, and found "
            f"{', '.join(head)[:200]!r}"
        )
    for place, name in enumerate(names):
        if not name:
            raise DataError(
                f"{path}: column {place + 1} has no name: expected one, or no such column (which "
                f"pandas leaves away by index=False)"
            )
        if name.casefold() in (other.casefold() for other in names[:place]):
            raise DataError(f"{path}: column {name!r} is there twice: expected it once")
    return names
