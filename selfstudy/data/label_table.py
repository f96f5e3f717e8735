"""Own images that a table names, with their labels and, optionally, splits."""

import logging
import os
from collections.abc import Collection, Mapping
from pathlib import Path

from selfstudy.data.labels import EXPECTED, Labelled, read_label, read_split, warn_of_alike
from selfstudy.delimited import SEPARATORS, read_delimited
from selfstudy.errors import DataError

NEEDED = ("file", "label")
COLUMNS = (*NEEDED, "split")
log = logging.getLogger("selfstudy")


def read_label_table(source: Path, ignore: Collection[str] = ()) -> list[Labelled]:
    """Read which images a table names; they are not opened.

    Args:
        source: a table as `read_delimited` takes it, with the columns `file`, relative to it,
            `label` and, where splits are given, `split`.
        ignore: further columns that it has.

    Raises:
        DataError: the table does not make sense; it names the column or the line.
    """
    columns, rows, separator = read_delimited(source, NEEDED, COLUMNS, ignore)
    if separator != ",":
        log.info("%s: read as separated by %s", source, SEPARATORS[separator])
    ignored = {name.strip().casefold() for name in ignore}
    places = {name: n for n, name in enumerate(columns) if name.casefold() not in ignored}
    for name in places:
        if name not in COLUMNS:
            raise DataError(
                f"{source}: the column {name!r} is not known: expected file, label and, "
                f"optionally, split; a column that says nothing here is named under 'ignore'"
            )
    lines: dict[str, int] = {}
    found = []
    for line, values in rows:
        image = read_row(source, line, {name: values[place] for name, place in places.items()})
        if image.name in lines:
            raise DataError(
                f"{source}, line {line}: {image.name} is there twice, on line "
                f"{lines[image.name]}, too"
            )
        lines[image.name] = line
        found.append(image)
    warn_of_alike(source, {values[places["label"]] for _, values in rows})
    return found


def read_row(source: Path, line: int, fields: Mapping[str, str]) -> Labelled:
    """Read what the row at a line of a table says of an image.

    Raises:
        DataError: it makes no sense; it names the line.
    """
    place = f"{source}, line {line}"
    for column in NEEDED:
        if not fields[column].strip():
            raise DataError(f"{place}: no {column!r}")
    if "\0" in fields["file"]:
        raise DataError(f"{place}: 'file' is no file's name: {fields['file']!r}")
    split = read_split(fields.get("split", "train"))
    if split is None:
        raise DataError(f"{place}: split {fields['split']!r}: expected {EXPECTED} for every image")
    name = find_name(source.parent, fields["file"])
    label = read_label(fields["label"], place)
    return Labelled(os.path.join(source.parent, name), name, label, split)


def find_name(folder: Path, text: str) -> str:
    """Find the name of a file in a folder that a table spells so, perhaps on Windows."""
    name = os.path.normpath(text)
    if text != text.strip() or "\\" in text:
        for spelling in (text, text.strip(), text.strip().replace("\\", "/")):
            if os.path.lexists(folder / spelling):
                return os.path.normpath(spelling)
    return name
