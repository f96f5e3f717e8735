"""A study's rows, kept, and the page and figures that are made of them."""

from argparse import ArgumentParser, Namespace
from pathlib import Path

from selfstudy.commands.common import add_configfile, explain_missing
from selfstudy.errors import ConfigurationError

HELP = "keep the rows of a sweep's finished datasets, and make a page and figures of all that are"


def add_arguments(parser: ArgumentParser) -> None:
    """Add the command's arguments."""
    parser.add_argument(
        "folder",
        type=Path,
        metavar="FOLDER",
        help="that keeps the rows, and where the page and figures go, such as docs/study; runs "
        "need not be there any more",
    )
    add_configfile(parser)


def run(arguments: Namespace) -> None:
    """Add the rows, and make the page.

    Raises:
        ConfigurationError: the configuration is not sound, or there are no rows.
    """
    with explain_missing("workflow"):
        from selfstudy.sweep.check import read_configuration
        from selfstudy.sweep.runs import Sweep

    from selfstudy.analysis.publication import PAGE, publish
    from selfstudy.analysis.rows import collect_rows

    folder, sweep = arguments.folder, Sweep(read_configuration(Path(arguments.configfile)))
    found = collect_rows(folder, sweep)
    print(f"Rows in {sweep.paths.results}: of {', '.join(found) or 'no dataset'}")
    if not (folder / "runs.csv").is_file():
        example = sweep.paths.rows.format(dataset=next(iter(sweep.datasets)))
        raise ConfigurationError(
            f"{folder}: there are no rows: make those of a dataset by snakemake {example}/runs.csv "
            f"--configfile {arguments.configfile}"
        )
    publish(folder, sweep)
    print(f"The page:  {folder / PAGE}")
