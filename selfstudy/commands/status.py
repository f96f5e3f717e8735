"""How far a sweep is."""

from argparse import ArgumentParser, Namespace
from pathlib import Path

from selfstudy.commands.common import add_configfile, explain_missing

HELP = "show which runs of a sweep are done, running, failed or stopped"


def add_arguments(parser: ArgumentParser) -> None:
    """Add the command's arguments."""
    add_configfile(parser)
    parser.add_argument("--all", action="store_true", help="list the runs that are done, too")


def run(arguments: Namespace) -> None:
    """Print the states of the runs that were begun."""
    from selfstudy.planning.status import DONE, FAILED, RUNNING, STOPPED, list_states

    with explain_missing("workflow"):
        from selfstudy.sweep.check import read_configuration

    table = list_states(read_configuration(Path(arguments.configfile))["results"])
    shown = table if arguments.all else table[table["state"] != DONE]
    if len(shown):
        formats = {"accuracy": "{:.3f}".format, "minutes_left": "{:.1f}".format}
        whole = dict.fromkeys(("round", "rounds"), "{:.0f}".format)
        columns = shown.drop(columns="why")
        print(columns.to_string(index=False, na_rep="-", formatters=formats | whole) + "\n")
    for row in table[table["state"] == FAILED].itertuples():
        print(f"{row.run}: {row.why}\n")
    counts = table["state"].value_counts()
    print(
        ", ".join(f"{counts.get(state, 0)} {state}" for state in (DONE, RUNNING, FAILED, STOPPED))
    )
