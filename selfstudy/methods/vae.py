"""Variational autoencoder: rebuild the image from a sample of its code."""

from math import log2
from typing import Any, NamedTuple

import gin
import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torchvision.transforms import RandomErasing

from selfstudy.backbones.base import Features
from selfstudy.batch import Batch, Output
from selfstudy.methods.base import PretextModel
from selfstudy.tasks.readouts import ReadoutTask


class Reconstruction(NamedTuple):
    image: Tensor  # (b, 3, output_res, output_res)
    mu: Tensor  # (b, features)
    logvar: Tensor  # (b, features)


def decoder(features: int, resolution: int, width: int) -> nn.Sequential:
    """From (b, features, 1, 1) to (b, 3, resolution, resolution), doubling from 4×4."""
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


@gin.configurable(denylist=["run_selfsup", "dataset_size"])
class VAEModel(PretextModel, name="vae"):
    """A backbone with a decoder.

    Args:
        output_res: resolution of the reconstruction in pixels, a power of two.
        do_reparameterize: sample the code; without, its mean is decoded.
        inpainting: a random rectangle of every second input is replaced by noise.
        decoder_width: most channels of the decoder; the study's is 256.
    """

    def __init__(
        self,
        run_selfsup: bool,
        dataset_size: int,
        output_res: int = 64,
        do_reparameterize: bool = True,
        inpainting: bool = False,
        decoder_width: int = 256,
    ) -> None:
        super().__init__(run_selfsup, dataset_size)
        self.do_reparameterize = do_reparameterize
        self.erase = RandomErasing(value="random") if inpainting else None
        if run_selfsup:
            self.mu = nn.Linear(self.out_feats, self.out_feats)
            self.logvar = nn.Linear(self.out_feats, self.out_feats)
            self.decoder = decoder(self.out_feats, output_res, decoder_width)

    def forward(self, images: Tensor, indices: Tensor) -> tuple[Tensor, Tensor, Any]:
        if self.erase is not None:
            images = torch.stack([self.erase(image) for image in images])
        return super().forward(images, indices)

    def head(self, features: Features, indices: Tensor) -> Reconstruction:
        mu, logvar = self.mu(features.pooled), self.logvar(features.pooled)
        code = mu
        if self.do_reparameterize:
            code = mu + torch.randn_like(mu) * torch.exp(0.5 * logvar)
        return Reconstruction(self.decoder(code[:, :, None, None]), mu, logvar)


def vae_loss(
    reconstruction: Reconstruction, images: Tensor, lmd: float
) -> tuple[Tensor, Tensor, Tensor]:
    """Total loss, mean squared error and KL divergence (summed over batch and dimensions)."""
    image, mu, logvar = (tensor.float() for tensor in reconstruction)
    target = F.interpolate(images, image.shape[-2:])
    mse = F.mse_loss(image, target)
    kld = -0.5 * (1 + logvar - mu**2 - logvar.exp()).sum()
    return mse + lmd * kld, mse, kld


@gin.configurable
class VAETask(ReadoutTask):
    """Reconstruction error plus `lmd` times the KL divergence."""

    def __init__(self, lmd: float = 1e-5) -> None:
        self.lmd = lmd

    def pretext_loss(self, output: Output, batch: Batch) -> dict[str, Tensor]:
        loss, mse, kld = vae_loss(output.pretext, batch.images, self.lmd)
        return {"loss": loss, "loss_mse": mse, "loss_kld": kld}
