"""Arguments that several commands share."""

import re
from argparse import ArgumentParser
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from selfstudy.errors import ConfigurationError
from selfstudy.provenance import PACKAGE

DATA = "data"  # where all data is unless it is said
QUICK = ["cifar/r9/classify"]  # what runs where nothing else is asked for
NAME = re.compile(r"[\w][\w.=+-]*(/[\w][\w.=+-]*)*")


def add_gin(parser: ArgumentParser) -> None:
    """Add `-g` and `-p`: how a run trains."""
    parser.add_argument(
        "-g",
        "--gin_config",
        nargs="+",
        metavar="NAME",
        help="gin files in config/gin, such as syn/r9/vae, or paths of gin files, in order "
        f"(default: {' '.join(QUICK)})",
    )
    parser.add_argument(
        "-p",
        "--gin_param",
        nargs="+",
        default=[],
        metavar="BINDING",
        help="gin bindings that override these, such as 'dataloader.batch_size = 128'",
    )


def add_data(parser: ArgumentParser) -> None:
    """Add `--data`: where the images are."""
    parser.add_argument(
        "--data",
        default=DATA,
        metavar="PATH",
        help=f"a prepared file, or the folder of all data (default: {DATA})",
    )


def add_run(parser: ArgumentParser) -> None:
    """Add `-e`, the run that a command is about."""
    parser.add_argument(
        "-e",
        "--exp_id",
        required=True,
        metavar="RUN",
        help="the name of a run in results/runs, or a run's folder",
    )


def add_configfile(parser: ArgumentParser) -> None:
    """Add `--configfile`: the sweep."""
    parser.add_argument(
        "--configfile",
        default="config/config.yaml",
        metavar="FILE",
        help="the sweep (default: config/config.yaml)",
    )


def require_checkout() -> None:
    """Raise ConfigurationError unless the workflow lies beside the package."""
    path = PACKAGE.parent / "Snakefile"
    if not path.is_file():
        raise ConfigurationError(
            f"{path}: there is no such file: the workflow needs a checkout of the project, where "
            f"`make` installs the package in place"
        )


@contextmanager
def explain_missing(extra: str) -> Iterator[None]:
    """Say what to install where a library is missing.

    Raises:
        ConfigurationError: a library is missing.
    """
    try:
        yield
    except ModuleNotFoundError as error:
        raise ConfigurationError(
            f"{error.name} is not installed: pip install 'selfstudy[{extra}]'"
        ) from error


def new_folder(runs: Path, name: str, given: str = "-e") -> Path:
    """The folder `name` in `runs`, which it must not lead out of; `given` is where it was given."""
    if not NAME.fullmatch(name):
        raise ConfigurationError(
            f"{given} {name!r}: expected a name of letters, digits and -_.=+, with / for folders"
        )
    return runs / name
