"""Weights in a file of one's own."""

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path

import torch
from torch import Tensor

from selfstudy.backbones.base import Backbone
from selfstudy.data.inputs import INPUTS, SPACES, Input
from selfstudy.errors import ConfigurationError, DataError, find_known, join_lines
from selfstudy.provenance import hash_files
from selfstudy.snapshots import load_tensors
from selfstudy.starts.base import MakeBackbone, Start
from selfstudy.starts.weights import fit

SAFETENSORS = ".safetensors"
CONTAINERS = ("state_dict", "model")  # in which training programs put weights
DIGEST = "selfstudy_sha256"  # what a file of `selfstudy export` says of its weights and the rest


class File(Start):
    """A backbone's weights, by our names, or by torchvision's or timm's.

    Args:
        path: a `.safetensors` file, such as `selfstudy export` writes, or what `torch.save` wrote.
        make: makes the backbone.
        images: what images it expects, a name of `INPUTS`; None: as the file says.

    Raises:
        ConfigurationError: `images` is not known.
        DataError: there is no such file.
    """

    def __init__(self, path: str | Path, make: MakeBackbone, images: str | None = None) -> None:
        self.path, self.make = Path(path), make
        if not self.path.is_file():
            raise DataError(f"{self.path}: there is no such file")
        self.images = None if images is None else find_known(images, INPUTS, "input")

    def make_backbone(self) -> Backbone:
        """Make the backbone, and load the file's weights."""
        weights, images = self._read()
        backbone = self.make()
        backbone.load_state_dict(fit(backbone, weights, str(self.path)))
        backbone.input = images
        return backbone

    def check(self) -> None:
        """Check the file whole."""
        weights, _ = self._read()
        fit(self.make(), weights, str(self.path))

    def describe(self) -> str:
        """Give the file's checksum, and what images it is said to expect."""
        return f"file {hash_files([self.path])} {self.images or ''}".rstrip()

    def _read(self) -> tuple[dict[str, Tensor], Input]:
        weights, about = read_weights(self.path)
        images = self.images or find_input(about)
        if images is None:
            raise ConfigurationError(
                f"{self.path}: it does not say what images it expects: say it by input: "
                f"{' or '.join(INPUTS)}"
            )
        return weights, images


def read_weights(path: Path) -> tuple[dict[str, Tensor], dict[str, str]]:
    """Read the tensors of a file of weights, and what it says of itself.

    What `torch.save` wrote may have them under "state_dict" or "model", beside anything else.

    Raises:
        ConfigurationError: a library is not installed.
        DataError: the file is damaged, or something else.
    """
    if path.suffix == SAFETENSORS:
        return read_safetensors(path)
    weights = load_tensors(path, kind="file of weights")
    for key in CONTAINERS:
        if isinstance(weights, dict) and isinstance(weights.get(key), dict):
            weights = weights[key]
    if not isinstance(weights, dict) or not all(
        isinstance(value, Tensor) for value in weights.values()
    ):
        raise DataError(f"{path}: expected tensors by name, and nothing else")
    return weights, {}


def read_safetensors(path: Path) -> tuple[dict[str, Tensor], dict[str, str]]:
    """Read the tensors of a safetensors file, and what it says of itself.

    Raises:
        ConfigurationError: the library is not installed.
        DataError: the file is damaged, or its weights are not those that it was exported with.
    """
    try:
        from safetensors import SafetensorError, safe_open
    except ModuleNotFoundError as error:
        raise ConfigurationError(
            f"{path}: needs safetensors: pip install selfstudy[timm]"
        ) from error
    try:
        with safe_open(path, "pt") as file:
            weights = {key: file.get_tensor(key) for key in list(file.keys())}
            about = file.metadata() or {}
    except (SafetensorError, OSError, ValueError) as error:
        reason = join_lines(error)
        raise DataError(f"{path}: damaged, or not a safetensors file: {reason}") from error
    if about.get(DIGEST, digest := hash_weights(weights, about)) != digest:
        raise DataError(f"{path}: damaged: its content and its checksum do not agree")
    return weights, about


def hash_weights(weights: Mapping[str, Tensor], about: Mapping[str, str]) -> str:
    """Hash tensors by name and what is said of them (SHA-256)."""
    said = sorted((key, value) for key, value in about.items() if key != DIGEST)
    digest = hashlib.sha256(json.dumps(said).encode())
    for name, values in sorted(weights.items()):
        digest.update(f"{name} {values.dtype} {tuple(values.shape)}".encode())
        digest.update(values.contiguous().flatten().view(torch.uint8).numpy())
    return digest.hexdigest()


def find_input(about: dict[str, str]) -> Input | None:
    """Find what a file of `selfstudy export` says of its images; None: nothing."""
    try:
        mean, std = (tuple(map(float, about[key].split(","))) for key in ("mean", "std"))
        space = about["color_space"]
    except (KeyError, ValueError):
        return None
    return Input(space, mean, std) if space in SPACES and len(mean) == len(std) == 3 else None
