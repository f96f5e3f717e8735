"""Weights for the networks of other libraries that compute the same."""

import io
from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from typing import Any

import gin
import torch
from torch import Tensor, nn

from selfstudy.backbones.imagenet import our_name
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

    def __init__(self, name: str, model: nn.Module, about: Mapping[str, str]) -> None:
        """Raises ConfigurationError if the library has no such network."""
        super().__init__(name, model, about)
        self.choice = gin.get_bindings("init_resnet").get("choice")
        there = [choice for choice in ARCHITECTURES if choice != RESNET9]
        single = isinstance(self.backbone, ResNet)
        if not single or self.choice not in there:
            what = self.choice if single else f"{type(self.backbone).__name__} (of {model.name})"
            raise self.refusal(
                f"no counterpart of {what}: expected a single network, one of {', '.join(there)}"
            )
        if self.backbone.feat_layer != -1:
            raise self.refusal(
                f"no features but the linear layer's: expected ResNet.feat_layer = -1, not "
                f"{self.backbone.feat_layer}"
            )
        self.arguments = {"num_classes": self.backbone.out_feats, **self.dilation()}
        with torch.device("meta"):
            expected = self.network().state_dict()
        ours = self.backbone.state_dict()
        self.weights = {key: ours[our_name(key)] for key in expected}
        for key, value in self.weights.items():
            if value.shape != expected[key].shape:
                raise self.refusal(
                    f"another {self.choice}: {key} is {tuple(expected[key].shape)} there, here "
                    f"{tuple(value.shape)}: expected ResNet.width = 64 and ResNet.is_half = False"
                )

    @property
    def library(self) -> str:
        return self.libraries[0].partition(".")[0]

    def refusal(self, there: str) -> ConfigurationError:
        return ConfigurationError(
            f"{self.name}: --format {self.library}: {self.library} has {there}; --format "
            f"safetensors and onnx take any backbone"
        )

    def dilation(self) -> dict[str, Any]:
        """The library's argument for the layers that are dilated."""
        dilated = self.dilated()
        return {"replace_stride_with_dilation": dilated} if any(dilated) else {}

    def dilated(self) -> list[bool]:
        """Whether layers 2, 3 and 4 keep the resolution."""
        return [layer[0].downsample[0].stride == (1, 1) for layer in self.backbone.layers[1:]]

    def network(self) -> nn.Module:
        """The library's network, with new weights."""
        make = getattr(import_module(self.libraries[0]), self.make)
        network = make(self.choice, **self.arguments)
        if self.skips_pool():
            network.maxpool = nn.Identity()
        return network

    def skips_pool(self) -> bool:
        return isinstance(self.backbone.stem[3], nn.Identity)

    def content(self, images: Tensor) -> bytes:
        buffer = io.BytesIO()
        torch.save(self.weights, buffer)
        return buffer.getvalue()

    def features(self, path: Path, images: Tensor) -> tuple[Tensor, ...]:
        network = self.network().eval()
        network.load_state_dict(torch.load(path, weights_only=True))
        return (network(images),)

    def usage(self, path: Path) -> str:
        arguments = ", ".join(f"{key}={value!r}" for key, value in self.arguments.items())
        pool = "model.maxpool = torch.nn.Identity()  # it was trained without\n"
        return (
            f"import torch, {self.libraries[0]}\n"
            f"model = {self.libraries[0]}.{self.make}({self.choice!r}, {arguments}).eval()\n"
            f"{pool * self.skips_pool()}"
            f"model.load_state_dict(torch.load({str(path)!r}, weights_only=True))"
        )


class Timm(Torchvision):
    """The same of timm, whose names are torchvision's."""

    file = "backbone_timm.pth"
    libraries = ("timm",)
    make = "create_model"

    def dilation(self) -> dict[str, Any]:
        strides = {(False, False, False): 32, (False, False, True): 16, (False, True, True): 8}
        dilated = tuple(self.dilated())
        if dilated not in strides:
            raise self.refusal(
                f"no such dilation: expected ResNet.replace_stride_with_dilation = one of "
                f"{', '.join(str(list(each)) for each in strides)}, not {list(dilated)}"
            )
        return {} if not any(dilated) else {"output_stride": strides[dilated]}
