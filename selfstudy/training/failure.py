"""What a run failed of: it stands in its folder until the run is started again."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from selfstudy.errors import InterruptionError

FAILURE = "failed.txt"


@contextmanager
def explain_failure(folder: Path) -> Iterator[None]:
    """Leave in a run's folder what it failed of; nothing of a request to stop."""
    path = folder / FAILURE
    path.unlink(missing_ok=True)
    try:
        yield
    except InterruptionError:
        raise
    except Exception as error:
        with suppress(OSError):  # the disk may be full
            path.write_text(f"{type(error).__name__}: {error}\n", encoding="utf-8")
        raise


def read_failure(folder: Path) -> str:
    """Read what a run failed of, in one line; nothing of one that did not."""
    try:
        return " ".join((folder / FAILURE).read_text(encoding="utf-8").split())
    except (OSError, ValueError):
        return ""
