"""Augmentation of normalised images on the device, drawn anew for each image of each batch.

The kinds and their strengths are the study's ("Augmentation"). One gather does flip and crop.
"""

import gin
import torch
from torch import Tensor

JITTERED, GREY, FLIPPED = 0.8, 0.25, 0.5  # probabilities
STRENGTH = 0.25  # standard deviation of the jitter's log2 factor and of its offset
UNCROPPED = 0.2  # a quarter as many unmoved images as there are cropped ones


@gin.configurable("augment")
class Augmentation:
    """Which augmentations a run uses.

    Called on images (b, 3, n, n) and their targets, it gives the same shapes. Where
    `transform_targets`, flip and crop move dense targets (b, 3, n, n) along.
    """

    def __init__(
        self,
        color_jitter: bool = True,
        grayscale: bool = True,
        flip: bool = True,
        crop: bool = True,
        cutout: bool = True,
        transform_targets: bool = False,
    ) -> None:
        self.color_jitter = color_jitter
        self.grayscale = grayscale
        self.flip = flip
        self.crop = crop
        self.cutout = cutout
        self.transform_targets = transform_targets

    def __call__(self, images: Tensor, targets: Tensor) -> tuple[Tensor, Tensor]:
        return self._augmented(images, targets, self._flips(images))

    def two_views(self, images: Tensor, targets: Tensor) -> tuple[Tensor, Tensor]:
        """Two copies (b, 2, 3, n, n), flipped alike, all else drawn apart (AMDIM).

        Dense targets are those of the first.
        """
        flips = self._flips(images)
        first, first_targets = self._augmented(images, targets, flips)
        second, _ = self._augmented(images, targets, flips)
        return torch.stack([first, second], 1), first_targets

    def _flips(self, images: Tensor) -> Tensor:
        return chance(images, FLIPPED if self.flip else 0)

    def _augmented(self, images: Tensor, targets: Tensor, flips: Tensor) -> tuple[Tensor, Tensor]:
        if self.color_jitter:
            images = jittered(images, chance(images, JITTERED))
        if self.grayscale:
            images = greyed(images, chance(images, GREY))
        if self.crop or self.flip:
            offsets = self._offsets(images)
            images = moved(images, flips, *offsets)
            if self.transform_targets:
                targets = moved(targets, flips, *offsets)
        if self.cutout:
            images = cut_out(images, images.shape[-1] // 4)
        return images, targets

    def _offsets(self, images: Tensor) -> tuple[Tensor, Tensor]:
        """How far to move each image down and to the right, in pixels."""
        still = torch.zeros(len(images), dtype=torch.long, device=images.device)
        if not self.crop:
            return still, still
        most = images.shape[-1] // 8
        unmoved = chance(images, UNCROPPED)
        down, right = torch.randint(-most, most + 1, (2, len(images)), device=images.device)
        return torch.where(unmoved, still, down), torch.where(unmoved, still, right)


def chance(images: Tensor, probability: float) -> Tensor:
    """For each image whether it happens, (b,) bool."""
    return torch.rand(len(images), device=images.device) < probability


def jittered(images: Tensor, chosen: Tensor) -> Tensor:
    """Scale and shift each channel of the chosen images."""
    noise = STRENGTH * torch.randn(2, len(images), 3, 1, 1, device=images.device)
    factor, offset = noise * chosen[:, None, None, None]
    return images * torch.exp2(factor) + offset


def greyed(images: Tensor, chosen: Tensor) -> Tensor:
    """Replace all channels of the chosen images by their mean."""
    return torch.where(chosen[:, None, None, None], images.mean(1, keepdim=True), images)


def moved(images: Tensor, flips: Tensor, down: Tensor, right: Tensor) -> Tensor:
    """Flip the chosen images left to right, then move each; what comes in is zero."""
    count, _, height, width = images.shape
    rows = torch.arange(height, device=images.device) - down[:, None]
    columns = torch.arange(width, device=images.device) - right[:, None]
    inside = (rows >= 0) & (rows < height)
    inside = inside[:, :, None] & ((columns >= 0) & (columns < width))[:, None, :]
    columns = torch.where(flips[:, None], width - 1 - columns, columns)
    rows, columns = rows.clamp(0, height - 1), columns.clamp(0, width - 1)
    each = torch.arange(count, device=images.device)[:, None, None]
    gathered = images.permute(0, 2, 3, 1)[each, rows[:, :, None], columns[:, None, :]]
    return (gathered * inside[..., None]).permute(0, 3, 1, 2)


def cut_out(images: Tensor, size: int) -> Tensor:
    """Set a square of `size` pixels, anywhere inside, to zero."""
    count, _, height, width = images.shape
    top = torch.randint(height - size + 1, (count, 1), device=images.device)
    left = torch.randint(width - size + 1, (count, 1), device=images.device)
    rows = torch.arange(height, device=images.device)
    columns = torch.arange(width, device=images.device)
    in_rows = (rows >= top) & (rows < top + size)
    in_columns = (columns >= left) & (columns < left + size)
    hole = in_rows[:, :, None] & in_columns[:, None, :]
    return images * ~hole[:, None]
