"""Utility of anyone's accuracies."""

from argparse import ArgumentParser, Namespace
from pathlib import Path

from selfstudy.analysis import CURVE, INTERPOLATIONS
from selfstudy.errors import ConfigurationError
from selfstudy.files import write_whole

HELP = "how many labels pretraining saves, from a table of method, labels, seed and accuracy"


def add_arguments(parser: ArgumentParser) -> None:
    """Add the command's arguments."""
    parser.add_argument(
        "table",
        type=Path,
        metavar="FILE.csv",
        help="one row per run, with columns method (one of them 'scratch'), labels, seed, "
        "accuracy, and, where there are several, dataset, backbone and task",
    )
    parser.add_argument("-o", "--output", type=Path, metavar="FILE.csv", help="write a table too")
    add_columns(parser)
    parser.add_argument(
        "--interpolation",
        choices=INTERPOLATIONS,
        default=CURVE,
        help="how the curve from scratch is read between budgets: as one that bends, or along "
        "chords as the authors do, which reads labels some 18 %% too high (default: %(default)s)",
    )


def add_columns(parser: ArgumentParser) -> None:
    """Add `--by` and `--ignore`: what further columns of the table mean."""
    parser.add_argument(
        "--by",
        nargs="+",
        default=[],
        metavar="COLUMN",
        help="further columns that tell curves apart: each is compared with its own scratch",
    )
    parser.add_argument(
        "--ignore", nargs="+", default=[], metavar="COLUMN", help="columns that do not matter"
    )


def run(arguments: Namespace) -> None:
    """Print the utility of a table's methods, and write it if asked."""
    from selfstudy.analysis.accuracies import describe_limits, read_accuracies
    from selfstudy.analysis.utility import COLUMNS, measure_utility

    found = read_accuracies(arguments.table, arguments.by, arguments.ignore)
    measured = measure_utility(found.runs, arguments.interpolation).rename(
        columns={"pretext": "method"}
    )
    own = ["method", "labels", *COLUMNS]
    for name in found.groups:
        if name in own:
            raise ConfigurationError(
                f"--by {name!r}: expected another name, as the result has a column of that one"
            )
    groups = found.groups.loc[measured["dataset"]].reset_index(drop=True)
    table = groups.join(measured[own])
    if arguments.output:
        with write_whole(arguments.output) as temporary:
            table.to_csv(temporary, index=False)
    print("\n".join([*found.said, *describe_limits(found.runs)]))
    print(table.to_string(index=False, na_rep="-"))
