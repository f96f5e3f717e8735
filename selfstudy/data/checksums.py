"""Checksums of what is read row by row, by which damage is noticed.

`{name}_crc32` (n,) holds the CRC-32 of the bytes of each row of the dataset `name`, of which HDF5
keeps no checksums: images, which several processes write, and encoded ones, which differ in length.
What is read whole has HDF5's own, Fletcher-32.
"""

from collections.abc import Iterable

import h5py
import numpy as np
from isal import isal_zlib

from selfstudy.errors import DataError, list_rows

SUFFIX = "_crc32"
CHECKSUM = 4  # bytes
# The first HDF5 format with checksums of all that describes the data.
FORMAT = "v110"


def checksum_rows(rows: Iterable[np.ndarray | bytes]) -> np.ndarray:
    """Compute the checksums (n,) uint32 of rows, contiguous in memory."""
    return np.array([isal_zlib.crc32(row) for row in rows], np.uint32)


def write_checksums(file: h5py.File, name: str, checksums: np.ndarray) -> None:
    """Write the checksums (n,) uint32 of the dataset `name`."""
    file.create_dataset(name + SUFFIX, data=checksums, fletcher32=True)


def read_whole(file: h5py.File, name: str) -> np.ndarray:
    """Read a dataset whole, which HDF5 verifies.

    Raises:
        DataError: it is damaged; it names the file and the dataset.
    """
    try:
        return file[name][()]
    except OSError as error:
        reason = " ".join(str(error).split())
        raise DataError(f"{file.filename}: damaged: {name!r}: {reason}") from error


def read_checksums(file: h5py.File, name: str) -> h5py.Dataset | None:
    """Find the checksums of the dataset `name`; None in a file that has none.

    Raises:
        DataError: there is something else in their place.
    """
    if name + SUFFIX not in file:
        return None
    found = file[name + SUFFIX]
    if found.shape != file[name].shape[:1] or found.dtype != np.uint32:
        raise DataError(f"{file.filename}: {name + SUFFIX!r}: expected a checksum for each row")
    return found


def verify_rows(
    file: h5py.File, name: str, rows: np.ndarray, values: Iterable[np.ndarray | bytes]
) -> None:
    """Require that `values` are what was written to sorted `rows` (m,) of the dataset `name`.

    A file that has no checksums of them is believed.

    Raises:
        DataError: they are not; it names the file and the rows.
    """
    checksums = read_checksums(file, name)
    if checksums is None or not len(rows):
        return
    first = rows[0]
    expected = checksums[first : rows[-1] + 1][rows - first]
    wrong = rows[checksum_rows(values) != expected]
    if len(wrong):
        raise DataError(
            f"{file.filename}: damaged: {name!r} and its checksums do not agree in "
            f"{list_rows(wrong)}"
        )


def require_finite(file: h5py.File, name: str, rows: np.ndarray, values: np.ndarray) -> None:
    """Require that floats, at `rows` (m,) of the dataset `name`, are finite.

    Raises:
        DataError: they are not; it names the file and the rows.
    """
    if values.dtype.kind != "f":
        return
    # Several times as fast as `np.isfinite` of float16: all bits of the exponent are set.
    bits = values.view(values.dtype.str.replace("f", "u"))
    exponent = np.array(np.inf, values.dtype).view(bits.dtype)
    if ((bits & exponent) == exponent).any():
        wrong = rows[~np.isfinite(values).all(axis=tuple(range(1, values.ndim)))]
        raise DataError(f"{file.filename}: {name!r} is not finite in {list_rows(wrong)}")
