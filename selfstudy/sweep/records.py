"""What is remembered from one run of the workflow to the next, beside Snakemake's own records."""

import json
import os
import re
from collections.abc import Iterable, Iterator
from glob import iglob
from pathlib import Path

from selfstudy.files import write_whole

FOLDER = Path(".snakemake/selfstudy")
OWN_FILES, TIMES = FOLDER / "own_files.json", FOLDER / "times.json"
KEPT_TIME = 10**18  # nanoseconds, in 2001: the time of every record, unless it is a copy's


def read_record(path: Path) -> dict:
    """Read a record; an empty one where there is none, or a damaged one."""
    try:
        record = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return record if isinstance(record, dict) else {}


def write_record(path: Path, record: dict) -> None:
    """Write a record.

    Raises:
        DataError: it cannot be written.
    """
    with write_whole(path) as temporary:
        temporary.write_text(json.dumps(record, indent=0), encoding="utf-8")
        os.utime(temporary, ns=(KEPT_TIME, KEPT_TIME))


def is_kept(path: Path) -> bool:
    """Tell whether the project of a record has kept its times: a copy by `cp -r` has not."""
    return path.stat().st_mtime_ns == KEPT_TIME


def find_files(patterns: Iterable[str]) -> Iterator[str]:
    """Find the files that fit patterns with Snakemake's wildcards, none of which holds a slash."""
    for pattern in patterns:
        yield from iglob(re.sub(r"\{[^{}]*\}", "*", str(pattern)))
