"""Who holds a lock: a process, and how to tell whether it is still there."""

import json
import os
import secrets
import socket
from dataclasses import dataclass
from pathlib import Path
from typing import Self

SIZE = 4096  # bytes, more than a record has


@dataclass(frozen=True)
class Holder:
    """A process, wherever it runs.

    Attributes:
        host: its host's name.
        pid: its number.
        place: where numbers of processes mean the same.
        started: when it started, because numbers come again; empty where that is not known.
        token: tells this hold from others of the same process.
    """

    host: str
    pid: int
    place: str
    started: str
    token: str

    @classmethod
    def make(cls) -> Self:
        """Describe this process, as the holder of something."""
        pid = os.getpid()
        return cls(socket.gethostname(), pid, find_place(), find_start(pid), secrets.token_hex(8))

    def __str__(self) -> str:
        return f"process {self.pid} on {self.host}"

    @property
    def is_here(self) -> bool:
        """Whether it can be looked for."""
        return self.place == find_place()

    @property
    def is_gone(self) -> bool:
        """Whether it was here, and is no more."""
        if not self.is_here:
            return False
        found = find_start(self.pid)
        return found is None or bool(found and self.started and found != self.started)


UNKNOWN = Holder("a host unknown", 0, "", "", "")


def find_place() -> str:
    """Name the space of process numbers: a host since it was started, and a container's own."""
    host = socket.gethostname()
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
        return f"{host} {boot} {os.stat('/proc/self/ns/pid').st_ino}"
    except OSError:
        return host


def find_start(pid: int) -> str | None:
    """Tell when a process of this place started: None if there is none, empty if unknown."""
    try:
        os.kill(pid, 0)
    except (ProcessLookupError, OverflowError):
        return None
    except PermissionError:  # another user's
        pass
    try:
        state, *fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except (OSError, ValueError):
        return ""
    return None if state in "ZX" else fields[18]


def read_holder(file: int) -> Holder | None:
    """Read who wrote a lock's file; nothing where that is not said."""
    try:
        found = Holder(**json.loads(os.pread(file, SIZE, 0)))
    except (ValueError, TypeError):
        return None
    return found if isinstance(found.pid, int) else None
