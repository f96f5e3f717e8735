"""Locks between processes: of one host, or of several that share a folder.

A lock is a file that says who holds it. Where the file system has `flock`, that holds it as well,
and the system lets go of it when the process dies. Many file systems of clusters have none, or one
that other hosts do not see. So the holder touches its file every BEAT seconds, and one elsewhere
that has not done so for LEASE seconds is gone; one on this host is gone when its process is. Clocks
of hosts have to agree within a minute.
"""

import errno
import fcntl
import json
import logging
import math
import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict
from functools import cache
from pathlib import Path
from typing import Self

from selfstudy.errors import ConfigurationError, DataError, InterruptionError
from selfstudy.holders import UNKNOWN, Holder, read_holder

BEAT, LEASE = 15, 120  # seconds
SETTLE = 1  # seconds in which all who take over a lock at a time have written their names
POLL = 0.05  # seconds until a lock is tried again
log = logging.getLogger("selfstudy")


class HeldError(ConfigurationError):
    """A lock that another process holds."""


class Lock:
    """A lock, which one process holds at a time.

    Args:
        path: of its file, which is there while the lock is held.
    """

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        self._holder: Holder | None = None  # this process, while it holds the lock
        self._file = -1
        self._released = threading.Event()

    def __enter__(self) -> Self:
        self.acquire()
        return self

    def __exit__(self, *error: object) -> None:
        self.release()

    def acquire(self, timeout: float = math.inf) -> None:
        """Take the lock; wait for it if need be.

        Whether a holder elsewhere is gone shows in time, and is waited for, however long `timeout`
        is.

        Args:
            timeout: seconds until a holder that is alive is waited for no longer.

        Raises:
            HeldError: another process holds it.
            DataError: its file cannot be written.
        """
        begun, first = time.monotonic(), None
        while not self.take():
            with self._explain():
                found = self._read()
            waited = time.monotonic() - begun
            if waited > timeout and found:
                holder, _ = found
                doubtful = not holder.is_here and holder is not UNKNOWN and waited < LEASE + BEAT
                if first is None and doubtful:
                    log.warning(
                        "%s: held by %s: waiting to see whether that is alive", self.path, holder
                    )
                first = first or found
                if not doubtful or first != found:
                    raise HeldError(f"{self.path}: held by {holder}")
            time.sleep(POLL)

    def take(self) -> bool:
        """Take the lock if nobody holds it; tell whether it is taken.

        Raises:
            DataError: its file cannot be written.
        """
        if self.find_holder():
            return False
        with self._explain():
            holder = Holder.make()
            temporary = self.path.with_name(f"{self.path.name}.{holder.pid}.{holder.token}")
            file = os.open(temporary, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o666)
            taken = False
            try:
                record = json.dumps(asdict(holder)).encode()
                if os.write(file, record) < len(record):
                    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
                try_flock(file, self.path.parent)
                taken = self._publish(temporary, holder)
            finally:
                temporary.unlink(missing_ok=True)
                if not taken:
                    self._drop(holder, file)  # if it was interrupted
        if taken:
            self._holder, self._file, self._released = holder, file, threading.Event()
            threading.Thread(target=self._show, args=(holder, self._released), daemon=True).start()
        return taken

    def release(self) -> None:
        """Let go of the lock."""
        self._released.set()
        holder, self._holder = self._holder, None
        self._drop(holder, self._file)

    def check(self) -> None:
        """Raise InterruptionError if another process has taken the lock from this one."""
        with suppress(OSError):  # it may be there again
            if not self._is_of(self._holder):
                found = self._read()
                who = found[0] if found else "somebody"
                raise InterruptionError(
                    f"{self.path}: taken over by {who}, as if this process were gone"
                )

    def find_holder(self) -> Holder | None:
        """Find who holds the lock, as far as can be seen from here.

        Raises:
            DataError: its file cannot be read.
        """
        with self._explain(), self._open(os.O_RDONLY) as file:
            if file is None:
                return None
            return inspect(file, try_flock(file, self.path.parent, fcntl.LOCK_SH))

    def _publish(self, temporary: Path, holder: Holder) -> bool:
        """Put a file in the lock's place, if that is free."""
        try:
            os.link(temporary, self.path)
            return True
        except FileExistsError:
            if self._is_of(holder):  # a network's second answer
                return True
        except OSError:  # there are no links
            if not self.path.exists():
                return self._replace(temporary, holder)
        with self._seize() as seized:
            if seized is None:
                return False
            if seized:
                temporary.replace(self.path)
                return True
        return self._replace(temporary, holder)

    def _replace(self, temporary: Path, holder: Holder) -> bool:
        """Put a file in the lock's place, which others may do at this time: the last one has it."""
        temporary.replace(self.path)
        time.sleep(SETTLE)
        return self._is_of(holder)

    @contextmanager
    def _seize(self) -> Iterator[bool | None]:
        """Give whether nobody else can take over what is left of a holder now; None: it is held."""
        with self._open(os.O_RDWR) as file:
            if file is None:  # just let go of
                yield None
                return
            flocked = try_flock(file, self.path.parent)
            held = inspect(file, flocked) or not is_at(file, self.path)
            left = read_holder(file)
            yield None if held else bool(flocked) and (left is None or left.is_here)

    def _read(self) -> tuple[Holder, float] | None:
        """Read who holds the lock, and when that was last seen."""
        with self._open(os.O_RDONLY) as file:
            if file is None:
                return None
            return read_holder(file) or UNKNOWN, os.fstat(file).st_mtime

    def _drop(self, holder: Holder | None, file: int) -> None:
        with suppress(OSError):
            if self._is_of(holder):
                self.path.unlink()
        os.close(file)

    def _is_of(self, holder: Holder | None) -> bool:
        found = self._read()
        return found is not None and found[0] == holder

    def _show(self, holder: Holder, released: threading.Event) -> None:
        """Show that this process is alive, until it lets go."""
        while not released.wait(BEAT):
            with suppress(OSError):
                if self._is_of(holder):
                    os.utime(self.path)

    @contextmanager
    def _open(self, flags: int) -> Iterator[int | None]:
        """Open the lock's file: a descriptor, or None if there is none."""
        try:
            file = os.open(self.path, flags | os.O_NONBLOCK | os.O_CLOEXEC)
        except FileNotFoundError:
            yield None
            return
        try:
            yield file
        finally:
            os.close(file)

    @contextmanager
    def _explain(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise DataError(
                f"{self.path}: cannot be opened or written, to tell who works here: "
                f"{error.strerror}"
            ) from error


def inspect(file: int, flocked: bool | None) -> Holder | None:
    """Tell from a lock's open file who holds it.

    Args:
        file: its descriptor.
        flocked: whether `flock` could hold it; None: there is none.
    """
    found = read_holder(file)
    if flocked is False:
        return found or UNKNOWN
    if found is None or found.is_gone:
        return None
    quiet = time.time() - os.fstat(file).st_mtime
    return found if found.is_here or quiet < LEASE else None


def is_at(file: int, path: Path) -> bool:
    """Whether an open file is still the one at a path."""
    try:
        return os.path.samestat(os.fstat(file), path.stat())
    except FileNotFoundError:
        return False


def try_flock(file: int, folder: Path, kind: int = fcntl.LOCK_EX) -> bool | None:
    """Lock an open file; tell whether it is locked, or None where the file system cannot."""
    try:
        fcntl.flock(file, kind | fcntl.LOCK_NB)
    except (BlockingIOError, PermissionError):
        return False
    except OSError as error:
        note_missing(folder, error.strerror)
        return None
    return True


@cache
def note_missing(folder: Path, reason: str) -> None:
    """Log, once, that a file system has no locks of its own."""
    log.info(
        "%s: its file system cannot lock files (%s): who works there is told by files alone",
        folder,
        reason,
    )
