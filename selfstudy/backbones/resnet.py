"""Residual networks with dense features.

The linear layer comes before the average pool, so that there is a feature for every location, and
there is no max-pool after the stem unless asked for (study, "Networks").
"""

from functools import partial
from itertools import pairwise
from typing import NamedTuple

from torch import Tensor, nn

from selfstudy.backbones.base import Backbone, Features
from selfstudy.backbones.blocks import BasicBlock, Bottleneck, conv1x1, conv3x3
from selfstudy.description import Count
from selfstudy.errors import ConfigurationError


class ConvBlock(nn.Module):
    """3×3 convolution, 2×2 max-pool, batch norm, CELU(0.075): ResNet9's way down (myrtle.ai)."""

    def __init__(self, in_channels: int, out_channels: int) -> None:
        super().__init__()
        self.conv = conv3x3(in_channels, out_channels)
        self.pool = nn.MaxPool2d(2)
        self.bn = nn.BatchNorm2d(out_channels)
        self.celu = nn.CELU(0.075, inplace=True)

    def forward(self, x: Tensor) -> Tensor:
        """Halve the resolution of maps (b, in_channels, h, w)."""
        return self.celu(self.bn(self.pool(self.conv(x))))


class NarrowBlock(BasicBlock):
    """A basic block with `middle` channels between its two convolutions."""

    def __init__(self, in_channels: int, out_channels: int, middle: int) -> None:
        shortcut = None
        if in_channels != out_channels:
            shortcut = nn.Sequential(
                conv1x1(in_channels, out_channels), nn.BatchNorm2d(out_channels)
            )
        super().__init__(in_channels, out_channels, downsample=shortcut)
        self.conv1 = conv3x3(in_channels, middle)
        self.bn1 = nn.BatchNorm2d(middle)
        self.conv2 = conv3x3(middle, out_channels)


class Architecture(NamedTuple):
    """What makes one residual network differ from another."""

    block: type[BasicBlock | Bottleneck]
    layers: tuple[int, ...]
    groups: int = 1
    width_per_group: int = 64


RESNET9 = "resnet9"
ARCHITECTURES = {
    RESNET9: Architecture(BasicBlock, (2, 1, 2)),
    "resnet18": Architecture(BasicBlock, (2, 2, 2, 2)),
    "resnet34": Architecture(BasicBlock, (3, 4, 6, 3)),
    "resnet50": Architecture(Bottleneck, (3, 4, 6, 3)),
    "resnet101": Architecture(Bottleneck, (3, 4, 23, 3)),
    "resnet152": Architecture(Bottleneck, (3, 8, 36, 3)),
    "resnext50_32x4d": Architecture(Bottleneck, (3, 4, 6, 3), 32, 4),
    "resnext101_32x8d": Architecture(Bottleneck, (3, 4, 23, 3), 32, 8),
    "wide_resnet50_2": Architecture(Bottleneck, (3, 4, 6, 3), 1, 128),
    "wide_resnet101_2": Architecture(Bottleneck, (3, 4, 23, 3), 1, 128),
}


class ResNet(Backbone, choices=tuple(ARCHITECTURES)):
    """A residual network (He et al., 2016), or ResNet9 (myrtle.ai).

    Args:
        choice: a name of `ARCHITECTURES`.
        in_channels: channels of the images (b, in_channels, height, width).
        out_feats: size of the features.
        feat_layer: pooled features come from the input of this layer, counted from 0;
            -1: from the linear layer.
        freeze_at_k: no gradient passes below the end of layer k, counted from 0.
        is_half: half as many channels in the middle (each of CMC's two encoders).
        prepool_fc: the linear layer comes before the average pool.
        replace_stride_with_dilation: for layers 2, 3 and 4, as in torchvision.
        skip_init_pool: no max-pool after the stem.
        width: channels of the stem, from which all others follow; the study's is 64.
    """

    def __init__(
        self,
        choice: str,
        in_channels: int = 3,
        out_feats: Count = 256,
        feat_layer: int = -1,
        freeze_at_k: int | None = None,
        is_half: bool = False,
        prepool_fc: bool = True,
        replace_stride_with_dilation: list[bool] | None = None,
        skip_init_pool: bool = True,
        width: int = 64,
    ) -> None:
        super().__init__()
        self.name = choice
        architecture = ARCHITECTURES[choice]
        # ResNet9 has channels to halve at any width.
        least = max(1, 64 // architecture.width_per_group)
        least *= 2 if is_half and choice != RESNET9 else 1
        if width < least:
            raise ConfigurationError(
                f"ResNet.width = {width}: expected at least {least}, or blocks have no channels"
            )
        kernel, stride = (3, 1) if choice == RESNET9 else (7, 2)
        self.stem = nn.Sequential(
            nn.Conv2d(in_channels, width, kernel, stride, kernel // 2, bias=False),
            nn.BatchNorm2d(width),
            nn.ReLU(inplace=True),
            nn.Identity() if skip_init_pool else nn.MaxPool2d(3, 2, 1),
        )
        if choice == RESNET9:
            self.layers, channels = make_resnet9_layers(width, is_half)
        else:
            dilate = replace_stride_with_dilation or [False, False, False]
            self.layers, channels = make_residual_layers(architecture, width, is_half, dilate)
        if feat_layer not in range(-1, len(self.layers)):
            raise ConfigurationError(
                f"ResNet.feat_layer = {feat_layer}: expected -1, or a layer of {choice}, 0 to "
                f"{len(self.layers) - 1}"
            )
        if freeze_at_k is not None and freeze_at_k not in range(len(self.layers)):
            raise ConfigurationError(
                f"ResNet.freeze_at_k = {freeze_at_k}: expected a layer of {choice}, 0 to "
                f"{len(self.layers) - 1}"
            )
        self.fc = nn.Linear(channels[-1], out_feats)
        self.out_feats = out_feats if feat_layer == -1 else channels[feat_layer]
        self.feat_layer = feat_layer
        self.freeze_at_k = freeze_at_k
        self.is_half = is_half
        self.prepool_fc = prepool_fc
        # The last block but one of the last layer, and of the layer before it (ResNet9's only one).
        before = -len(self.layers[-1]) - (1 if choice == RESNET9 else 2)
        self.local_blocks = (before, -2)
        self.block_channels = (channels[-2], channels[-1])
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")

    def extract(self, images: Tensor) -> Features:
        """Extract features of images (b, in_channels, h, w)."""
        blocks = [self.stem(images)]
        layer_inputs = []
        for index, layer in enumerate(self.layers):
            layer_inputs.append(blocks[-1])
            for block in layer:
                blocks.append(block(blocks[-1]))
            if index == self.freeze_at_k:
                blocks[-1] = blocks[-1].detach()
        dense = self.fc(blocks[-1].permute(0, 2, 3, 1)).permute(0, 3, 1, 2)
        if self.feat_layer != -1:
            pooled = average_places(layer_inputs[self.feat_layer])
        elif self.prepool_fc:
            pooled = average_places(dense)
        else:
            pooled = self.fc(average_places(blocks[-1]))
        return Features(pooled, dense, blocks)


def average_places(maps: Tensor) -> Tensor:
    """Average maps (b, c, h, w) over their places: (b, c)."""
    return maps.mean((2, 3))


def make_resnet9_layers(width: int, is_half: bool) -> tuple[nn.ModuleList, list[int]]:
    """Make the layers of ResNet9, and list the channels into each of them and out of the last."""
    half = 2 if is_half else 1
    first, second, last = 2 * width, 4 * width // half, 8 * width
    layers = nn.ModuleList(
        [
            nn.Sequential(
                ConvBlock(width, first // half), NarrowBlock(first // half, first, first // half)
            ),
            nn.Sequential(ConvBlock(first, second)),
            nn.Sequential(ConvBlock(second, last), NarrowBlock(last, last, last // half)),
        ]
    )
    return layers, [width, first, second, last]


def make_residual_layers(
    architecture: Architecture, width: int, is_half: bool, dilate: list[bool]
) -> tuple[nn.ModuleList, list[int]]:
    """Make the layers of a deeper network, and list the channels between them."""
    block, depths, groups, width_per_group = architecture
    planes = [width * 2**i // (2 if is_half else 1) for i in range(len(depths))]
    channels = [width, *(p * block.expansion for p in planes)]
    layers, dilation = nn.ModuleList(), 1
    for index, (inputs, outputs) in enumerate(pairwise(channels)):
        stride, previous = (1 if index == 0 else 2), dilation
        if index > 0 and dilate[index - 1]:
            stride, dilation = 1, dilation * 2
        shortcut = None
        if stride != 1 or inputs != outputs:
            shortcut = nn.Sequential(conv1x1(inputs, outputs, stride), nn.BatchNorm2d(outputs))
        make = partial(block, planes=planes[index], groups=groups, base_width=width_per_group)
        first = make(inputs, stride=stride, downsample=shortcut, dilation=previous)
        rest = [make(outputs, dilation=dilation) for _ in range(1, depths[index])]
        layers.append(nn.Sequential(first, *rest))
    return layers, channels
