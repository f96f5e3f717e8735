"""Outputs appear whole or not at all."""

import errno
import os
import shutil
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from selfstudy.errors import DataError


@contextmanager
def write_whole(path: str | Path, needs: int = 0) -> Iterator[Path]:
    """Yield a temporary name beside `path`; rename it to `path` if the block succeeds.

    Args:
        path: what to write.
        needs: bytes that must be free before anything is written. HDF5 should know: it may bring
            the process down when it meets a full disk.

    Raises:
        DataError: the disk is full, or `path`, which is named, cannot be written.
    """
    path = Path(path)
    temporary = path.with_name(f".{path.name}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        require_space(path, needs)
        yield temporary
        temporary.replace(path)
    except OSError as error:
        reason = "no space left on the disk" if is_full(error) else (error.strerror or str(error))
        raise DataError(f"{path}: cannot be written: {reason}") from error
    finally:
        temporary.unlink(missing_ok=True)


def require_space(path: Path, needs: int) -> None:
    """Raise OSError unless so many bytes are free where `path` lies."""
    if needs > shutil.disk_usage(path.parent).free:
        raise OSError(errno.ENOSPC, "no space")


def is_full(error: OSError) -> bool:
    """Tell whether the disk is full. HDF5 puts the system's error into the text only."""
    return error.errno in (errno.ENOSPC, errno.EDQUOT) or "errno = 28" in str(error)


def require_file(path: str | Path) -> None:
    """Raise OSError if this is a pipe, a device or the like, which may never end."""
    mode = os.stat(path).st_mode
    if not (stat.S_ISREG(mode) or stat.S_ISDIR(mode)):
        raise OSError(errno.EINVAL, "a pipe, a device or a socket, no file", str(path))
