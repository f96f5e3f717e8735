"""Which start to take, and how many labels it needs."""

from argparse import ArgumentParser, Namespace
from pathlib import Path

from selfstudy.commands.common import add_configfile, explain_missing
from selfstudy.commands.utility import add_columns
from selfstudy.errors import ConfigurationError

HELP = "say what labels are worth, and how many each start needs to reach an accuracy"


def add_arguments(parser: ArgumentParser) -> None:
    """Add the command's arguments."""
    parser.add_argument(
        "table",
        type=Path,
        nargs="?",
        metavar="FILE.csv",
        help="a table as `selfstudy utility` reads it; unless given, the runs of a sweep",
    )
    add_configfile(parser)
    parser.add_argument(
        "--target",
        type=float,
        metavar="A",
        help="the accuracy to reach, such as 0.9 (default: target in the configuration, or what "
        "scratch reaches with the most labels but one budget)",
    )
    parser.add_argument(
        "--labels", type=int, metavar="N", help="the labels that there are (default: each budget)"
    )
    add_columns(parser)


def run(arguments: Namespace) -> None:
    """Print the decision page.

    Raises:
        ConfigurationError: what is asked for makes no sense.
    """
    target, labels = arguments.target, arguments.labels
    if target is not None and not 0 < target < 1:
        hint = f": {target / 100:g} for {target:g} %" if 1 < target < 100 else ""
        raise ConfigurationError(
            f"--target {target:g}: expected an accuracy between 0 and 1, such as 0.9{hint}"
        )
    if labels is not None and labels < 1:
        raise ConfigurationError(f"--labels {labels}: expected a number of labels from 1")
    (advise_table if arguments.table else advise_sweep)(arguments)


def advise_table(arguments: Namespace) -> None:
    """Print what anyone's accuracies tell."""
    from selfstudy.analysis.accuracies import read_accuracies
    from selfstudy.analysis.advice import Question
    from selfstudy.analysis.decision import advise_all, explain, format_decision

    found = read_accuracies(arguments.table, arguments.by, arguments.ignore)
    names = {
        number: ", ".join(f"{key} {value}" for key, value in row.items() if value)
        for number, row in found.groups.iterrows()
    }
    runs = found.runs.assign(dataset=found.runs["dataset"].map(names))
    advice = advise_all(runs, Question(arguments.target, arguments.labels), {})
    print("\n".join(found.said) + "\n")
    print(format_decision(advice, explain()), end="")


def advise_sweep(arguments: Namespace) -> None:
    """Print what the runs of a sweep tell, those that are in its table."""
    from selfstudy.analysis import describe_networks
    from selfstudy.analysis.costs import collect_hours
    from selfstudy.analysis.decision import (
        advise_all,
        explain,
        format_decision,
        read_question,
        read_runs,
    )

    with explain_missing("workflow"):
        from selfstudy.sweep.check import read_configuration
        from selfstudy.sweep.runs import Sweep

    if arguments.by or arguments.ignore:
        raise ConfigurationError("--by and --ignore: expected a FILE.csv whose columns they name")
    config = read_configuration(Path(arguments.configfile))
    sweep, results = Sweep(config), Path(config["results"])
    table = results / "tables/runs.csv"
    if not table.is_file():
        raise ConfigurationError(
            f"{table}: there is no such file: make it by snakemake --configfile "
            f"{arguments.configfile} {table}"
        )
    question = read_question(config, arguments.target, arguments.labels)
    interpolation, measure = config["interpolation"], config["measure"]
    runs = read_runs(table, measure)
    advice = advise_all(runs, question, collect_hours(results, sweep.locate_network), interpolation)
    known = describe_networks(sweep.count_networks(), sweep.weights)
    print(format_decision(advice, explain(interpolation, known, measure)), end="")
