"""Outputs appear whole or not at all."""

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from selfstudy.errors import DataError


@contextmanager
def written_whole(path: str | Path) -> Iterator[Path]:
    """Yield a temporary name beside `path`; rename it to `path` if the block succeeds.

    Raises DataError, naming `path`, when the disk is full or the place cannot be written.
    """
    path = Path(path)
    temporary = path.with_name(f".{path.name}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        yield temporary
        temporary.replace(path)
    except OSError as error:
        reason = "no space left on the disk" if is_full(error) else (error.strerror or str(error))
        raise DataError(f"{path}: cannot be written: {reason}") from error
    finally:
        temporary.unlink(missing_ok=True)


def is_full(error: OSError) -> bool:
    """Whether the disk is full. HDF5 puts the system's error into the text only."""
    return error.errno in (errno.ENOSPC, errno.EDQUOT) or "errno = 28" in str(error)
