"""AMDIM with its authors' encoder (Bachman et al., 2019)."""

from torch import Tensor, nn

from selfstudy.backbones.amdim_encoder import make_residual
from selfstudy.backbones.base import Backbone
from selfstudy.methods.amdim import AMDIM
from selfstudy.methods.base import MakeBackbone


class Embedding(nn.Module):
    """Turns a map (b, channels, h, w) into local features (b, features, h, w)."""

    def __init__(self, channels: int, features: int, use_bn: bool) -> None:
        super().__init__()
        self.residual = make_residual(channels, features, 1, 1, use_bn)
        self.shortcut = nn.Conv2d(channels, features, 1)
        self.bn = nn.BatchNorm2d(features)
        if features >= channels:  # it can start near the identity
            nn.init.uniform_(self.shortcut.weight, -0.01, 0.01)
            self.shortcut.weight.data[:, :, 0, 0].fill_diagonal_(1)

    def forward(self, x: Tensor) -> Tensor:
        """Embed maps (b, channels, h, w)."""
        return self.bn(self.residual(x) + self.shortcut(x))


class AMDIMRef(AMDIM):
    """The encoder with embeddings of two of its maps.

    Args:
        backbone: an `AMDIMEncoder`.
        tclip: scores are softly clipped to ±tclip.
    """

    @classmethod
    def make_backbone(cls, make: MakeBackbone) -> Backbone:
        """Make AMDIM's own encoder, whatever is asked for."""
        return make(3, "amdim_encoder")

    def make_projection(self, channels: int) -> nn.Module:
        """Make the embedding of a map."""
        use_bn = self.backbone.arguments.get("use_bn", False)
        return Embedding(channels, self.backbone.out_feats, use_bn)
