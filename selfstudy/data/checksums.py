"""Checksums of what is read row by row, by which damage is noticed.

`{name}_crc32` (n,) holds the CRC-32 of the bytes of each row of the dataset `name`, of which HDF5
keeps no checksums: images, which several processes write, and encoded ones, which differ in length.
What is read whole has HDF5's own, Fletcher-32.
"""

from collections.abc import Iterable

import h5py
import numpy as np
from isal import isal_zlib

from selfstudy.errors import DataError, join_lines, list_rows

SUFFIX = "_crc32"
CHECKSUM = 4  # bytes
RESERVE = 2**23  # bytes that HDF5 may hold back, and its metadata
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
        reason = join_lines(error)
        raise DataError(f"{file.filename}: damaged: {name!r}: {reason}") from error


def read_checksums(file: h5py.File, name: str, rows: np.ndarray) -> np.ndarray | None:
    """Read the checksums of sorted `rows` (m,) of the dataset `name`; None in a file without any.

    Raises:
        DataError: there is something else in their place, or they are damaged.
    """
    if name + SUFFIX not in file:
        return None
    found = file[name + SUFFIX]
    if found.shape != file[name].shape[:1] or found.dtype != np.uint32:
        raise DataError(f"{file.filename}: {name + SUFFIX!r}: expected a checksum for each row")
    if not len(rows):
        return np.empty(0, np.uint32)
    return found[rows[0] : rows[-1] + 1][rows - rows[0]]


def verify_rows(
    file: h5py.File,
    name: str,
    rows: np.ndarray,
    values: Iterable[np.ndarray | bytes],
    checksums: np.ndarray,
) -> None:
    """Require that `values`, read from `rows` (m,) of the dataset `name`, agree with `checksums`.

    Raises:
        DataError: they do not; it names the file and the rows.
    """
    wrong = rows[checksum_rows(values) != checksums]
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
