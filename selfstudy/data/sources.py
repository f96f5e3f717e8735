"""Where own images come from: a folder for each class, or a table."""

import csv
import os
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from selfstudy.data.listing import IMAGES, is_hidden, is_image, walk_files
from selfstudy.errors import DataError

SPLIT_NAMES = {"train": "train", "valid": "valid", "val": "valid", "test": "test"}


class Labelled(NamedTuple):
    """An image of a source."""

    path: str
    name: str  # relative to the source
    label: str
    split: str  # "train" too where none is given


def find_images(source: str | Path) -> list[Labelled]:
    """List the images of a source, sorted by name; they are not opened.

    Args:
        source: a folder `{class}/**/*.png` (`IMAGES`; hidden ones do not count); or a folder
            `train/{class}`, with `valid/{class}` (or `val/{class}`) and `test/{class}` where these
            splits are given; or a CSV file with columns `file`, relative to it, `label` and, where
            splits are given, `split`.

    Raises:
        DataError: the source is missing, has no images where it must, or does not make sense.
    """
    source = Path(source)
    try:
        if source.is_dir():
            found = list(find_in_folder(source))
        elif source.is_file():
            found = list(find_in_table(source))
        else:
            raise DataError(f"{source}: there is no such folder or CSV file")
    except OSError as error:
        raise DataError(f"{error.filename or source}: cannot be read: {error.strerror}") from error
    return sorted(found, key=lambda image: image.name)


def find_in_folder(source: Path) -> Iterator[Labelled]:
    """Find the images in a folder of classes, or of splits with classes in them."""
    names = {folder.name for folder in list_folders(source)}
    if "train" not in names or not names <= SPLIT_NAMES.keys():
        yield from find_in_classes(source, source, "train")
        return
    if {"valid", "val"} <= names:
        raise DataError(f"{source}: expected one of the folders 'valid' and 'val', found both")
    for name in sorted(names):
        yield from find_in_classes(source, source / name, SPLIT_NAMES[name])


def find_in_classes(source: Path, parent: Path, split: str) -> Iterator[Labelled]:
    """Find the images below `parent`, which has a folder for each class."""
    classes = list_folders(parent)
    if not classes:
        raise DataError(f"{parent}: no folders in it: expected one for each class")
    for folder in classes:
        paths = [entry.path for entry in walk_files(folder) if is_image(entry.name)]
        if not paths:
            raise DataError(
                f"{folder}: no images in it: expected files of these kinds: "
                f"{', '.join(sorted(IMAGES))}"
            )
        for path in paths:
            name = escape_name(os.path.relpath(path, source))
            yield Labelled(path, name, escape_name(folder.name), split)


def list_folders(parent: Path) -> list[Path]:
    """List the folders in one that are not hidden, sorted."""
    return sorted(
        child for child in parent.iterdir() if child.is_dir() and not is_hidden(child.name)
    )


def find_in_table(source: Path) -> Iterator[Labelled]:
    """Find the images that a CSV file names."""
    seen = set()
    try:
        # Excel begins UTF-8 with a byte-order mark.
        with source.open(newline="", encoding="utf-8-sig") as file:
            table = csv.DictReader(file, restval="")
            columns = table.fieldnames or []
            missing = [column for column in ("file", "label") if column not in columns]
            if missing:
                raise DataError(
                    f"{source}: no column {missing[0]!r}: expected file, label and, optionally, "
                    f"split, found {', '.join(columns)}"
                )
            for row in table:
                place = f"{source}: line {table.line_num}"
                for column in ("file", "label"):
                    if not row[column]:
                        raise DataError(f"{place}: no {column!r}")
                if "\0" in row["file"]:
                    raise DataError(f"{place}: 'file' is no file's name: {row['file']!r}")
                name, split = os.path.normpath(row["file"]), row.get("split", "train")
                if split not in SPLIT_NAMES:
                    raise DataError(
                        f"{place}: split {split!r}: expected train, valid or test for every image"
                    )
                if name in seen:
                    raise DataError(f"{place}: {name} is there twice")
                seen.add(name)
                path = os.path.join(source.parent, name)
                yield Labelled(path, name, row["label"], SPLIT_NAMES[split])
    except (UnicodeDecodeError, csv.Error) as error:
        raise DataError(f"{source}: not a CSV file in UTF-8: {error}") from error


def escape_name(name: str) -> str:
    """Turn a file's name into text, also where its bytes are not UTF-8."""
    return name.encode("utf-8", "backslashreplace").decode()
