"""A search for the learning rates, the weight decay and the schedule's shape of a run."""

import logging
import sys
from argparse import ArgumentParser, Namespace

from selfstudy.commands.common import QUICK, add_data, add_gin, new_folder
from selfstudy.errors import ConfigurationError
from selfstudy.search import GRACE, ROUNDS, SAMPLERS, SEARCHES

HELP = "search for good hyperparameters; any number of the same command share the work"
log = logging.getLogger("selfstudy")


def add_arguments(parser: ArgumentParser) -> None:
    """Add the command's arguments."""
    parser.add_argument("name", metavar="NAME", help="results go to results/search/NAME")
    add_gin(parser)
    add_data(parser)
    parser.add_argument(
        "--trials", type=int, required=True, metavar="N", help="in all, with those done before"
    )
    parser.add_argument(
        "--sampler", choices=SAMPLERS, default=SAMPLERS[0], help=f"default: {SAMPLERS[0]}"
    )
    parser.add_argument(
        "--rounds",
        type=int,
        default=ROUNDS,
        metavar="N",
        help=f"of a trial that is not pruned (default: {ROUNDS})",
    )
    parser.add_argument(
        "--grace",
        type=int,
        default=GRACE,
        metavar="N",
        help=f"rounds before a trial may be pruned (default: {GRACE})",
    )
    parser.add_argument("--seed", type=int, default=0, help="of all that is random (default: 0)")


def run(arguments: Namespace) -> None:
    """Run trials until all are begun, and write the results if none is left running."""
    folder = new_folder(SEARCHES, arguments.name, "NAME")
    if arguments.trials < 1:
        raise ConfigurationError(f"--trials {arguments.trials}: expected 1 or more")
    try:
        from selfstudy.search.results import (  # loads Optuna
            count_running,
            load_study,
            write_results,
        )
        from selfstudy.search.study import SearchSettings
        from selfstudy.search.worker import search
    except ModuleNotFoundError as error:
        if error.name != "optuna":
            raise
        raise ConfigurationError("searches need Optuna: pip install selfstudy[search]") from error
    from selfstudy.configuration import load_configuration
    from selfstudy.provenance import fingerprint_package
    from selfstudy.training.randomness import check_seed

    check_seed(arguments.seed, "--seed")
    log.setLevel(logging.INFO)
    log.addHandler(logging.StreamHandler(sys.stderr))
    configuration = load_configuration(arguments.gin_config or QUICK, arguments.gin_param)
    search(
        folder,
        configuration.make_run(configuration.open_dataset(arguments.data)),
        SearchSettings(arguments.sampler, arguments.seed, arguments.rounds, arguments.grace),
        arguments.trials,
        fingerprint_package(),
    )
    if unfinished := count_running(load_study(folder)):
        print(f"{folder}: {unfinished} of its trials still run elsewhere, which writes the results")
        return
    best = write_results(folder)
    print(f"{folder}: best accuracy {best.value:.4f}, of trial {best.number}")
