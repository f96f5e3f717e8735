"""CMC's backbone: one encoder for lightness, one for colour (Tian et al., 2019)."""

import torch
import torch.nn.functional as F
from torch import Tensor

from selfstudy.backbones.base import Backbone, Features
from selfstudy.errors import ConfigurationError


class TwoEncoders(Backbone, name="two_encoders"):
    """Two encoders whose normalised features stand side by side.

    Args:
        l: sees lightness, the first channel of images in CIE Lab.
        ab: sees colour, the other two.

    Raises:
        ConfigurationError: an encoder is for other channels.
    """

    handed = ("l", "ab")
    space = "lab"

    def __init__(self, l: Backbone, ab: Backbone) -> None:  # noqa: E741
        super().__init__()
        for name, encoder, channels in (("l", l, 1), ("ab", ab, 2)):
            found = encoder.arguments.get("in_channels", channels)
            if found != channels:
                raise ConfigurationError(
                    f"two_encoders: {name}: expected an encoder of in_channels = {channels}, "
                    f"not {found}"
                )
        self.l = l
        self.ab = ab
        self.out_feats = l.out_feats + ab.out_feats

    def extract(self, images: Tensor) -> Features:
        """Extract features of images in CIE Lab (b, 3, h, w)."""
        lightness, color = self.l.extract(images[:, :1]), self.ab.extract(images[:, 1:])
        views = [F.normalize(view.pooled.float()) for view in (lightness, color)]
        dense = torch.cat([lightness.dense, color.dense], 1)
        return Features(torch.cat(views, 1), dense, [])
