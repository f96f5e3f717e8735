"""Utility of anyone's accuracies."""

from argparse import ArgumentParser, Namespace
from pathlib import Path

from selfstudy.errors import DataError
from selfstudy.files import write_whole

HELP = "how many labels pretraining saves, from a table of method, labels, seed and accuracy"
COLUMNS = ("method", "labels", "seed", "accuracy")
OPTIONAL = ("dataset", "task")


def add_arguments(parser: ArgumentParser) -> None:
    """Add the command's arguments."""
    parser.add_argument(
        "table",
        type=Path,
        metavar="FILE.csv",
        help="one row per run, with columns method (one of them 'scratch'), labels, seed, "
        "accuracy, and, where there are several, dataset and task",
    )
    parser.add_argument("-o", "--output", type=Path, metavar="FILE.csv", help="write a table too")


def run(arguments: Namespace) -> None:
    """Print the utility of a table's methods, and write it if asked."""
    from selfstudy.analysis.utility import measure_utility

    runs = read_accuracies(arguments.table)
    table = measure_utility(runs).drop(columns="backbone").rename(columns={"pretext": "method"})
    table = table.drop(columns=[name for name in OPTIONAL if (table[name] == "").all()])
    if arguments.output:
        with write_whole(arguments.output) as temporary:
            table.to_csv(temporary, index=False)
    print(table.to_string(index=False, na_rep="-"))


def read_accuracies(path: Path):
    """Read the runs of a table, as `selfstudy.analysis.utility.measure_utility` takes them.

    Raises:
        DataError: it cannot be read, lacks a column or runs from scratch, or has a value that is no
            number.
    """
    import pandas as pd

    from selfstudy.analysis.tables import read_table

    texts = dict.fromkeys(("method", "dataset", "task"), str)
    runs = read_table(path, COLUMNS, dtype=texts)
    for column in ("labels", "accuracy"):
        numbers = pd.to_numeric(runs[column], errors="coerce")
        wrong = numbers.isna() | (numbers < (1 if column == "labels" else 0))
        if wrong.any():
            row = wrong.idxmax()
            raise DataError(
                f"{path}, line {row + 2}: {column} is {str(runs.loc[row, column])!r}: expected a "
                f"number{' from 1' if column == 'labels' else ''}"
            )
        runs[column] = numbers
    if "scratch" not in set(runs["method"]):
        raise DataError(
            f"{path}: no row has the method 'scratch', with which all others are compared: found "
            f"{', '.join(map(repr, runs['method'].unique()))}"
        )
    for column in OPTIONAL:
        runs[column] = runs[column].fillna("") if column in runs else ""
    return runs.rename(columns={"method": "pretext"}).assign(backbone="")
