"""How far the runs of a sweep are, by what lies in their folders."""

from collections.abc import Iterator
from pathlib import Path

import pandas as pd
from filelock import FileLock, Timeout

from selfstudy.analysis.tables import read_table
from selfstudy.errors import DataError

DONE, RUNNING, STOPPED = "done", "running", "stopped"
COLUMNS = ["state", "run", "round", "rounds", "accuracy", "minutes_left"]


def status(results: str | Path) -> pd.DataFrame:
    """A row a run that was begun.

    Args:
        results: the sweep's folder of results.

    Returns:
        `state`: done, running, or stopped, which a run is that failed or was interrupted; `run`,
        its folder in `results`; the `round` it is in the place of and how many there are; its last
        validation `accuracy`; and, while it runs, the `minutes_left`, as long as its rounds took.
    """
    folders = sorted(path.parent for path in Path(results).rglob("times.csv"))
    rows = [row for folder in folders for row in of_run(folder, Path(results))]
    table = pd.DataFrame(rows, columns=COLUMNS)
    order = {state: place for place, state in enumerate((RUNNING, STOPPED, DONE))}
    return table.sort_values("state", key=lambda column: column.map(order), kind="stable")


def of_run(folder: Path, results: Path) -> Iterator[dict[str, object]]:
    """The row of a run; none of one that has not finished a round, nor is at work on it."""
    busy = is_held(folder)
    row = {"state": RUNNING if busy else STOPPED, "run": folder.relative_to(results).as_posix()}
    try:
        times = read_table(folder / "times.csv", ("round", "rounds", "seconds"))
        history = read_table(folder / "history.csv", ("round",))
    except DataError:  # its first round is not over
        if busy:
            yield row
        return
    last = times.iloc[-1]
    row |= {"round": int(last["round"]), "rounds": int(last["rounds"])}
    if "valid_accuracy" in history:
        row["accuracy"] = history["valid_accuracy"].iloc[-1]
    left = row["rounds"] - row["round"]
    if busy:
        row["minutes_left"] = left * times["seconds"].median() / 60
    elif left == 0 and (folder / "metrics.csv").is_file():
        row["state"] = DONE
    yield row


def is_held(folder: Path) -> bool:
    """Whether a process trains in a run's folder."""
    try:
        with FileLock(folder / ".lock", timeout=0):
            return False
    except Timeout:
        return True
