"""How far the runs of a sweep are, by what lies in their folders."""

from collections.abc import Iterator
from pathlib import Path

import pandas as pd

from selfstudy.analysis.tables import read_table
from selfstudy.errors import DataError
from selfstudy.locks import Lock
from selfstudy.training.failure import FAILURE, read_failure
from selfstudy.training.history import HISTORY, PROGRESS, TIMES
from selfstudy.training.holding import LOCK

DONE, RUNNING, FAILED, STOPPED = "done", "running", "failed", "stopped"
COLUMNS = ["state", "run", "round", "rounds", "accuracy", "minutes_left", "why"]


def list_states(results: str | Path) -> pd.DataFrame:
    """List the states of the runs that were begun, one row per run.

    Args:
        results: the sweep's folder of results.

    Returns:
        `state`: done, running, failed, or stopped, which a run is that was interrupted or killed;
        `run`, its folder in `results`; the `round` it is in the place of and how many there are;
        its last validation `accuracy`; while it runs, the `minutes_left`, as long as its rounds
        took; and `why` it failed.
    """
    traces = (TIMES, FAILURE)
    folders = sorted({path.parent for name in traces for path in Path(results).rglob(name)})
    rows = [row for folder in folders for row in find_state(folder, Path(results))]
    table = pd.DataFrame(rows, columns=COLUMNS)
    order = {state: place for place, state in enumerate((RUNNING, FAILED, STOPPED, DONE))}
    return table.sort_values("state", key=lambda column: column.map(order), kind="stable")


def find_state(folder: Path, results: Path) -> Iterator[dict[str, object]]:
    """Find the row of a run; none of one that has not finished a round, nor is at work on it."""
    row: dict[str, object] = {"run": folder.relative_to(results).as_posix()}
    if is_held(folder):
        row["state"] = RUNNING
    elif why := read_failure(folder):
        row |= {"state": FAILED, "why": why}
    try:
        times = read_table(folder / TIMES, ("round", "rounds", "seconds"))
        over = not (folder / PROGRESS).is_file()
        history = read_table(folder / (HISTORY if over else PROGRESS), ("round",))
    except DataError:  # its first round is not over
        if "state" in row:
            yield row
        return
    last = times.iloc[-1]
    row |= {"round": int(last["round"]), "rounds": int(last["rounds"])}
    if "valid_accuracy" in history:
        row["accuracy"] = history["valid_accuracy"].iloc[-1]
    left = row["rounds"] - row["round"]
    if "state" not in row:
        whole = left == 0 and (folder / "metrics.csv").is_file()
        row["state"] = DONE if whole else STOPPED
    elif row["state"] == RUNNING:
        row["minutes_left"] = left * times["seconds"].median() / 60
    yield row


def is_held(folder: Path) -> bool:
    """Whether a process trains in a run's folder."""
    try:
        return Lock(folder / LOCK).find_holder() is not None
    except DataError:  # nobody can tell
        return False
