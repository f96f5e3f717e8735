"""Tables that people wrote, as Excel and others save them: all text, each row at its line.

Nothing is left out: what does not fit is refused.
"""

import csv
import io
import re
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import NamedTuple

from selfstudy.errors import DataError
from selfstudy.files import require_file

SEPARATORS = {",": "commas", ";": "semicolons", "\t": "tabs"}


class Delimited(NamedTuple):
    """A table, as its text says it.

    Attributes:
        columns: those that are known by these names, others as they stand.
        rows: the line that each begins in, and its values, blanks around them included.
        separator: what parts the values, one of `SEPARATORS`.
    """

    columns: list[str]
    rows: list[tuple[int, list[str]]]
    separator: str


def read_delimited(
    path: str | Path,
    needed: Collection[str],
    known: Collection[str] = (),
    ignored: Collection[str] = (),
) -> Delimited:
    """Read a table whose values are parted by commas, semicolons or tabs.

    Columns are found without regard to case and to blanks around them. Rows without a value are
    none.

    Args:
        path: of the file, in UTF-8.
        needed: columns that it must have.
        known: columns that it may have.
        ignored: columns that it must have, and that may be there twice or without a name.

    Raises:
        DataError: the file cannot be read, lacks a column, has one twice or without a name, or has
            a row that does not fit its columns, or none.
    """
    try:
        require_file(path)
        text = Path(path).read_bytes().decode("utf-8-sig")  # Excel begins with a byte-order mark
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
    (_, head), *rows = rows
    columns = name_columns(path, [name.strip() for name in head], needed, known, ignored)
    if not rows:
        raise DataError(f"{path}: there is no row in it")
    for line, values in rows:
        while len(values) > len(columns) and not values[-1].strip():
            values.pop()
        if len(values) != len(columns):
            raise DataError(
                f"{path}, line {line}: there are {len(values)} values: expected {len(columns)}, "
                f"one for each column, in quotes where {separator!r} is in it"
            )
    return Delimited(columns, rows, separator)


def find_separator(text: str, columns: Collection[str]) -> str:
    """Find what parts the values of a table: that which most of `columns` are found by."""
    head = re.split("[\r\n]", text.lstrip(), maxsplit=1)[0].casefold()

    def count(separator: str) -> int:
        return len({name.strip(' "') for name in head.split(separator)}.intersection(columns))

    return max(SEPARATORS, key=count)


def name_columns(
    path: str | Path,
    head: list[str],
    needed: Collection[str],
    known: Collection[str],
    ignored: Collection[str],
) -> list[str]:
    """Name the columns of a table's head: those that are known as they are, others as they stand.

    Raises:
        DataError: one is missing, there twice, or without a name.
    """
    skipped = {name.strip().casefold() for name in ignored}
    while head and not head[-1] and "" not in skipped:  # of a sheet that is wider than its table
        head = head[:-1]
    plain = {name.casefold(): name for name in (*needed, *known)}
    names = [plain.get(name.casefold(), name) for name in head]
    found = f"found {', '.join(head)[:200]!r}"
    if missing := [name for name in needed if name not in names]:
        expected = ", ".join(needed)
        raise DataError(
            f"{path}: column {missing[0]!r} is missing: expected {expected}, and {found}"
        )
    for name in sorted(skipped - {name.casefold() for name in names}):
        raise DataError(f"{path}: column {name!r}, which is to be ignored, is missing: {found}")
    for place, name in enumerate(names):
        if name.casefold() in skipped:
            continue
        if not name:
            raise DataError(
                f"{path}: column {place + 1} has no name: expected one, or no such column (which "
                f"pandas leaves away by index=False)"
            )
        if name.casefold() in (other.casefold() for other in names[:place]):
            raise DataError(f"{path}: column {name!r} is there twice: expected it once")
    return names


def split_rows(
    path: str | Path, text: str, separator: str = ","
) -> Iterator[tuple[int, list[str]]]:
    """Split the text of a table into rows, except for those without a value.

    Yields:
        The line of the file at `path` that a row begins in, and its values as they stand.

    Raises:
        DataError: quotes are not as in a table; it names the line.
    """
    reader, line = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True), 1
    try:
        for values in reader:
            if any(map(str.strip, values)):
                yield line, values
            line = reader.line_num + 1
    except csv.Error as error:
        raise DataError(f"{path}, line {line}: cannot be read as a table: {error}") from error
