"""The seeds of one job: trained one after another, each kept as it is done."""

import csv
import logging
import shutil
from collections.abc import Mapping
from functools import partial
from pathlib import Path

from selfstudy.files import write_whole
from selfstudy.provenance import fingerprint
from selfstudy.training.history import HISTORY, write_rows
from selfstudy.training.holding import hold
from selfstudy.training.run import Run, train

log = logging.getLogger("selfstudy")
METRICS = "metrics.csv"


def train_seeds(
    runs: Mapping[int | None, Run],
    folder: str | Path,
    networks: Mapping[int, int | None],
    code: str,
    tracking: str | None = None,
) -> None:
    """Train once per seed, and gather `metrics.csv` and `history.csv`.

    The former has a row per seed, with the number of its network as `pretrain_seed`, the latter one
    per round of each. A seed's run lies in `folder/seed{n}`, stamped with what it depends on: the
    configuration, the data, the start, and `code`, a fingerprint of the source. Where the stamp
    holds, the run is not repeated.

    Args:
        runs: what to train from each pretrained network, by its number; None: where there is none,
            or nobody tells it from others.
        folder: of the results.
        networks: that each seed starts from.
        code: a fingerprint of the source.
        tracking: as of `selfstudy.training.run.train`.

    Raises:
        SelfstudyError: as `selfstudy.training.run.train`.
    """
    folder = Path(folder)
    depends_on = {
        network: fingerprint(run.stamp(run.make(), code).values()) for network, run in runs.items()
    }
    folders = {seed: folder / f"seed{seed}" for seed in networks}
    with hold(folder) as lock:
        for seed, network in networks.items():
            stamp = depends_on[network]
            train_once(runs[network], folders[seed], seed, code, stamp, tracking=tracking)
        lock.check()
        for name in (METRICS, HISTORY):
            _gather(folders, name, networks, folder / name)
        with write_whole(folder / "config.gin") as temporary:
            shutil.copyfile(next(iter(folders.values())) / "config.gin", temporary)


def _gather(
    folders: Mapping[int, Path], name: str, networks: Mapping[int, int | None], path: Path
) -> None:
    """Gather a table of all seeds, which may have columns that others have not."""
    rows: list[dict[str, object]] = []
    for seed, folder in folders.items():
        with (folder / name).open(newline="") as file:
            own = {"seed": seed, "pretrain_seed": networks[seed]}
            rows += [row | own for row in csv.DictReader(file)]
    columns = dict.fromkeys(column for row in rows for column in row)
    with write_whole(path) as temporary, temporary.open("w", newline="") as file:
        write_rows(file, [dict.fromkeys(columns) | row for row in rows], header=True)


def train_once(
    run: Run, folder: Path, seed: int, code: str, depends_on: str, **options: object
) -> None:
    """Train a run unless it is done already.

    Args:
        run: what to train.
        folder: of the results, in which `done` says what they depend on.
        seed: of all that is random.
        code: a fingerprint of the source.
        depends_on: a fingerprint of all that the results depend on.
        **options: of `selfstudy.training.run.train`.

    Raises:
        SelfstudyError: as `selfstudy.training.run.train`.
    """
    done = folder / "done"
    if done.is_file() and done.read_text() == depends_on:
        log.info("%s: done before", folder)
        return
    train(run, folder, seed, code, begin=partial(done.unlink, missing_ok=True), **options)
    with write_whole(done) as temporary:
        temporary.write_text(depends_on)
