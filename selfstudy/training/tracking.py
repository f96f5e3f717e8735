"""Tracking: a run's scalars where TensorBoard finds them."""

import shutil
from collections.abc import Mapping
from pathlib import Path

from selfstudy.errors import ConfigurationError

TENSORBOARD = "tensorboard"  # what `tracking` may be, and the folder in that of a run


class Scalars:
    """Writes a run's history for TensorBoard, a step a round, into `folder/tensorboard`.

    What lies there of the same run is replaced: a run that goes on gives its rounds again.

    Raises:
        ConfigurationError: TensorBoard is not installed.
    """

    def __init__(self, folder: Path) -> None:
        try:
            from torch.utils.tensorboard import SummaryWriter
        except ImportError as error:
            raise ConfigurationError(
                "tracking: tensorboard: it is not installed: pip install tensorboard"
            ) from error
        shutil.rmtree(folder / TENSORBOARD, ignore_errors=True)
        self._writer = SummaryWriter(folder / TENSORBOARD)

    def add(self, row: Mapping[str, float]) -> None:
        """Add a row of the history: `train_loss` is shown as `loss/train`."""
        for name, value in row.items():
            part, _, measure = name.partition("_")
            tag = f"{measure}/{part}" if part in ("train", "valid") else name
            if name != "round":
                self._writer.add_scalar(tag, value, row["round"])
        self._writer.flush()

    def close(self) -> None:
        """Write what is left."""
        self._writer.close()
