"""Times of what the workflow has made, by which Snakemake tells what is to be made again.

`cp -r` gives a copy's files new times, in the order of copying: everything would be made again that
happens to be older than what it is made of, and what is truly out of date may happen to look new.
So it is recorded which time each file had with which contents; where the contents are the same, a
copy's files are given these times back, and what was to be made again in the first place is so in
the copy. Files that arrived with old times, as `rsync -a` gives them, and are others than those
recorded, are given the present one, so that they are noticed.
"""

import os
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from selfstudy.data.survey import UNREADABLE, hash_each
from selfstudy.errors import DataError
from selfstudy.sweep.records import is_kept, read_record, write_record

MUCH = 10**9  # bytes, which take seconds


class Made(NamedTuple):
    """What is recorded of a file."""

    size: int  # in bytes
    time: int  # nanoseconds
    contents: str  # their hash


class Times:
    """The record of times.

    Args:
        record: its file.
        say: is told what takes long.
    """

    def __init__(self, record: Path, say: Callable[[str], object]) -> None:
        self.record, self.say = record, say

    def put_right(self) -> None:
        """Put right the times that say nothing of when a file was made."""
        known = self._read()
        if not known:
            return
        kept = is_kept(self.record)
        doubtful = {}
        for path, before in known.items():
            with suppress(OSError):
                about = os.stat(path)
                same = (about.st_size, about.st_mtime_ns) == (before.size, before.time)
                # What is newer than recorded was made again, or touched.
                if not same and not (kept and about.st_mtime_ns > before.time):
                    doubtful[path] = about
        if doubtful:
            self.say(f"Other times than recorded: comparing what {len(doubtful)} files contain.")
        for (path, about), contents in zip(doubtful.items(), hash_each(doubtful), strict=True):
            same = contents == known[path].contents
            with suppress(OSError):  # another's files
                made = known[path].time if same else time.time_ns()
                os.utime(path, ns=(about.st_atime_ns, made))
                if same:  # as exactly as times are here
                    known[path] = known[path]._replace(time=os.stat(path).st_mtime_ns)
        if doubtful or not kept:
            self._write(known)

    def keep(self, paths: Iterable[str]) -> None:
        """Record the times and contents of these files, as far as they are there."""
        known = {path: before for path, before in self._read().items() if os.path.exists(path)}
        new = {}
        for path in paths:
            with suppress(OSError):
                about = os.stat(path)
                if known.get(path, ())[:2] != (about.st_size, about.st_mtime_ns):
                    new[path] = about
        if sum(about.st_size for about in new.values()) > MUCH:
            self.say(f"Recording what {len(new)} files contain.")
        for (path, about), contents in zip(new.items(), hash_each(new), strict=True):
            known.pop(path, None)
            with suppress(OSError):
                if os.stat(path).st_mtime_ns == about.st_mtime_ns and contents != UNREADABLE:
                    known[path] = Made(about.st_size, about.st_mtime_ns, contents)
        self._write(known)

    def _read(self) -> dict[str, Made]:
        return {path: Made(*about) for path, about in read_record(self.record).items()}

    def _write(self, known: dict[str, Made]) -> None:
        with suppress(DataError):  # no place for it, or another's: it is compared again
            write_record(self.record, known)
