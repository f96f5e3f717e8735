"""TensorBoard: in the run's folder, for `tensorboard --logdir results`."""

import shutil
from collections.abc import Mapping
from pathlib import Path

from selfstudy.tracking.base import Tracker, require


class TensorBoard(Tracker):
    """Writes into `folder/tensorboard`."""

    def __init__(self, folder: Path) -> None:
        library = require("tensorboard", "torch.utils.tensorboard", "tensorboard")
        shutil.rmtree(folder / "tensorboard", ignore_errors=True)
        self._writer = library.SummaryWriter(folder / "tensorboard")

    def write(self, step: int, scalars: Mapping[str, float]) -> None:
        """Write the scalars of a round."""
        for name, value in scalars.items():
            self._writer.add_scalar(name, value, step)
        self._writer.flush()

    def close(self, ended: bool) -> None:
        """Write what is left."""
        self._writer.close()
