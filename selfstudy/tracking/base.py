"""What all trackers share: a run's history, handed on a step a round."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from types import ModuleType

from selfstudy.errors import ConfigurationError
from selfstudy.registry import find_class

TRACKING = "tracking"  # the room, and the key


class Tracker(ABC):
    """Hands on a run's history, a step a round.

    What there is of the same run is replaced: a run that goes on gives its rounds again.

    Args:
        folder: of the run, which names it.

    Raises:
        ConfigurationError: the library is not installed, or cannot write.
    """

    @abstractmethod
    def __init__(self, folder: Path) -> None: ...

    @abstractmethod
    def write(self, step: int, scalars: Mapping[str, float]) -> None:
        """Write the scalars of a round."""

    @abstractmethod
    def close(self, ended: bool) -> None:
        """Write what is left, and whether the run has come to its end."""

    def add(self, row: Mapping[str, float]) -> None:
        """Add a row of the history: `train_loss` is shown as `loss/train`."""
        self.write(row["round"], {tag(name): row[name] for name in row if name != "round"})


def tag(name: str) -> str:
    """Name a column of the history as trackers group them."""
    part, _, measure = name.partition("_")
    return f"{measure}/{part}" if part in ("train", "valid") else name


def make_tracker(name: str, folder: Path) -> Tracker:
    """Make the tracker of a name, such as "tensorboard", for the run in a folder.

    Raises:
        ConfigurationError: there is no such tracker, or it cannot write.
    """
    return find_class(TRACKING, Tracker, name, TRACKING)(folder)


def require(name: str, module: str, packages: str) -> ModuleType:
    """Import a tracker's library.

    Args:
        name: of the tracker.
        module: to import.
        packages: what to install where it is missing.

    Raises:
        ConfigurationError: it is not installed.
    """
    try:
        return import_module(module)
    except ImportError as error:
        raise ConfigurationError(
            f"{TRACKING}: {name}: it is not installed: pip install {packages}"
        ) from error
