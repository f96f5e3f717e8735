"""What readers of collections give."""

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import NamedTuple, Protocol

from selfstudy.data.labels import EXPECTED, read_split
from selfstudy.errors import DataError


class Item(NamedTuple):
    """A labelled image.

    Attributes:
        name: by which messages call it; as a file's, without blanks and leading dots.
        label: its class.
        split: "train", "valid" or "test".
        read: gives the content of an image file.
    """

    name: str
    label: str
    split: str
    read: Callable[[], bytes]


class Items(Protocol):
    """Opens a collection.

    Each module here has one, `open_items`, which is given the folder and what else the
    configuration says.
    """

    def __call__(self, folder: str, **settings: str) -> Iterator[Item]:
        """List the images of a collection, with their labels and splits."""


def assign_split_names(place: str | Path, names: Iterable[str]) -> dict[str, str]:
    """Assign splits to parts of a collection by what stands before `-`, `_` or `.` in their names.

    Args:
        place: of the collection.
        names: of the parts, such as `train-00000-of-00002.parquet`.

    Returns:
        The split of each part: "train" of all where no name begins with one.

    Raises:
        DataError: some do, and others do not, or none of them trains.
    """
    names = list(names)
    starts = {name: name.replace("_", "-").replace(".", "-").partition("-")[0] for name in names}
    splits = {name: read_split(start) for name, start in starts.items()}
    if not any(splits.values()):
        return dict.fromkeys(names, "train")
    for name, split in splits.items():
        if split is None:
            raise DataError(f"{place}: {name}: expected a name that begins with {EXPECTED}")
    if "train" not in splits.values():
        raise DataError(f"{place}: expected a part 'train' beside {names[0]!r}")
    return splits


def list_parts(folder: str, ending: str) -> list[Path]:
    """List the files of a collection, sorted.

    Raises:
        DataError: there are none.
    """
    found = sorted(Path(folder).rglob(f"*{ending}"))
    if not found:
        raise DataError(f"{folder}: no {ending} files in it")
    return found


def name_part(folder: str, path: Path) -> str:
    """Name a file of a collection by where it lies in the folder, without its ending."""
    return path.relative_to(folder).with_suffix("").as_posix()


def find_column(place: str | Path, columns: Iterable[str], key: str, name: str) -> None:
    """Raise DataError unless a column is there; it names the key that says which it is."""
    if name not in columns:
        raise DataError(f"{place}: no column {name!r}: expected {key}: one of {', '.join(columns)}")


def read_content(place: str, value: object) -> bytes:
    """Read the content of an image file from a cell of a table: bytes, or `bytes` and a `path`.

    Raises:
        DataError: it is neither.
    """
    if isinstance(value, dict):
        value = value.get("bytes") or (value.get("path") and Path(value["path"]).read_bytes())
    if not isinstance(value, bytes):
        raise DataError(f"{place}: expected the content of an image file, found {type(value)}")
    return value
