"""AMDIM's own encoder, whose local features see parts of the image only.

Its convolutions have no padding (Bachman et al., 2019), so it takes images of one size.
"""

import torch.nn.functional as F
from torch import Tensor, nn

from selfstudy.backbones.base import Backbone, Features
from selfstudy.description import Count
from selfstudy.errors import ConfigurationError

SIZES = (32, 64, 128)  # of the images, in pixels


def make_convolution(
    in_channels: int, out_channels: int, kernel: int, **options: int | str
) -> nn.Sequential:
    """Make a convolution with a bias, and a ReLU."""
    convolution = nn.Conv2d(in_channels, out_channels, kernel, **options)
    return nn.Sequential(convolution, nn.ReLU(inplace=True))


def make_norm(channels: int, use_bn: bool) -> nn.Module:
    """Make batch norm, or nothing."""
    return nn.BatchNorm2d(channels) if use_bn else nn.Identity()


def make_residual(
    in_channels: int, out_channels: int, kernel: int, stride: int, use_bn: bool
) -> nn.Sequential:
    """Make what goes beside a shortcut: two convolutions, the second zero at first (fixup)."""
    second = nn.Conv2d(out_channels, out_channels, 1, bias=False)
    nn.init.zeros_(second.weight)
    return nn.Sequential(
        nn.Conv2d(in_channels, out_channels, kernel, stride, bias=False),
        make_norm(out_channels, use_bn),
        nn.ReLU(inplace=True),
        second,
    )


class ResidualUnit(nn.Module):
    """Two convolutions and a shortcut without parameters, the average of what the first one sees.

    The shortcut has zeros in channels that are new, and lacks those that are too many.
    """

    def __init__(
        self, in_channels: int, out_channels: int, kernel: int, stride: int, use_bn: bool
    ) -> None:
        super().__init__()
        self.residual = make_residual(in_channels, out_channels, kernel, stride, use_bn)
        self.pool = nn.AvgPool2d(kernel, stride)
        self.new_channels = out_channels - in_channels

    def forward(self, x: Tensor) -> Tensor:
        """Add the shortcut to the residual of maps (b, in_channels, h, w)."""
        # Padding by a negative number drops channels. The study's authors do not pool there: their
        # average of what leaves the encoder makes up for it, except for the variance that the batch
        # norm in between sees in training.
        shortcut = F.pad(self.pool(x), (0, 0, 0, 0, 0, self.new_channels))
        return self.residual(x) + shortcut


class AMDIMEncoder(Backbone, name="amdim_encoder"):
    """Images (b, 3, encoder_size, encoder_size) to maps that end in 7×7, 5×5, 3×3 and 1×1.

    Args:
        in_channels: channels of the images.
        n_rkhs: size of the features.
        ndf: channels of the first convolution, from which all others follow.
        n_depth: residual units in a block.
        encoder_size: size of the images in pixels: 32, 64 or 128.
        use_bn: batch norm in all of the encoder, not only on what it gives.

    Raises:
        ConfigurationError: there is no encoder for images of that size.
    """

    local_blocks = (-4, -3)

    def __init__(
        self,
        in_channels: int = 3,
        n_rkhs: Count = 128,
        ndf: Count = 64,
        n_depth: Count = 3,
        encoder_size: int = 64,
        use_bn: bool = False,
    ) -> None:
        super().__init__()
        if encoder_size not in SIZES:
            raise ConfigurationError(
                f"AMDIMEncoder.encoder_size = {encoder_size!r}: "
                f"expected one of {', '.join(map(str, SIZES))}"
            )

        def block(in_channels: int, out_channels: int, kernel: int, stride: int) -> nn.Sequential:
            first = ResidualUnit(in_channels, out_channels, kernel, stride, use_bn)
            rest = [
                ResidualUnit(out_channels, out_channels, 1, 1, use_bn) for _ in range(n_depth - 1)
            ]
            return nn.Sequential(first, *rest)

        if encoder_size == 32:
            top = 4 * ndf
            stem = [make_convolution(in_channels, ndf, 3), ResidualUnit(ndf, ndf, 1, 1, use_bn)]
            down = [block(ndf, 2 * ndf, 4, 2)]
        else:
            top = 8 * ndf
            stem = [make_convolution(in_channels, ndf, 3)]
            if encoder_size == 128:
                halving = make_convolution(
                    in_channels, ndf, 5, stride=2, padding=2, padding_mode="reflect"
                )
                stem = [halving, make_convolution(ndf, ndf, 3)]
            down = [block(ndf, 2 * ndf, 4, 2), block(2 * ndf, 4 * ndf, 4, 2)]
        self.blocks = nn.ModuleList(
            [
                *stem,
                *down,
                nn.Sequential(block(top // 2, top, 2, 2), make_norm(top, use_bn)),
                block(top, top, 3, 1),
                block(top, top, 3, 1),
                nn.Sequential(ResidualUnit(top, n_rkhs, 3, 1, use_bn), nn.BatchNorm2d(n_rkhs)),
            ]
        )
        self.encoder_size = self.resolution = encoder_size
        self.block_channels = (top, top)
        self.out_feats = n_rkhs

    def extract(self, images: Tensor) -> Features:
        """Extract features of images (b, in_channels, encoder_size, encoder_size)."""
        height, width = images.shape[-2:]
        if (height, width) != (self.encoder_size, self.encoder_size):
            raise ConfigurationError(
                f"AMDIMEncoder.encoder_size = {self.encoder_size}: the images are {height}x{width}"
                " (BaseDataset.input_res): expected the same size"
            )
        maps = [images]
        for block in self.blocks:
            maps.append(block(maps[-1]))
        return Features(maps[-1].mean((2, 3)), maps[-1], maps[1:])
