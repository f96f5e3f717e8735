"""Weights for the networks of other libraries that compute the same."""

import io
from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from selfstudy.backbones.base import Backbone
from selfstudy.backbones.naming import translate_key
from selfstudy.backbones.resnet import ARCHITECTURES, RESNET9, ResNet
from selfstudy.errors import ConfigurationError
from selfstudy.export.formats import Export


class Torchvision(Export):
    """The weights of torchvision's network of the same name, whose output is the pooled features.

    The linear layer comes before the average here and after it there: the same, as both are linear.
    """

    file = "backbone_torchvision.pth"
    libraries = ("torchvision.models",)
    make = "get_model"

    def __init__(self, name: str, backbone: Backbone, about: Mapping[str, str]) -> None:
        """Find the library's network.

        Raises:
            ConfigurationError: it has no such network.
        """
        super().__init__(name, backbone, about)
        self.choice = backbone.name
        there = [choice for choice in ARCHITECTURES if choice != RESNET9]
        single = isinstance(self.backbone, ResNet)
        if not single or self.choice not in there:
            raise self.refuse(
                f"no counterpart of {self.choice}: expected a single network, one of "
                f"{', '.join(there)}"
            )
        if self.backbone.feat_layer != -1:
            raise self.refuse(
                f"no features but the linear layer's: expected ResNet.feat_layer = -1, not "
                f"{self.backbone.feat_layer}"
            )
        self.arguments = {"num_classes": self.backbone.out_feats, **self.find_dilation()}
        with torch.device("meta"):
            expected = self.make_network().state_dict()
        ours = self.backbone.state_dict()
        self.weights = {key: ours[translate_key(key)] for key in expected}
        for key, value in self.weights.items():
            if value.shape != expected[key].shape:
                raise self.refuse(
                    f"another {self.choice}: {key} is {tuple(expected[key].shape)} there, here "
                    f"{tuple(value.shape)}: expected ResNet.width = 64 and ResNet.is_half = False"
                )

    @property
    def library(self) -> str:
        """The library's name."""
        return self.libraries[0].partition(".")[0]

    def refuse(self, there: str) -> ConfigurationError:
        """Make the error that says what the library has not."""
        return ConfigurationError(
            f"{self.name}: --format {self.library}: {self.library} has {there}; --format "
            f"timm, safetensors and onnx take any backbone"
        )

    def find_dilation(self) -> dict[str, Any]:
        """Find the library's argument for the layers that are dilated."""
        dilated = self.list_dilated()
        return {"replace_stride_with_dilation": dilated} if any(dilated) else {}

    def list_dilated(self) -> list[bool]:
        """List whether layers 2, 3 and 4 keep the resolution."""
        return [layer[0].downsample[0].stride == (1, 1) for layer in self.backbone.layers[1:]]

    def make_network(self) -> nn.Module:
        """Make the library's network, with new weights."""
        make = getattr(import_module(self.libraries[0]), self.make)
        network = make(self.choice, **self.arguments)
        if self.skips_pool():
            network.maxpool = nn.Identity()
        return network

    def skips_pool(self) -> bool:
        """Whether there is no max-pool after the stem."""
        return isinstance(self.backbone.stem[3], nn.Identity)

    def content(self, images: Tensor) -> bytes:
        """Write the weights by the library's names."""
        buffer = io.BytesIO()
        torch.save(self.weights, buffer)
        return buffer.getvalue()

    def features(self, path: Path, images: Tensor) -> tuple[Tensor, ...]:
        """Compute pooled features by the library's network."""
        network = self.make_network().eval()
        network.load_state_dict(torch.load(path, weights_only=True))
        return (network(images),)

    def usage(self, path: Path) -> str:
        """Say how to make the library's network."""
        arguments = ", ".join(f"{key}={value!r}" for key, value in self.arguments.items())
        pool = "model.maxpool = torch.nn.Identity()  # it was trained without\n"
        return (
            f"import torch, {self.libraries[0]}\n"
            f"model = {self.libraries[0]}.{self.make}({self.choice!r}, {arguments}).eval()\n"
            f"{pool * self.skips_pool()}"
            f"model.load_state_dict(torch.load({str(path)!r}, weights_only=True))"
        )


class TimmCounterpart(Torchvision):
    """The same of timm, whose names are torchvision's."""

    libraries = ("timm",)
    make = "create_model"

    def find_dilation(self) -> dict[str, Any]:
        """Find timm's argument for the same."""
        strides = {(False, False, False): 32, (False, False, True): 16, (False, True, True): 8}
        dilated = tuple(self.list_dilated())
        if dilated not in strides:
            raise self.refuse(
                f"no such dilation: expected ResNet.replace_stride_with_dilation = one of "
                f"{', '.join(str(list(each)) for each in strides)}, not {list(dilated)}"
            )
        return {} if not any(dilated) else {"output_stride": strides[dilated]}
