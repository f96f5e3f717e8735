"""Masked autoencoder: rebuild most of an image's patches from the others (He et al., 2022)."""

from typing import Annotated, NamedTuple

import torch
from torch import Tensor, nn

from selfstudy.augment import View
from selfstudy.backbones.base import Backbone, Features
from selfstudy.description import Range
from selfstudy.errors import ConfigurationError
from selfstudy.methods.base import Batch, Method

EPSILON = 1e-6  # of a patch's variance
HEAD = 16  # numbers of a token that a head of the decoder attends by


class Rebuilt(NamedTuple):
    """What is rebuilt of b images of n patches.

    Attributes:
        pixels: (b, n, pixels), those of a patch channel by channel.
        patches: the same of the images.
        masked: (b, n), whether a patch was hidden.
    """

    pixels: Tensor
    patches: Tensor
    masked: Tensor


def make_layer(width: int) -> nn.Module:
    """Make a transformer's layer of tokens (b, n, width), with heads of 16 numbers."""
    return nn.TransformerEncoderLayer(
        width,
        width // HEAD,
        4 * width,
        dropout=0.0,
        activation="gelu",
        batch_first=True,
        norm_first=True,
    )


class MAE(Method):
    """The mean squared error of the hidden patches' pixels, each patch's normalised.

    The backbone sees the other patches alone. A narrow transformer, which finetuning drops,
    rebuilds the image from what it makes of them.

    Args:
        backbone: what to pretrain; a transformer whose patches can be hidden.
        mask_ratio: share of the patches that are hidden.
        decoder_width: size of the decoder's tokens, a multiple of 16.
        decoder_depth: number of its layers.

    Raises:
        ConfigurationError: the backbone has no patches that can be hidden, or none or all would be.
    """

    views = (View(crop=(0.2, 1), color=False, cutout=False),)

    def __init__(
        self,
        backbone: Backbone,
        mask_ratio: float = 0.75,
        decoder_width: int = 128,
        decoder_depth: Annotated[int, Range(0)] = 2,
    ) -> None:
        super().__init__(backbone)
        if backbone.patches is None:
            raise ConfigurationError(
                f"MAE: backbone {backbone.name!r} has no patches that can be hidden: expected a "
                f"plain transformer, such as timm/vit_tiny_patch16_224"
            )
        count, pixels = backbone.patches
        self.kept = round(count * (1 - mask_ratio))
        if not 0 < self.kept < count:
            raise ConfigurationError(
                f"MAE.mask_ratio = {mask_ratio}: expected a share of {count} patches that hides "
                f"some and leaves some"
            )
        if decoder_width < HEAD or decoder_width % HEAD:
            raise ConfigurationError(
                f"MAE.decoder_width = {decoder_width}: expected a multiple of {HEAD}"
            )
        self.embed = nn.Linear(backbone.out_feats, decoder_width)
        self.hidden = nn.Parameter(0.02 * torch.randn(decoder_width))
        self.places = nn.Parameter(0.02 * torch.randn(count, decoder_width))
        self.decoder = nn.Sequential(*(make_layer(decoder_width) for _ in range(decoder_depth)))
        self.head = nn.Sequential(nn.LayerNorm(decoder_width), nn.Linear(decoder_width, pixels))

    def forward(self, batch: Batch) -> tuple[Features, Rebuilt]:
        """Rebuild the patches of each image from a few of them, drawn anew."""
        images = batch.views[0]
        with torch.no_grad():  # what probes and the tables watch: whole images
            features = self.backbone(images)
        count = len(self.places)
        kept = torch.rand(len(images), count, device=images.device).argsort(1)[:, : self.kept]
        seen, patches = self.backbone.encode_patches(images, kept)
        masked = torch.ones(len(images), count, dtype=torch.bool, device=images.device)
        masked.scatter_(1, kept, False)
        return features, Rebuilt(self.decode(seen, kept), patches, masked)

    def decode(self, seen: Tensor, kept: Tensor) -> Tensor:
        """Rebuild patches (b, n, pixels) from the tokens (b, k, features) of those at `kept`."""
        seen = self.embed(seen)
        tokens = self.hidden.to(seen.dtype).expand(len(seen), len(self.places), -1)
        tokens = tokens.scatter(1, kept[..., None].expand_as(seen), seen)
        return self.head(self.decoder(tokens + self.places.to(seen.dtype)))

    def loss(self, output: Rebuilt, batch: Batch) -> dict[str, Tensor]:
        """Average the squared error over the pixels of hidden patches."""
        patches = output.patches.float()
        variance, mean = torch.var_mean(patches, -1, keepdim=True)
        wanted = (patches - mean) / (variance + EPSILON).sqrt()
        errors = (output.pixels.float() - wanted).square().mean(-1)
        masked = output.masked.float()
        return {"loss": (errors * masked).sum() / masked.sum()}
