"""Features of a trained network."""

from argparse import ArgumentParser, Namespace

from selfstudy.commands.common import add_run

HELP = "save pooled features and labels of every split, in the run's features.h5"


def add_arguments(parser: ArgumentParser) -> None:
    """Add the command's arguments."""
    add_run(parser)
    parser.add_argument("--data", metavar="FILE", help="a prepared file (default: the run's)")


def run(arguments: Namespace) -> None:
    """Save a run's features, and print where."""
    from selfstudy.evaluation.features import run_folder, save_features, trained

    folder = run_folder(arguments.exp_id)
    with trained(folder, arguments.data) as (network, dataset):
        print(save_features(network, dataset, folder))
