"""timm's weights: by the names that it gives them, in a folder, or on the Hugging Face hub."""

import json
import socket
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from functools import cached_property, partial
from pathlib import Path
from typing import Any
from urllib.parse import urlparse
from urllib.request import getproxies

import torch
from torch import Tensor, nn

from selfstudy.backbones.base import Backbone
from selfstudy.backbones.timm_network import TimmNetwork, import_timm, tell
from selfstudy.errors import ConfigurationError, DataError, join_lines, suggest
from selfstudy.provenance import hash_files
from selfstudy.starts.base import MakeBackbone
from selfstudy.starts.file import read_weights
from selfstudy.starts.public import NOT_STATED, Public, explain, scale, tell_licence
from selfstudy.starts.weights import drop_linear, fit, require_network, require_resnet

LOCAL, HUB = "local-dir:", "hf-hub:"  # as timm has them
CONFIGURATION = "config.json"
FILES = ("model.safetensors", "pytorch_model.bin", "pytorch_model.pth")
# What timm has of the networks that folders of transformers hold, by their `model_type`.
TRANSFORMERS = {
    "clip": "vit_base_patch32_clip_224.openai",
    "clip_vision_model": "vit_base_patch32_clip_224.openai",
    "dinov2": "vit_small_patch14_dinov2.lvd142m",
    "dinov2_with_registers": "vit_small_patch14_reg4_dinov2.lvd142m",
    "dinov3_vit": "vit_small_patch16_dinov3.lvd1689m",
    "vit": "vit_base_patch16_224.augreg_in21k",
    "vit_mae": "vit_base_patch16_224.mae",
}


class Timm(Public):
    """timm's weights, such as `resnet50.a1_in1k` or `vit_small_patch14_dinov2.lvd142m`.

    They are for timm's network of that name, or for the residual network. Position embeddings are
    resampled by timm to the images' size.

    Args:
        name: of the weights; or `local-dir:` and a folder that holds `config.json` and the weights,
            as `timm.models.save_for_hf` writes them; or `hf-hub:` and the name of such a folder on
            the Hugging Face hub.
        make: makes the backbone.

    Raises:
        DataError: there is no such folder, it cannot be fetched, or it is not timm's.
    """

    library = "timm"

    def __init__(self, name: str, make: MakeBackbone) -> None:
        super().__init__(name, make)
        self.folder = Path(name.removeprefix(LOCAL)) if name.startswith(LOCAL) else None
        self.hub = name.removeprefix(HUB) if name.startswith(HUB) else None
        self.said: dict[str, Any] = {}
        if self.folder is not None or self.hub is not None:
            self.said = read_configuration(self.folder or self._fetch_configuration())
            self.network = self.said["architecture"]

    def check(self) -> None:
        """Check the name, or the folder whole, and that the network is the backbone's."""
        if self.folder is not None:
            with torch.device("cpu"):  # elsewhere weights of any kind can be loaded
                self.make_backbone()
            return
        self._require(self.make())
        _ = self.configuration  # is known

    def make_backbone(self) -> Backbone:
        """Make the backbone, and fill all of it that timm's network has."""
        backbone = self.make()
        self._require(backbone)
        about = self.configuration
        tell_licence(self.source, self.licence)
        if isinstance(backbone, TimmNetwork):
            weights = self._fetch(backbone.make_network, about)
        else:
            make = partial(import_timm(self.source).create_model, self.network)
            weights = drop_linear(self._fetch(make, about))
        backbone.load_state_dict(fit(backbone, weights, self.source))
        backbone.input = scale(about.mean, about.std)
        return backbone

    def describe(self) -> str:
        """Give the name, or the checksum of a folder wherever it lies, and the licence."""
        which = self.source
        if self.folder is not None:
            which = f"{self.library} folder {hash_files(list_files(self.folder))}"
        return f"{which}, licence: {self.licence}"

    @property
    def source(self) -> str:
        """What to call the weights in messages."""
        return super().source if self.folder is None else str(self.folder)

    @property
    def licence(self) -> str:
        """That of the weights, as timm or the folder says."""
        return self.configuration.license or NOT_STATED

    @cached_property
    def configuration(self) -> Any:
        """What timm has configured of the weights, or the folder says: a `PretrainedCfg`.

        Raises:
            ConfigurationError: timm is missing, or knows no such weights.
            DataError: the folder is not as timm writes it.
        """
        timm = import_timm(self.source)
        if self.said:
            try:
                about = timm.models.PretrainedCfg(**self.said["pretrained_cfg"])
            except TypeError as error:
                raise DataError(f"{self.source}: {CONFIGURATION}: {error}") from error
            classes = self.said.get("num_classes", about.num_classes)
            return replace(about, num_classes=classes, hf_hub_id=self.hub)
        if not timm.is_model_pretrained(self.name):
            names = timm.list_models(f"{self.network}*", pretrained=True)
            raise ConfigurationError(f"{self.source}: no such weights: {suggest(self.name, names)}")
        return timm.get_pretrained_cfg(self.name)

    def _require(self, backbone: Backbone) -> None:
        require = require_network if isinstance(backbone, TimmNetwork) else require_resnet
        require(backbone, self.network, self.source)

    def _fetch(self, make: Any, about: Any) -> Mapping[str, Tensor]:
        """The weights of a network that timm makes and fills, into the hub's cache if need be."""
        if self.folder is not None:
            tensors, _ = read_weights(find_weights(self.folder))
            about = replace(about, state_dict=tensors)
        try:
            # What is drawn here does not change what is drawn after it.
            with torch.random.fork_rng([]), torch.device("cpu"), spare_waiting():
                network: nn.Module = make(
                    pretrained=True, pretrained_cfg=about, num_classes=about.num_classes
                )
        except Exception as error:  # the hub's errors are of many kinds, and so are timm's
            raise self._explain(about.hf_hub_id, error, about.url) from error
        return network.state_dict()

    def _fetch_configuration(self) -> Path:
        """Fetch what the hub's folder says of its weights into the cache; give the folder there."""
        import_timm(self.source)
        from huggingface_hub import hf_hub_download

        try:
            with spare_waiting():
                return Path(hf_hub_download(self.hub, CONFIGURATION)).parent
        except Exception as error:  # of many kinds
            raise self._explain(self.hub, error) from error

    def _explain(self, hub: str | None, error: Exception, url: str | None = None) -> DataError:
        """One line of what went wrong in fetching or loading."""
        if self.folder is not None:
            return DataError(
                f"{self.folder}: its weights are not those of {self.network} as it is configured: "
                f"{tell(error)}"
            )
        from huggingface_hub import constants

        place = f"https://huggingface.co/{hub}" if hub else url
        return explain(self.source, place, Path(constants.HF_HUB_CACHE), error)


@contextmanager
def spare_waiting() -> Iterator[None]:
    """Have the hub's client look into its cache alone where there is no network.

    It would try for the better part of a minute, even for what is in the cache.
    """
    from huggingface_hub import constants

    before = constants.HF_HUB_OFFLINE
    constants.HF_HUB_OFFLINE = before or not is_reachable(constants.ENDPOINT)
    try:
        yield
    finally:
        constants.HF_HUB_OFFLINE = before


def is_reachable(url: str) -> bool:
    """Whether a host's name is known, or a proxy knows it perhaps."""
    parts = urlparse(url)
    try:
        return bool(getproxies() or socket.getaddrinfo(parts.hostname, parts.port or parts.scheme))
    except OSError:
        return False


def read_configuration(folder: Path) -> dict[str, Any]:
    """Read what a folder in timm's format says of its weights.

    Raises:
        DataError: it is missing, damaged, or not timm's.
    """
    path = folder / CONFIGURATION
    try:
        said = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise DataError(f"{path}: cannot be read: {join_lines(error)}") from error
    kind = said.get("model_type") if isinstance(said, dict) else None
    if isinstance(kind, str) and "pretrained_cfg" not in said:
        there = f", such as {TRANSFORMERS[kind]}" if kind in TRANSFORMERS else ""
        raise DataError(
            f"{path}: model_type = {kind!r}: a folder of transformers, whose weights have other "
            f"names than timm's: expected timm's name of the same weights{there}"
        )
    if not isinstance(said, dict) or not isinstance(said.get("pretrained_cfg"), dict):
        raise DataError(
            f"{path}: expected 'architecture' and 'pretrained_cfg', as timm.models.save_for_hf "
            f"writes them"
        )
    return said


def find_weights(folder: Path) -> Path:
    """Find the file of weights in a folder.

    Raises:
        DataError: there is none.
    """
    found = [folder / name for name in FILES if (folder / name).is_file()]
    if not found:
        raise DataError(f"{folder}: expected weights in {' or '.join(FILES)}")
    return found[0]


def list_files(folder: Path) -> list[Path]:
    """List the files of a folder of weights that count."""
    return [folder / CONFIGURATION, find_weights(folder)]
