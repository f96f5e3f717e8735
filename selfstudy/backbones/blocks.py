"""Residual blocks (He et al., 2016), with torchvision's names and random draws.

They are not torchvision's own, for to import these takes as long as to import PyTorch.
"""

from typing import ClassVar

from torch import Tensor, nn

from selfstudy.errors import ConfigurationError


def conv3x3(
    in_channels: int, out_channels: int, stride: int = 1, groups: int = 1, dilation: int = 1
) -> nn.Conv2d:
    """Make a 3×3 convolution without a bias; with stride 1 it keeps the resolution."""
    return nn.Conv2d(
        in_channels, out_channels, 3, stride, dilation, dilation, groups=groups, bias=False
    )


def conv1x1(in_channels: int, out_channels: int, stride: int = 1) -> nn.Conv2d:
    """Make a 1×1 convolution without a bias."""
    return nn.Conv2d(in_channels, out_channels, 1, stride, bias=False)


class BasicBlock(nn.Module):
    """Two 3×3 convolutions.

    Args:
        in_channels: of its input.
        planes: channels of its output.
        stride: of the first convolution.
        downsample: the shortcut; None: the input itself.
        groups: 1, as `Bottleneck` has more.
        base_width: 64, as `Bottleneck` has others.
        dilation: 1, as `Bottleneck` has others.

    Raises:
        ConfigurationError: it is to be dilated.
    """

    expansion: ClassVar[int] = 1

    def __init__(
        self,
        in_channels: int,
        planes: int,
        stride: int = 1,
        downsample: nn.Module | None = None,
        groups: int = 1,
        base_width: int = 64,
        dilation: int = 1,
    ) -> None:
        super().__init__()
        if (groups, base_width, dilation) != (1, 64, 1):
            raise ConfigurationError(
                "ResNet.replace_stride_with_dilation: expected a network of 50 layers or more, "
                "whose blocks can be dilated"
            )
        self.conv1 = conv3x3(in_channels, planes, stride)
        self.bn1 = nn.BatchNorm2d(planes)
        self.relu = nn.ReLU(inplace=True)
        self.conv2 = conv3x3(planes, planes)
        self.bn2 = nn.BatchNorm2d(planes)
        self.downsample = downsample

    def forward(self, x: Tensor) -> Tensor:
        """Add the shortcut to the residual of maps (b, in_channels, h, w)."""
        shortcut = x if self.downsample is None else self.downsample(x)
        out = self.relu(self.bn1(self.conv1(x)))
        out = self.bn2(self.conv2(out))
        out += shortcut
        return self.relu(out)


class Bottleneck(nn.Module):
    """A 3×3 convolution between two of 1×1, the second to four times as many channels.

    The 3×3 convolution has the stride, as in torchvision, and not the first, as published.

    Args:
        in_channels: of its input.
        planes: a quarter of its output's channels.
        stride: of the 3×3 convolution.
        downsample: the shortcut; None: the input itself.
        groups: of the 3×3 convolution.
        base_width: channels of a group for 64 planes.
        dilation: of the 3×3 convolution.
    """

    expansion: ClassVar[int] = 4

    def __init__(
        self,
        in_channels: int,
        planes: int,
        stride: int = 1,
        downsample: nn.Module | None = None,
        groups: int = 1,
        base_width: int = 64,
        dilation: int = 1,
    ) -> None:
        super().__init__()
        width = int(planes * (base_width / 64)) * groups
        self.conv1 = conv1x1(in_channels, width)
        self.bn1 = nn.BatchNorm2d(width)
        self.conv2 = conv3x3(width, width, stride, groups, dilation)
        self.bn2 = nn.BatchNorm2d(width)
        self.conv3 = conv1x1(width, planes * self.expansion)
        self.bn3 = nn.BatchNorm2d(planes * self.expansion)
        self.relu = nn.ReLU(inplace=True)
        self.downsample = downsample

    def forward(self, x: Tensor) -> Tensor:
        """Add the shortcut to the residual of maps (b, in_channels, h, w)."""
        shortcut = x if self.downsample is None else self.downsample(x)
        out = self.relu(self.bn1(self.conv1(x)))
        out = self.relu(self.bn2(self.conv2(out)))
        out = self.bn3(self.conv3(out))
        out += shortcut
        return self.relu(out)
