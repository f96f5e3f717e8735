"""Opening HDF5 files with errors that name the file."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import h5py

from selfstudy.errors import DataError, join_lines


@contextmanager
def open_hdf5(path: str | Path) -> Iterator[h5py.File]:
    """Open an HDF5 file for reading.

    Raises:
        DataError: it is missing, damaged, also where the damage shows only inside the block, or
            refers to something outside itself.
    """
    if not Path(path).is_file():
        raise DataError(f"{path}: there is no such file")
    try:
        # Not locked: it was put there whole, and many file systems have no locks.
        with h5py.File(path, "r", locking=False) as file:
            with report_damage(path):
                require_whole(file, path)
            yield file
    except (OSError, RuntimeError, KeyError) as error:
        raise _damage_error(path, error) from error


def require_whole(group: h5py.Group, path: str | Path) -> None:
    """Require that all in a group, and in the groups in it, lies in its own file.

    What someone brings along may not make this program read their other files.

    Raises:
        DataError: there is a link, or a dataset that lies elsewhere.
    """
    for name in group:
        link = group.get(name, getlink=True)
        if not isinstance(link, h5py.HardLink):
            raise DataError(f"{path}: {name!r}: expected data in the file itself, found a link")
        found = group[name]
        if isinstance(found, h5py.Dataset) and (found.is_virtual or found.external):
            raise DataError(
                f"{path}: {name!r}: expected data in the file itself, found some of other files"
            )
        if isinstance(found, h5py.Group) and isinstance(group, h5py.File):
            require_whole(found, path)


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
    return DataError(f"{path}: damaged, or not an HDF5 file of its kind: {join_lines(error)}")
