"""The seeds of one job: trained one after another, each kept as it is done."""

import logging
import shutil
from collections.abc import Sequence
from functools import partial
from pathlib import Path

import pandas as pd

from selfstudy.files import write_whole
from selfstudy.provenance import fingerprint
from selfstudy.training.holding import hold
from selfstudy.training.run import Run, train

log = logging.getLogger("selfstudy")


def train_seeds(
    run: Run,
    folder: str | Path,
    seeds: Sequence[int],
    code: str,
    tracking: str | None = None,
) -> pd.DataFrame:
    """Train a run once per seed, and gather `metrics.csv` and `history.csv`.

    A seed's run lies in `folder/seed{n}`, stamped with what it depends on: the configuration, the
    data, the start, and `code`, a fingerprint of the source. Where the stamp holds, the run is not
    repeated.

    Returns:
        The metrics, one row per seed.

    Raises:
        SelfstudyError: as `selfstudy.training.run.train`.
    """
    folder = Path(folder)
    depends_on = fingerprint(run.stamp(run.make(), code).values())
    folders = {seed: folder / f"seed{seed}" for seed in seeds}
    with hold(folder) as lock:
        for seed, seed_folder in folders.items():
            train_once(run, seed_folder, seed, code, depends_on, tracking=tracking)
        lock.check()
        gathered = {}
        for name in ("metrics.csv", "history.csv"):
            tables = [
                pd.read_csv(seed_folder / name).assign(seed=seed)
                for seed, seed_folder in folders.items()
            ]
            gathered[name] = pd.concat(tables, ignore_index=True)
            with write_whole(folder / name) as temporary:
                gathered[name].to_csv(temporary, index=False)
        with write_whole(folder / "config.gin") as temporary:
            shutil.copyfile(folders[seeds[0]] / "config.gin", temporary)
    return gathered["metrics.csv"]


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
