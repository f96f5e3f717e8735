"""Starts: where the weights that finetuning begins with come from."""

from collections.abc import Callable, Mapping

from selfstudy.backbones.base import Backbone
from selfstudy.errors import ConfigurationError
from selfstudy.starts.base import Start
from selfstudy.starts.file import File
from selfstudy.starts.public import Torchvision
from selfstudy.starts.timm_weights import Timm

KINDS = {"torchvision": Torchvision, "timm": Timm, "file": File}


def make_start(start: Mapping[str, str], make: Callable[[], Backbone]) -> Start:
    """Make the start that a configuration names.

    Args:
        start: one of `torchvision`, `timm` and `file`, and its name or path; beside a file,
            `input` may say what images it expects.
        make: makes the backbone, with new weights.

    Raises:
        ConfigurationError: it is none of these.
    """
    given = [kind for kind in KINDS if kind in start]
    if len(given) != 1:
        raise ConfigurationError(f"start {dict(start)}: expected just one of {', '.join(KINDS)}")
    options = {"images": start["input"]} if "input" in start else {}
    return KINDS[given[0]](start[given[0]], make, **options)
