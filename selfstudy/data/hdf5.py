"""Opening HDF5 files with errors that name the file."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import h5py

from selfstudy.errors import DataError


@contextmanager
def opened(path: str | Path) -> Iterator[h5py.File]:
    """An HDF5 file open for reading.

    Raises DataError if it is missing or damaged, also where the damage shows only later.
    """
    if not Path(path).is_file():
        raise DataError(f"{path}: there is no such file")
    with reading(path), h5py.File(path, "r") as file:
        yield file


@contextmanager
def reading(path: str | Path) -> Iterator[None]:
    """Turn HDF5's errors into a DataError that names `path`: where several files are open, around
    each one's reads.
    """
    try:
        yield
    except (OSError, RuntimeError, KeyError) as error:
        raise DataError(f"{path}: damaged, or not an HDF5 file: {error}") from error
