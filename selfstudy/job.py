"""What every job of the workflow does around its work: a log, its threads, errors in one line."""

import logging
import os
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext

from tqdm import tqdm

from selfstudy.devices import take_gpu
from selfstudy.errors import SelfstudyError, format_error
from selfstudy.files import explain_shortage

log = logging.getLogger("selfstudy")


class LogFile(logging.FileHandler):
    """A log file, of which a full disk takes the end without a word: others say what is full."""

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 (logging names it so)
        """Report whatever else is wrong with a record."""
        if not isinstance(sys.exception(), OSError):
            super().handleError(record)


@contextmanager
def run_job(logfile: str, threads: int, runs_per_gpu: int = 0) -> Iterator[None]:
    """Log to `logfile`, compute on `threads` processors, and end on an error of ours with its line.

    Where `runs_per_gpu` is not 0, take a free GPU, if there are any, with so many jobs on each.

    Must be entered before PyTorch is imported, which reads the number of threads then.

    Args:
        logfile: what is logged is written here anew.
        threads: processors that libraries compute on.
        runs_per_gpu: jobs that share a GPU; 0: the work needs none.
    """
    os.environ["OMP_NUM_THREADS"] = str(threads)
    try:
        logging.basicConfig(
            handlers=[LogFile(logfile, "w")],
            level=logging.WARNING,
            format="%(asctime)s %(message)s",
        )
        log.setLevel(logging.INFO)
        logging.captureWarnings(True)
        warnings.simplefilter("default")
        with take_gpu(runs_per_gpu) if runs_per_gpu else nullcontext():
            yield
    except SelfstudyError as error:
        log.error(format_error(error))
        print(format_error(error), file=sys.stderr)
        sys.exit(error.exit_code)
    except Exception as error:
        if not (line := explain_shortage(error)):
            log.exception("unexpected error")
            raise
        log.error(line)
        sys.exit(line)


def show_progress(total: int | None, unit: str, label: str) -> tqdm:
    """Make a progress bar, which shows on terminals only."""
    return tqdm(total=total, unit=unit, desc=label, disable=None, leave=False)
