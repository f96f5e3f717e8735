"""A whole sweep on this machine."""

import sys
from argparse import ArgumentParser, Namespace
from pathlib import Path

from selfstudy.commands.common import add_configfile, explain_missing, require_checkout

HELP = "run a sweep on this machine, with one bar"


def add_arguments(parser: ArgumentParser) -> None:
    """Add the command's arguments."""
    add_configfile(parser)


def run(arguments: Namespace) -> None:
    """Say where everything goes, and run.

    Raises:
        ConfigurationError: the configuration is not sound, or there is no workflow.
    """
    require_checkout()
    path = Path(arguments.configfile)
    with explain_missing("workflow"):
        from selfstudy.planning.running import run_sweep
        from selfstudy.sweep.check import read_configuration

    config, log = read_configuration(path), Path("logs", f"{path.stem}.log")
    print(
        f"{path}: images in {config['data']}/, results in {config['results']}/, what Snakemake "
        f"says in {log}",
        flush=True,
    )
    if code := run_sweep(path, log):
        sys.exit(code)
