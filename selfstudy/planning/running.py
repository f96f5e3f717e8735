"""A sweep run on this machine: one bar on the terminal, and all that is printed in a file."""

import logging
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from snakemake import cli
from snakemake.logging import logger
from snakemake_interface_logger_plugins.common import LogEvent
from tqdm import tqdm

from selfstudy.provenance import PACKAGE


class Watcher(logging.Filter):
    """Tells a bar of what Snakemake says in records, and lets all of them pass.

    Snakemake removes handlers that it did not make, not filters.

    Args:
        terminal: of the bar.
        log: that Snakemake writes to.
    """

    def __init__(self, terminal: TextIO, log: TextIO) -> None:
        super().__init__()
        self.bar = tqdm(file=terminal, unit="job", disable=None, dynamic_ncols=True)
        self.terminal, self.log = terminal, log
        self.error: int | None = None  # where the log begins to tell of the first

    def filter(self, record: logging.LogRecord) -> bool:
        """Move the bar."""
        event = getattr(record, "event", None)
        if event == LogEvent.RUN_INFO and self.bar.total is None:
            self.begin(record.stats)
        elif event == LogEvent.PROGRESS:
            self.bar.total, self.bar.n = record.total, record.done
            self.bar.refresh()
        elif event == LogEvent.JOB_INFO:
            self.bar.set_description(record.rule_name)
        if record.levelno >= logging.ERROR and self.error is None:
            self.error = os.fstat(self.log.fileno()).st_size
        return True

    def begin(self, jobs: dict[str, int]) -> None:
        """Say how many jobs of each rule there are."""
        counts = {rule: count for rule, count in jobs.items() if rule not in ("all", "total")}
        said = ", ".join(f"{count} {rule}" for rule, count in counts.items())
        tqdm.write(f"jobs: {said}", file=self.terminal)
        self.bar.total = jobs["total"]
        self.bar.refresh()


def run_sweep(configfile: Path, log: Path) -> int:
    """Run a sweep by Snakemake, on all processors.

    Args:
        configfile: the sweep.
        log: where all goes that Snakemake and its jobs print; where it fails, that is shown from
            the first error on.

    Returns:
        Snakemake's exit code.
    """
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("w+", encoding="utf-8") as file:
        with divert_output(file) as terminal:
            watcher = Watcher(terminal, file)
            logger.addFilter(watcher)
            try:
                cli.main(
                    [f"--snakefile={PACKAGE.parent / 'Snakefile'}", f"--configfile={configfile}"]
                )
            except SystemExit as end:
                code = int(end.code or 0)
            finally:
                logger.removeFilter(watcher)
                watcher.bar.close()
        if code:
            file.seek(watcher.error or 0)
            print(file.read(), file=sys.stderr)
    return code


@contextmanager
def divert_output(file: TextIO) -> Iterator[TextIO]:
    """Write what this process and its children print to a file; yield what was standard error."""
    kept = [os.dup(number) for number in (1, 2)]
    try:
        sys.stdout.flush()
        for number in (1, 2):
            os.dup2(file.fileno(), number)
        with os.fdopen(os.dup(kept[1]), "w", encoding="utf-8") as terminal:
            yield terminal
    finally:
        for stream in (sys.stdout, sys.stderr):
            stream.flush()
        for number, place in zip((1, 2), kept, strict=True):
            os.dup2(place, number)
            os.close(place)
