"""Weights & Biases: in the run's folder, for `wandb sync results/**/wandb/offline-run-*`."""

import os
import shutil
from collections.abc import Mapping
from pathlib import Path

from selfstudy.tracking.base import Tracker, require


class WandB(Tracker):
    """Writes into `folder/wandb`, and sends nothing unless `WANDB_MODE` is `online`.

    The project is `WANDB_PROJECT`, or "selfstudy".
    """

    def __init__(self, folder: Path) -> None:
        library = require("wandb", "wandb", "wandb")
        shutil.rmtree(folder / "wandb", ignore_errors=True)
        self._run = library.init(
            project=os.environ.get("WANDB_PROJECT", "selfstudy"),
            name=str(folder),
            dir=folder,
            mode=os.environ.get("WANDB_MODE", "offline"),
            reinit="create_new",  # a job may train several seeds
            settings=library.Settings(  # scalars alone
                silent=True,
                console="off",
                disable_git=True,
                save_code=False,
                x_disable_machine_info=True,
                x_disable_meta=True,
                x_disable_stats=True,
            ),
        )

    def write(self, step: int, scalars: Mapping[str, float]) -> None:
        """Write the scalars of a round."""
        self._run.log(dict(scalars), step=step)

    def close(self, ended: bool) -> None:
        """Write what is left, and whether the run has come to its end."""
        self._run.finish(exit_code=int(not ended))
