"""Outputs appear whole or not at all."""

import errno
import hashlib
import os
import re
import shutil
import stat
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from selfstudy.errors import DataError, is_out_of_memory, join_lines
from selfstudy.holders import find_place, find_start

DAY = 24 * 60 * 60  # seconds


@contextmanager
def write_whole(path: str | Path, needs: int = 0) -> Iterator[Path]:
    """Yield a temporary name beside `path`; rename it to `path` if the block succeeds.

    The name is this process's own: another one may write the same at the same time. What such
    processes left that were killed is removed.

    Args:
        path: what to write.
        needs: bytes that must be free before anything is written. HDF5 should know: it may bring
            the process down when it meets a full disk.

    Raises:
        DataError: the disk is full, or `path`, which is named, cannot be written.
    """
    path = Path(path)
    temporary = path.with_name(f".{path.name}.{name_place()}.{os.getpid()}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        remove_left(path)
        require_space(path, needs)
        yield temporary
        temporary.replace(path)
    except OSError as error:
        reason = "no space left on the disk" if is_full(error) else (error.strerror or str(error))
        raise DataError(f"{path}: cannot be written: {reason}") from error
    finally:
        temporary.unlink(missing_ok=True)


def name_place() -> str:
    """Name where processes are numbered as here, in few letters."""
    return hashlib.sha256(find_place().encode()).hexdigest()[:8]


def remove_left(path: Path) -> None:
    """Remove what processes left that were killed over writing `path`, or seem so for a day."""
    part = re.compile(rf"\.{re.escape(path.name)}\.(\w+)\.(\d+)\.part")
    here = name_place()
    with os.scandir(path.parent) as entries:
        for entry in entries:
            if found := part.fullmatch(entry.name):
                with suppress(FileNotFoundError):  # it is done
                    gone = found[1] == here and find_start(int(found[2])) is None
                    if gone or time.time() - entry.stat().st_mtime > DAY:
                        os.unlink(entry)


def explain_shortage(error: Exception) -> str | None:
    """Say in a line what the machine has too little of, if an error is about that."""
    if isinstance(error, OSError) and is_full(error):
        return f"error: no space left on the disk: {error}"
    if is_out_of_memory(error):
        return f"error: not enough memory: {join_lines(error)}"
    return None


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
