"""A run's folder, in which one process trains at a time."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from selfstudy.errors import ConfigurationError, DataError
from selfstudy.locks import HeldError, Lock

LOCK = ".lock"


@contextmanager
def hold(folder: Path, begin: Callable[[], object] = lambda: None) -> Iterator[Lock]:
    """Hold a run's folder, until the block or this process ends, however it ends.

    Args:
        folder: of the run.
        begin: is called first, when it is held.

    Raises:
        ConfigurationError: another process holds it.
        DataError: that cannot be told, or there can be no such folder.
    """
    new = not folder.exists()
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise DataError(f"{folder}: cannot be made: {error.strerror}") from error
    lock = Lock(folder / LOCK)
    try:
        lock.acquire(timeout=1)  # a moment, in which somebody may look whether it is held
    except HeldError as error:
        raise ConfigurationError(
            f"{folder}: another process is training here ({error}): wait for it, or stop it; if "
            f"there is none, remove that file"
        ) from error
    try:
        begin()
        yield lock
    finally:
        lock.release()
        if new:
            with suppress(OSError):  # something was made
                folder.rmdir()
