"""What goes wrong for a user's reason: one line that names the thing and what was expected."""

from collections.abc import Iterable, Mapping, Sequence
from difflib import get_close_matches
from typing import TypeVar

ROWS = 5  # that a message lists
# Of the CPU; of CUDA, whether at a call or at a later one; of cuBLAS and cuDNN.
OUT_OF_MEMORY = ("DefaultCPUAllocator", "CUDA error: out of memory", "STATUS_ALLOC_FAILED")
T = TypeVar("T")


class SelfstudyError(Exception):
    """Base of all errors that are reported without a traceback."""

    exit_code = 1


class ConfigurationError(SelfstudyError):
    """A key, a binding or a name that the project does not know, or a value out of range."""


class DataError(SelfstudyError):
    """A file that is missing, damaged, full of something else, or cannot be written."""


class UnlabelledError(DataError):
    """A dataset that has not what a task is to learn."""


class TrainingError(SelfstudyError):
    """A run that cannot go on, such as one whose loss is no longer finite."""


class DivergenceError(TrainingError):
    """A run whose loss or gradient is no longer finite."""


class InterruptionError(SelfstudyError):
    """A run that was asked to stop, and that goes on where it was when it is started again."""

    exit_code = 75  # EX_TEMPFAIL: try again


def is_out_of_memory(error: Exception) -> bool:
    """Tell whether there is too little memory, which PyTorch says in the text alone at times."""
    if isinstance(error, MemoryError) or type(error).__name__ == "OutOfMemoryError":
        return True
    return any(part in str(error) for part in OUT_OF_MEMORY)


def join_lines(error: object) -> str:
    """Join the lines of what a library says of an error to one."""
    return " ".join(str(error).split())


def format_error(error: SelfstudyError) -> str:
    """Give the error's own line, without those that gin adds about where it was raised."""
    return f"error: {str(error).splitlines()[0]}"


def suggest(name: object, candidates: Iterable[object]) -> str:
    """Suggest for an error message the known name closest to `name`, or all of them."""
    names = [str(candidate) for candidate in candidates]
    matches = get_close_matches(str(name), names, n=1, cutoff=0.5)
    return f"did you mean {matches[0]!r}?" if matches else f"expected one of {', '.join(names)}"


def find_known(name: str, table: Mapping[str, T], key: str) -> T:
    """Find the entry `name` of `table`.

    Args:
        name: what to find.
        table: all there are.
        key: what the name was given for.

    Raises:
        ConfigurationError: there is none; it says the nearest.
    """
    if name not in table:
        raise ConfigurationError(f"{key} = {name!r} is not known: {suggest(name, table)}")
    return table[name]


def require_least(name: str, value: float, least: float) -> None:
    """Require that what is bound as `name` is not too small.

    Raises:
        ConfigurationError: it is.
    """
    if value < least:
        raise ConfigurationError(f"{name} = {value!r}: expected {least} or more")


def list_rows(rows: Sequence[int]) -> str:
    """List the first few of many rows of a file."""
    shown = ", ".join(str(row) for row in rows[:ROWS])
    more = f" and {len(rows) - ROWS} more" if len(rows) > ROWS else ""
    return f"row{'s' if len(rows) > 1 else ''} {shown}{more}"
