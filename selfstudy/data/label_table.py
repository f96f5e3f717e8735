"""Own images that a table names, with their labels and, optionally, splits."""

import csv
import itertools
import logging
import os
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path

from selfstudy.data.labels import EXPECTED, Labelled, read_label, read_split, warn_of_alike
from selfstudy.errors import DataError
from selfstudy.files import require_file

NEEDED = ("file", "label")
COLUMNS = (*NEEDED, "split")
SEPARATORS = {",": "commas", ";": "semicolons", "\t": "tabs"}
log = logging.getLogger("selfstudy")


def read_label_table(source: Path, ignore: Collection[str] = ()) -> list[Labelled]:
    """Read which images a table names; they are not opened.

    Args:
        source: a CSV file in UTF-8, separated by commas, semicolons or tabs, with the columns
            `file`, relative to it, `label` and, where splits are given, `split`.
        ignore: further columns that it has.

    Raises:
        DataError: the table does not make sense; it names the column or the line.
        OSError: it cannot be read.
    """
    require_file(source)
    try:
        # Excel begins UTF-8 with a byte-order mark.
        with source.open(newline="", encoding="utf-8-sig") as file:
            first = file.readline()
            separator = max(SEPARATORS, key=first.count)
            if separator != ",":
                log.info("%s: read as separated by %s", source, SEPARATORS[separator])
            rows = csv.reader(itertools.chain([first], file), delimiter=separator, strict=True)
            columns = find_columns(source, next(rows, []), ignore)
            spelled: set[str] = set()
            found = list(read_rows(source, rows, columns, spelled))
    except (UnicodeDecodeError, csv.Error) as error:
        raise DataError(
            f"{source}: not a CSV file in UTF-8 (in Excel: 'CSV UTF-8'): {error}"
        ) from error
    warn_of_alike(source, spelled)
    return found


def find_columns(source: Path, header: Sequence[str], ignore: Collection[str]) -> list[str | None]:
    """Find which column each field of a row belongs to; None: to one that is ignored.

    Raises:
        DataError: a column is missing, unknown, or there twice.
    """
    names = [name.strip().casefold() for name in header]
    ignored = {name.strip().casefold() for name in ignore}
    columns = [None if name in ignored else name for name in names]
    listed = ", ".join(name or "''" for name in names)
    for name in NEEDED:
        if name not in columns:
            raise DataError(
                f"{source}: no column {name!r}: expected file, label and, optionally, split, "
                f"found {listed}"
            )
    for name in COLUMNS:
        if columns.count(name) > 1:
            raise DataError(f"{source}: the column {name!r} is there twice: found {listed}")
    for name in sorted(ignored - set(names)):
        raise DataError(f"{source}: no column {name!r}, which is to be ignored: found {listed}")
    for name in columns:
        if name is not None and name not in COLUMNS:
            raise DataError(
                f"{source}: the column {name!r} is not known: expected file, label and, "
                f"optionally, split; a column that says nothing here is named under 'ignore'"
            )
    return columns


def read_rows(
    source: Path, rows: Iterator[list[str]], columns: Sequence[str | None], spelled: set[str]
) -> Iterator[Labelled]:
    """Read the rows below the header.

    Args:
        source: the table.
        rows: a `csv.reader`.
        columns: what each field is, as `find_columns` gives it.
        spelled: gets the labels as they are spelled in the table.
    """
    lines: dict[str, int] = {}
    for row in rows:
        if not any(map(str.strip, row)):
            continue
        place = f"{source}: line {rows.line_num}"
        if len(row) > len(columns):
            raise DataError(
                f"{place}: {len(row)} fields for {len(columns)} columns: "
                f"what has a separator in it needs quotes around it"
            )
        fields = dict(zip(columns, row, strict=False))
        for column in NEEDED:
            if not fields.get(column, "").strip():
                raise DataError(f"{place}: no {column!r}")
        if "\0" in fields["file"]:
            raise DataError(f"{place}: 'file' is no file's name: {fields['file']!r}")
        name = find_name(source.parent, fields["file"])
        split = read_split(fields.get("split", "")) if "split" in columns else "train"
        if split is None:
            raise DataError(
                f"{place}: split {fields.get('split', '')!r}: expected {EXPECTED} for every image"
            )
        if name in lines:
            raise DataError(f"{place}: {name} is there twice, on line {lines[name]}, too")
        lines[name] = rows.line_num
        spelled.add(fields["label"])
        label = read_label(fields["label"], place)
        yield Labelled(os.path.join(source.parent, name), name, label, split)


def find_name(folder: Path, text: str) -> str:
    """Find the name of a file in a folder that a table spells so, perhaps on Windows."""
    name = os.path.normpath(text)
    if text != text.strip() or "\\" in text:
        for spelling in (text, text.strip(), text.strip().replace("\\", "/")):
            if os.path.lexists(folder / spelling):
                return os.path.normpath(spelling)
    return name
