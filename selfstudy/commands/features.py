"""Features of a trained network."""

from argparse import ArgumentParser, Namespace

from selfstudy.commands.common import add_run

HELP = "save pooled features and labels of every split, in the run's features.h5"


def add_arguments(parser: ArgumentParser) -> None:
    """Add the command's arguments."""
    add_run(parser)
    parser.add_argument("--data", metavar="FILE", help="a prepared file (default: the run's)")


def run(arguments: Namespace) -> None:
    """Save features, and print where they are."""
    from selfstudy.evaluation.features import locate_folder, open_run, save_features

    folder = locate_folder(arguments.exp_id)
    print(save_features(*open_run(folder, arguments.data), folder))
