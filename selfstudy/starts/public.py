"""Public weights by the names that torchvision gives them, and what all public weights share."""

import logging
from functools import cache
from pathlib import Path, PurePosixPath
from urllib.parse import urlparse

import torch
from torch import Tensor

from selfstudy.backbones.base import Backbone
from selfstudy.data.inputs import Input
from selfstudy.errors import ConfigurationError, DataError, join_lines, suggest
from selfstudy.starts.base import MakeBackbone, Start
from selfstudy.starts.weights import drop_linear, fit, require_resnet

DAMAGED = "damaged, or not the weights from"
LONGEST = 400  # characters of a library's error
NOT_STATED = "not stated"

log = logging.getLogger("selfstudy")


class Public(Start):
    """Weights that a library knows by name, and fetches where they are not there yet.

    Args:
        name: of the weights.
        make: makes the backbone.
    """

    library: str

    def __init__(self, name: str, make: MakeBackbone) -> None:
        self.name, self.make = name, make
        self.network = name.partition(".")[0]

    @property
    def source(self) -> str:
        """What to call the weights in messages."""
        return f"{self.library}: {self.name}"

    def check(self) -> None:
        """Check the name, and that the network is the backbone's."""
        require_resnet(self.make(), self.network, self.source)

    def describe(self) -> str:
        """Give the name and the licence."""
        return f"{self.source}, licence: {self.licence}"

    @property
    def licence(self) -> str:
        """That of the weights, as the library says, which need not be its own."""
        return NOT_STATED


class Torchvision(Public):
    """torchvision's weights from ImageNet: `resnet50`, or `resnet50.IMAGENET1K_V2`."""

    library = "torchvision"

    def make_backbone(self) -> Backbone:
        """Make the backbone, and fill all of it except its linear layer."""
        backbone = self.make()
        require_resnet(backbone, self.network, self.source)
        tell_licence(self.source, self.licence)
        weights, backbone.input, source = self._fetch()
        backbone.load_state_dict(fit(backbone, drop_linear(weights), source))
        return backbone

    def _fetch(self) -> tuple[dict[str, Tensor], Input, str]:
        """Fetch them into torch's cache; what images they expect, and what to call them."""
        from torchvision.models import get_model_weights

        there = get_model_weights(self.network)
        version = self.name.partition(".")[2] or "IMAGENET1K_V1"
        if version not in there.__members__:
            hint = suggest(version, there.__members__)
            raise ConfigurationError(f"{self.source}: {version!r} is not known: {hint}")
        entry = there[version]
        file = Path(
            torch.hub.get_dir(), "checkpoints", PurePosixPath(urlparse(entry.url).path).name
        )
        try:
            weights = dict(entry.get_state_dict(weights_only=True, check_hash=True, progress=False))
        except Exception as error:  # a damaged file makes torch raise almost anything
            raise explain(self.source, entry.url, file, error) from error
        transforms = entry.transforms()
        place = f"{self.source}: {file}: {DAMAGED} {entry.url}"
        return weights, scale(transforms.mean, transforms.std), place


def scale(mean: tuple[float, ...], std: tuple[float, ...]) -> Input:
    """Turn the statistics of images from 0 to 1 into an input of sRGB."""
    return Input("rgb", tuple(255 * x for x in mean), tuple(255 * x for x in std))


def explain(source: str, url: str, file: Path, error: Exception) -> DataError:
    """Make one line of what went wrong in fetching or reading weights."""
    reason = join_lines(error)[:LONGEST]
    if file.is_file():
        return DataError(f"{source}: {file}: {DAMAGED} {url}: {reason}")
    return DataError(f"{source}: {url} cannot be fetched to {file}: {reason}")


@cache
def tell_licence(source: str, licence: str) -> None:
    """Say once in a process under what licence weights are."""
    log.info("%s: licence: %s", source, licence)
