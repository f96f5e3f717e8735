"""A folder that `datasets` of Hugging Face saved by `save_to_disk`."""

from collections.abc import Iterator
from functools import partial

import datasets

from selfstudy.data.collected.base import Item, find_column, read_content
from selfstudy.data.labels import EXPECTED, read_split
from selfstudy.errors import DataError


def open_items(folder: str, image: str = "image", label: str = "label") -> Iterator[Item]:
    """List the images of a dataset, or of one for each split.

    Args:
        folder: that `save_to_disk` wrote.
        image: the column of images.
        label: the column of labels: a `ClassLabel`, names or numbers.

    Raises:
        DataError: it is no such folder, lacks a column, or has other splits.
    """
    try:
        found = datasets.load_from_disk(folder)
    except (ValueError, OSError) as error:
        raise DataError(f"{folder}: cannot be read as saved by save_to_disk: {error}") from error
    parts = found if isinstance(found, datasets.DatasetDict) else {"train": found}
    for part, table in parts.items():
        split = read_split(part)
        if split is None:
            raise DataError(f"{folder}: split {part!r}: expected {EXPECTED}")
        for name, key in ((image, "image"), (label, "label")):
            find_column(folder, table.column_names, key, name)
        kind = table.features[label]
        name_class = kind.int2str if isinstance(kind, datasets.ClassLabel) else str
        if isinstance(table.features[image], datasets.Image):
            table = table.cast_column(image, datasets.Image(decode=False))
        for row, value in enumerate(table[label]):
            if value is None or value == -1:
                raise DataError(f"{folder}: {part}, row {row}: no label")
            read = partial(read_row, table, row, image, f"{folder}: {part}, row {row}")
            yield Item(f"{part}/{row:08}.image", name_class(value), split, read)


def read_row(table: datasets.Dataset, row: int, image: str, place: str) -> bytes:
    """Read the content of an image file from a row."""
    return read_content(place, table[row][image])
