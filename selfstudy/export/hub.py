"""A folder that timm and the Hugging Face hub take a network from."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from torch import Tensor

from selfstudy.backbones.base import Backbone
from selfstudy.data.inputs import UNIT_RGB, Input
from selfstudy.errors import ConfigurationError
from selfstudy.export.card import compose_card, find_results
from selfstudy.export.counterparts import TimmCounterpart
from selfstudy.export.formats import Export
from selfstudy.export.images import tell_images
from selfstudy.files import write_whole

WHITE = 255  # values of sRGB here, and 1 there


@dataclass
class Network:
    """A network as timm makes it.

    Args:
        architecture: its name there.
        arguments: of `timm.create_model`.
        weights: by its names.
        takes: the images that it takes.
        classes: that it tells apart, by its own account; here features.
        classifier: the name of the layer that these come from.
    """

    architecture: str
    arguments: Mapping[str, Any]
    weights: Mapping[str, Tensor]
    takes: Input
    classes: int
    classifier: str


class Timm(Export):
    """Weights, configuration and model card, from which timm makes a network.

    It is timm's own where that computes the same of images that timm can prepare, which are in RGB;
    else `selfstudy.timm`'s, which takes images from 0 to 1.

    Raises:
        ConfigurationError: nobody knows what images the backbone expects.
    """

    file = "timm"
    libraries = ("timm", "safetensors.torch")

    def __init__(self, name: str, backbone: Backbone, about: Mapping[str, str]) -> None:
        super().__init__(name, backbone, about)
        if backbone.input is None:
            raise ConfigurationError(
                f"{name}: --format timm: it does not say what images it expects: expected a run on "
                f"a file that says how it was prepared"
            )
        self.network = find_counterpart(name, backbone, about) or wrap(backbone)
        self.takes = self.network.takes

    def save(self, path: Path, images: Tensor, check: Callable[[Path], None]) -> None:
        """Write the folder's files, once timm has read them elsewhere."""
        from safetensors.torch import save

        size = images.shape[-1]
        results = find_results(Path(self.about["run"]).absolute())
        usage = self.usage(Path(path.name))  # wherever it lies here
        card = compose_card(self.about, usage, tell_images(self.takes, size), results)
        configuration = json.dumps(self.configure(size), indent=2)
        files = {
            "model.safetensors": save(dict(self.network.weights), {"format": "pt"}),
            "config.json": f"{configuration}\n".encode(),
            "README.md": card.encode(),
        }
        with TemporaryDirectory() as folder:
            for name, content in files.items():
                Path(folder, name).write_bytes(content)
            check(Path(folder))
        for name, content in files.items():
            with write_whole(path / name, len(content)) as temporary:
                temporary.write_bytes(content)

    def configure(self, resolution: int) -> dict[str, Any]:
        """Configure timm, for images of some pixels' width and height."""
        network, (_, mean, std) = self.network, self.takes
        return {
            "architecture": network.architecture,
            "num_classes": network.classes,
            "num_features": self.backbone.out_feats,
            "model_args": dict(network.arguments),
            "pretrained_cfg": {
                "input_size": [3, resolution, resolution],
                "fixed_input_size": self.backbone.resolution is not None,
                "mean": [value / WHITE for value in mean],
                "std": [value / WHITE for value in std],
                "interpolation": "bicubic",
                "crop_pct": 1.0,
                "crop_mode": "center",
                "num_classes": network.classes,
                "classifier": network.classifier,
                "custom_load": False,
            },
        }

    def features(self, path: Path, images: Tensor) -> tuple[Tensor, ...]:
        """Compute pooled features by the network that timm makes."""
        import timm

        import selfstudy.timm  # noqa: F401  enters ours

        network = timm.create_model(f"local-dir:{path}", pretrained=True)
        return (network.eval()(images),)

    def usage(self, path: Path) -> str:
        """Say how to make the network."""
        ours = "import selfstudy.timm  # pip install 'selfstudy[export]'\n"
        return (
            f"{ours if self.network.classes == 0 else ''}import timm\n"
            f"model = timm.create_model({f'local-dir:{path}'!r}, pretrained=True).eval()"
        )


def find_counterpart(name: str, backbone: Backbone, about: Mapping[str, str]) -> Network | None:
    """Find the network of timm that computes the same; None: there is none."""
    try:
        found = TimmCounterpart(name, backbone, about)
    except ConfigurationError:
        return None
    if found.skips_pool() or backbone.input.space != "rgb":
        return None
    outputs = backbone.out_feats
    weights = {key: value.contiguous() for key, value in found.weights.items()}
    return Network(backbone.name, found.arguments, weights, backbone.input, outputs, "fc")


def wrap(backbone: Backbone) -> Network:
    """Wrap a backbone as timm makes it where `selfstudy.timm` was imported."""
    from selfstudy.timm import ARCHITECTURE

    images = [value if isinstance(value, str) else list(value) for value in backbone.input]
    arguments = {"backbone": backbone.describe(), "images": images}
    weights = {f"backbone.{key}": value for key, value in backbone.state_dict().items()}
    return Network(ARCHITECTURE, arguments, weights, UNIT_RGB, 0, "head")
