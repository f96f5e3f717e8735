"""Parquet files with a column of images and one of labels, as the Hugging Face hub has them."""

import json
from collections.abc import Iterator
from functools import lru_cache, partial
from pathlib import Path

import pyarrow
from pyarrow import parquet

from selfstudy.data.collected.base import (
    Item,
    assign_split_names,
    find_column,
    list_parts,
    name_part,
    read_content,
)
from selfstudy.errors import DataError


def open_items(folder: str, image: str = "image", label: str = "label") -> Iterator[Item]:
    """List the images of all Parquet files below a folder.

    Args:
        folder: of files whose names begin with their splits, such as `train-00000.parquet`, or all
            of which train.
        image: the column of the images' content, or of what the hub makes of it.
        label: the column of labels: names, or numbers that the hub's description names.

    Raises:
        DataError: a file cannot be read, or lacks a column.
    """
    paths = list_parts(folder, ".parquet")
    splits = assign_split_names(folder, (path.name for path in paths))
    for path in paths:
        try:
            file = parquet.ParquetFile(path)
            for name, key in ((image, "image"), (label, "label")):
                find_column(path, file.schema_arrow.names, key, name)
            labels = file.read([label])[label].to_pylist()
        except pyarrow.ArrowInvalid as error:
            raise DataError(f"{path}: cannot be read as Parquet: {error}") from error
        names = read_class_names(file.schema_arrow, label)
        row, part = 0, name_part(folder, path)
        for group in range(file.num_row_groups):
            for place in range(file.metadata.row_group(group).num_rows):
                value = labels[row]
                text = names[value] if names and value in range(len(names)) else str(value)
                read = partial(read_image, path, image, group, place)
                yield Item(f"{part}/{row:08}.image", text, splits[path.name], read)
                row += 1


def read_image(path: Path, image: str, group: int, row: int) -> bytes:
    """Read the content of an image file from a row of a group of rows."""
    return read_content(f"{path}, row {row} of group {group}", read_group(path, image, group)[row])


@lru_cache(maxsize=1)  # images are read one after another
def read_group(path: Path, image: str, group: int) -> list[object]:
    """Read the images of a group of rows."""
    return parquet.ParquetFile(path).read_row_group(group, [image])[image].to_pylist()


def read_class_names(schema: pyarrow.Schema, label: str) -> list[str]:
    """Read the names of classes that the hub's description of a table has; none without one."""
    try:
        described = json.loads((schema.metadata or {})[b"huggingface"])
        return list(described["info"]["features"][label]["names"])
    except (KeyError, TypeError, ValueError):
        return []
