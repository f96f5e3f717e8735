"""The edge: gin files and bindings on one side, plain objects on the other.

Nothing else in the package knows of gin.
"""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from selfstudy.configuration.files import CONFIG, GIN, find_gin, read_gin

if TYPE_CHECKING:
    from selfstudy.configuration.configuration import Configuration

__all__ = [
    "CONFIG",
    "GIN",
    "check_parts",
    "check_snapshot",
    "check_start",
    "find_gin",
    "load_configuration",
    "read_gin",
]

Gin = tuple[Sequence[str], Sequence[str]]  # files and bindings


def load_configuration(files: Sequence[str], bindings: Sequence[str] = ()) -> "Configuration":
    """Load what gin files say, in order, and bindings that override them.

    Args:
        files: names in `config/gin`, such as `syn/r9/vae`, or paths of `.gin` files.
        bindings: such as `ResNet.width = 8`.

    Raises:
        ConfigurationError: a file is missing, the syntax is bad, or a name is not known; it says
            where.
    """
    # The workflow reads file names before anything heavy is loaded.
    from selfstudy.configuration.configuration import resolve

    return resolve(files, bindings)


def check_parts(files: Sequence[str], bindings: Sequence[str]) -> None:
    """Check that the backbone that gin files and bindings configure can be made and used.

    No weights are drawn.

    Args:
        files: gin files of a run.
        bindings: that override them.

    Raises:
        ConfigurationError: it cannot be, the method cannot use it, or it has not what the task
            needs.
    """
    import torch

    configuration = load_configuration(files, bindings)
    with torch.device("meta"):
        configuration.check_parts()


def check_start(start: Mapping[str, str], files: Sequence[str], bindings: Sequence[str]) -> None:
    """Check that public weights fit the backbone that gin files and bindings configure.

    Nothing is fetched, and no weights are drawn.

    Args:
        start: one of `torchvision`, `timm` and `file`, and its name or path.
        files: gin files of a finetuning run.
        bindings: that override them.

    Raises:
        ConfigurationError: they do not fit, or are not known.
        DataError: the file is missing or damaged.
    """
    import torch

    from selfstudy.starts import make_start

    configuration = load_configuration(files, bindings)
    with torch.device("meta"):
        make_start(start, configuration.make_backbone).check()


def check_snapshot(before: Gin, after: Gin) -> None:
    """Check that the backbone that one run hands on is that which another one asks for.

    Args:
        before: gin files and bindings of the run that hands it on.
        after: of the run that starts from it.

    Raises:
        ConfigurationError: it is another.
    """
    import torch

    from selfstudy.starts.base import read_as

    with torch.device("meta"):  # draws nothing
        found, asked = (
            load_configuration(*gin).make_backbone().describe() for gin in (before, after)
        )
    read_as(found, asked, "pretrained elsewhere")
