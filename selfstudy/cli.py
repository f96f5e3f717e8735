"""The command `selfstudy`. Nothing heavy is imported before the command is known."""

import argparse
import os
import sys
from collections.abc import Sequence
from contextlib import nullcontext
from importlib import import_module

from selfstudy.devices import take_gpu
from selfstudy.errors import SelfstudyError, format_error
from selfstudy.files import explain_shortage

COMMANDS = (
    "plan",
    "run",
    "status",
    "train",
    "search",
    "render",
    "params",
    "loading",
    "features",
    "linear",
    "export",
    "utility",
    "advise",
    "publish",
)

COMPUTING = ("train", "search", "render", "features", "linear")  # on a GPU, if there is one


def make_parser() -> argparse.ArgumentParser:
    """Make the parser of the command line, with one of each command."""
    parser = argparse.ArgumentParser(
        prog="selfstudy",
        description="Does self-supervised pretraining save labels? Single runs and tools; the "
        "whole study is a Snakemake workflow.",
    )
    parser.add_argument("--version", action="store_true", help="show the version and exit")
    commands = parser.add_subparsers(metavar="COMMAND")
    for name in COMMANDS:
        module = import_module(f"selfstudy.commands.{name}")
        command = commands.add_parser(name, help=module.HELP, description=module.HELP)
        module.add_arguments(command)
        command.set_defaults(run=module.run, command=name)
    return parser


def main(words: Sequence[str] | None = None) -> None:
    """Run the command of the given words, or of the command line; errors are one line."""
    parser = make_parser()
    if "_ARGCOMPLETE" in os.environ:  # a shell asks how the line may go on
        from argcomplete import autocomplete

        autocomplete(parser)
    arguments = parser.parse_args(words)
    if arguments.version:
        from importlib.metadata import version  # which takes as long as all else here

        print(f"selfstudy {version('selfstudy')}")
        sys.exit(0)
    if "run" not in arguments:
        parser.print_help()
        return
    try:
        with take_gpu(1) if arguments.command in COMPUTING else nullcontext():
            arguments.run(arguments)
    except SelfstudyError as error:
        print(format_error(error), file=sys.stderr)
        sys.exit(error.exit_code)
    except KeyboardInterrupt:
        sys.exit(130)
    except Exception as error:
        if not (line := explain_shortage(error)):
            raise
        sys.exit(line)
