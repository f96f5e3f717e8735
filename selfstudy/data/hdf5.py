"""Opening HDF5 files with errors that name the file."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import h5py

from selfstudy.errors import DataError


@contextmanager
def open_hdf5(path: str | Path) -> Iterator[h5py.File]:
    """Open an HDF5 file for reading.

    Raises:
        DataError: it is missing or damaged, also where the damage shows only inside the block.
    """
    if not Path(path).is_file():
        raise DataError(f"{path}: there is no such file")
    try:
        # Not locked: it was put there whole, and many file systems have no locks.
        with h5py.File(path, "r", locking=False) as file:
            yield file
    except (OSError, RuntimeError, KeyError) as error:
        raise _damage_error(path, error) from error


@contextmanager
def report_damage(path: str | Path) -> Iterator[None]:
    """Name the file in whatever error the reads of an open file end in.

    Raises:
        DataError: something in the file is of another kind than it should be.
    """
    try:
        yield
    except DataError:
        raise
    except Exception as error:
        raise _damage_error(path, error) from error


def _damage_error(path: str | Path, error: Exception) -> DataError:
    return DataError(
        f"{path}: damaged, or not an HDF5 file of its kind: {' '.join(str(error).split())}"
    )
