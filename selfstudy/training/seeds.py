"""The seeds of one job: trained one after another, each kept as it is done."""

import logging
import shutil
from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from selfstudy.files import write_whole
from selfstudy.provenance import fingerprint
from selfstudy.training.run import run, stamp
from selfstudy.training.session import open_dataset

log = logging.getLogger("selfstudy")


def run_seeds(
    data: str | Path,
    folder: str | Path,
    seeds: Sequence[int],
    code: str,
    tracking: str | None = None,
) -> None:
    """Run the present configuration once per seed and gather `metrics.csv` and `history.csv`.

    A seed's run lies in `folder/seed{n}`, stamped with what it depends on: the configuration, the
    data, the snapshot, and `code`, a fingerprint of the source. Where the stamp holds, the run is
    not repeated.
    """
    folder, dataset = Path(folder), open_dataset(data)
    depends_on = fingerprint(stamp(dataset, code).values())
    folders = {seed: folder / f"seed{seed}" for seed in seeds}
    for seed, seed_folder in folders.items():
        done = seed_folder / "done"
        if done.is_file() and done.read_text() == depends_on:
            log.info("%s: done before", seed_folder)
            continue
        done.unlink(missing_ok=True)
        run(dataset, seed_folder, seed, code, tracking=tracking)
        with write_whole(done) as temporary:
            temporary.write_text(depends_on)
    for name in ("metrics.csv", "history.csv"):
        tables = [
            pd.read_csv(seed_folder / name).assign(seed=seed)
            for seed, seed_folder in folders.items()
        ]
        with write_whole(folder / name) as temporary:
            pd.concat(tables).to_csv(temporary, index=False)
    with write_whole(folder / "config.gin") as temporary:
        shutil.copyfile(folders[seeds[0]] / "config.gin", temporary)
