"""Variational autoencoder: rebuild the image from a sample of its code."""

from math import log2, sqrt
from typing import Annotated, NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from selfstudy.backbones.base import Backbone, Features
from selfstudy.description import Count, Range, Weight
from selfstudy.methods.base import Batch, Method

ERASED = 0.5  # probability
ERASED_AREA = (0.02, 0.33)  # shares of the image's
ERASED_ASPECT = (0.3, 3.3)
ATTEMPTS = 10  # at a rectangle that fits


class Reconstruction(NamedTuple):
    """What is rebuilt of b images.

    Attributes:
        image: (b, 3, output_res, output_res).
        mu: mean of the code, (b, features).
        logvar: logarithm of its variance, (b, features).
    """

    image: Tensor
    mu: Tensor
    logvar: Tensor


def make_decoder(features: int, resolution: int, width: int) -> nn.Sequential:
    """Make a network from (b, features, 1, 1) to (b, 3, resolution, resolution)."""
    scales = int(log2(resolution)) - 1
    channels = [features, *(min(width, 4 * width >> i) for i in range(scales))]
    layers: list[nn.Module] = []
    for i in range(scales):
        layers += [
            nn.ConvTranspose2d(channels[i], channels[i + 1], 4, 2, padding=min(i, 1)),
            nn.BatchNorm2d(channels[i + 1]),
            nn.ReLU(inplace=True),
        ]
    return nn.Sequential(*layers, nn.Conv2d(channels[-1], 3, 1))


def vae_loss(
    reconstruction: Reconstruction, images: Tensor, lmd: float
) -> tuple[Tensor, Tensor, Tensor]:
    """Compute total loss, mean squared error and KL divergence, summed over batch and size."""
    image, mu, logvar = (tensor.float() for tensor in reconstruction)
    target = F.interpolate(images, image.shape[-2:])
    mse = F.mse_loss(image, target)
    kld = -0.5 * (1 + logvar - mu**2 - logvar.exp()).sum()
    return mse + lmd * kld, mse, kld


class RandomErasing(nn.Module):
    """Replaces a random rectangle of every second image by noise (Zhong et al., 2020).

    It draws what torchvision's draws with `value="random"`.
    """

    def forward(self, image: Tensor) -> Tensor:
        """Erase from an image (channels, h, w)."""
        if torch.rand(1) >= ERASED:
            return image
        channels, height, width = image.shape
        low, high = torch.log(torch.tensor(ERASED_ASPECT))
        for _ in range(ATTEMPTS):
            area = height * width * torch.empty(1).uniform_(*ERASED_AREA).item()
            aspect = torch.exp(torch.empty(1).uniform_(low, high)).item()
            tall, wide = round(sqrt(area * aspect)), round(sqrt(area / aspect))
            if tall < height and wide < width:
                noise = torch.randn(channels, tall, wide)
                top = torch.randint(height - tall + 1, (1,)).item()
                left = torch.randint(width - wide + 1, (1,)).item()
                erased = image.clone()
                erased[:, top : top + tall, left : left + wide] = noise
                return erased
        return image


class VAE(Method):
    """Reconstruction error plus `lmd` times the KL divergence (Kingma and Welling, 2014).

    Args:
        backbone: what to pretrain.
        output_res: resolution of the reconstruction in pixels, a power of two.
        do_reparameterize: sample the code; without, its mean is decoded.
        inpainting: a random rectangle of every second input is replaced by noise.
        decoder_width: most channels of the decoder; the study's is 256.
        lmd: weight of the KL divergence.
    """

    def __init__(
        self,
        backbone: Backbone,
        output_res: Annotated[int, Range(4)] = 64,
        do_reparameterize: bool = True,
        inpainting: bool = False,
        decoder_width: Count = 256,
        lmd: Weight = 1e-5,
    ) -> None:
        super().__init__(backbone)
        self.do_reparameterize = do_reparameterize
        self.erase = RandomErasing() if inpainting else None
        self.lmd = lmd
        features = backbone.out_feats
        self.mu = nn.Linear(features, features)
        self.logvar = nn.Linear(features, features)
        self.decoder = make_decoder(features, output_res, decoder_width)

    def forward(self, batch: Batch) -> tuple[Features, Reconstruction]:
        """Rebuild images from samples of their codes."""
        (images,) = batch.views
        if self.erase is not None:
            images = torch.stack([self.erase(image) for image in images])
        features = self.backbone(images)
        mu, logvar = self.mu(features.pooled), self.logvar(features.pooled)
        code = mu
        if self.do_reparameterize:
            code = mu + torch.randn_like(mu) * torch.exp(0.5 * logvar)
        return features, Reconstruction(self.decoder(code[:, :, None, None]), mu, logvar)

    def loss(self, output: Reconstruction, batch: Batch) -> dict[str, Tensor]:
        """Compare what was rebuilt with the whole images."""
        loss, mse, kld = vae_loss(output, batch.views[0], self.lmd)
        return {"loss": loss, "loss_mse": mse, "loss_kld": kld}
