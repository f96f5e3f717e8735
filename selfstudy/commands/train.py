"""One training run outside the workflow."""

import json
import logging
import os
import sys
from argparse import ArgumentParser, Namespace
from pathlib import Path

from selfstudy.commands.common import DATA, QUICK, add_data, add_gin, new_folder
from selfstudy.errors import ConfigurationError, DataError, suggest
from selfstudy.files import write_whole
from selfstudy.registry import list_names
from selfstudy.tracking.base import TRACKING

HELP = "train one network; with no arguments, a quick run on CIFAR-10"
COMMAND = "command.json"
log = logging.getLogger("selfstudy")


def add_arguments(parser: ArgumentParser) -> None:
    """Add the command's arguments."""
    add_gin(parser)
    add_data(parser)
    parser.set_defaults(data=None)  # a run that goes on has its own
    parser.add_argument(
        "-e",
        "--exp_id",
        default="default",
        metavar="ID",
        help="results go to results/runs/ID",
    )
    parser.add_argument("-q", "--quiet", action="store_true", help="print the result alone")
    parser.add_argument("--resume", action="store_true", help="go on with an interrupted run")
    parser.add_argument(
        "--tracking",
        choices=list_names(TRACKING),
        help="hand the history to a program that shows runs, too",
    )
    parser.add_argument("--seed", type=int, help="of all that is random (default: 0)")


def run(arguments: Namespace) -> None:
    """Train, or go on with a run."""
    from selfstudy.snapshots import RUNS

    if arguments.quiet:
        os.environ["TQDM_DISABLE"] = "1"
    folder = new_folder(RUNS, arguments.exp_id)
    command = {
        "gin": arguments.gin_config or QUICK,
        "bindings": arguments.gin_param,
        "data": arguments.data or DATA,
        "seed": arguments.seed or 0,
    }
    if arguments.resume:
        command = read_command(RUNS, folder / COMMAND, arguments, command)
    else:
        refuse_begun(folder)
    train_run(folder, command, arguments)


def refuse_begun(folder: Path) -> None:
    """Refuse to begin a run where there is one."""
    from selfstudy.snapshots import SNAPSHOT
    from selfstudy.training.checkpoint import CHECKPOINT

    if any((folder / file).exists() for file in (CHECKPOINT, SNAPSHOT)):
        raise ConfigurationError(
            f"{folder}: there is a run already: go on with it by --resume, or name another by -e"
        )


def read_command(runs: Path, path: Path, arguments: Namespace, command: dict) -> dict:
    """Read the command that the run was begun with; none but the same may be given again."""
    if not path.exists():
        names = sorted(each.parent.relative_to(runs).as_posix() for each in runs.rglob(COMMAND))
        hint = suggest(arguments.exp_id, names) if names else f"there are no runs in {runs} yet"
        raise ConfigurationError(f"{path}: there is no run to go on with: {hint}")
    try:
        begun = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise DataError(f"{path}: damaged: {error}") from error
    if not isinstance(begun, dict) or begun.keys() != command.keys():
        raise DataError(f"{path}: damaged: expected {', '.join(command)}")
    given = {
        "gin": arguments.gin_config or arguments.gin_param,
        "bindings": arguments.gin_config or arguments.gin_param,
        "data": arguments.data,
        "seed": arguments.seed is not None,
    }
    for name in given:
        if given[name] and command[name] != begun[name]:
            raise ConfigurationError(
                f"{path.parent}: was begun with other arguments, {name} = {begun[name]!r}: go on "
                f"with --resume and -e alone"
            )
    return begun


def train_run(folder: Path, command: dict, arguments: Namespace) -> None:
    """Train as a command says, and print the result."""
    from selfstudy.configuration import load_configuration
    from selfstudy.job import LogFile
    from selfstudy.provenance import fingerprint_package
    from selfstudy.training.randomness import check_seed
    from selfstudy.training.run import train

    check_seed(command["seed"], "--seed")  # before there is anything to prepare
    log.setLevel(logging.INFO)
    if not arguments.quiet:
        log.addHandler(logging.StreamHandler(sys.stderr))
    configuration = load_configuration(command["gin"], command["bindings"])
    training = configuration.make_run(configuration.open_dataset(command["data"]))

    def begin() -> None:
        if not arguments.resume:
            refuse_begun(folder)  # again, now that nobody else can begin one
        with write_whole(folder / COMMAND) as temporary:
            temporary.write_text(json.dumps(command, indent=1), encoding="utf-8")
        file = LogFile(folder / "train.log")
        file.setFormatter(logging.Formatter("%(asctime)s %(message)s"))
        log.addHandler(file)

    metrics = train(
        training,
        folder,
        command["seed"],
        fingerprint_package(),
        keep_snapshot=True,
        keep_checkpoint=True,
        tracking=arguments.tracking,
        begin=begin,
    ).metrics
    shown = ("accuracy", "best_accuracy", "test_accuracy")
    results = [f"{name} {metrics[name]:.4f}" for name in shown if metrics.get(name) is not None]
    print(f"{folder}: {', '.join(results) or 'trained'}")
