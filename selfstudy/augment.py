"""Augmentation of normalised images on the device, drawn anew for each image of each batch.

The kinds and their strengths are the study's ("Augmentation"). One gather does flip and crop.
Colours change as published where a view says `Colors`: images are converted to RGB and back.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from selfstudy.data.inputs import UNIT_RGB, Input, make_adapter
from selfstudy.errors import ConfigurationError
from selfstudy.photometry import Colors, jitter_colors, make_gray, solarize

JITTERED, GREY, FLIPPED = 0.8, 0.25, 0.5  # probabilities
STRENGTH = 0.25  # standard deviation of the jitter's log2 factor and of its offset
UNCROPPED = 0.2  # a quarter as many unmoved images as there are cropped ones
ASPECT = (3 / 4, 4 / 3)  # of resized crops
SIGMA = (0.1, 2.0)  # of the blur, in pixels of an image of 224, as published
SHARP = 32  # pixels of images that are not blurred, as in the published recipes for CIFAR


class View(NamedTuple):
    """What may happen to one view of an image, as far as the recipe has it, too.

    Attributes:
        crop: lowest and highest share of the image's area that a random crop keeps, which is
            resized to the whole; None: the image is moved by up to an eighth of its size.
        flip: left to right.
        color: colour jitter and grey, the study's (True) or published ones.
        cutout: a square is set to zero.
        blur: probability of a Gaussian blur; images of 32 pixels and less stay sharp.
    """

    crop: tuple[float, float] | None = None
    flip: bool = True
    color: bool | Colors = True
    cutout: bool = True
    blur: float = 0.0


@dataclass(frozen=True)
class Augmentation:
    """Which augmentations a run uses.

    Args:
        color_jitter: scale and shift each channel, or as the view says.
        grayscale: replace all channels by their mean, or as the view says.
        flip: left to right.
        crop: move, or crop and resize, as the view says.
        cutout: set a square to zero.
        transform_targets: flip and crop move dense targets along.
        hue: greatest turn of the colour circle, as a share of it, in views with published colours;
            None: as published, 0.1. At 0.5 nothing tells two views by an object's own colour.
        least_crop: least share of the area that random crops keep, but for those that are small on
            purpose; None: as published, 0.2.
    """

    color_jitter: bool = True
    grayscale: bool = True
    flip: bool = True
    crop: bool = True
    cutout: bool = True
    transform_targets: bool = False
    hue: float | None = None
    least_crop: float | None = None

    def __call__(
        self,
        images: Tensor,
        maps: Tensor | None = None,
        views: Sequence[View] = (View(),),
        share_flip: bool = False,
        given: Input | None = None,
    ) -> tuple[tuple[Tensor, ...], Tensor | None]:
        """Draw views of images.

        Args:
            images: (b, 3, n, n) float32.
            maps: their dense targets (b, c, n, n), if they have any.
            views: what may happen to each view.
            share_flip: all views of an image are flipped alike, else each by itself.
            given: how the images are prepared, for views with published colours.

        Returns:
            The views, each (b, 3, n, n), and the dense targets of the first.
        """
        require_input(views, given)
        drawn, moved = [], maps
        flips = rgb = None
        for number, view in enumerate(views):
            if flips is None or not share_flip:
                flips = draw_chance(images, FLIPPED if self.flip and view.flip else 0)
            carried = maps if self.transform_targets and number == 0 else None
            if isinstance(view.color, Colors):
                if rgb is None:
                    rgb = make_converter(given, UNIT_RGB, images.device)(images)
                image, carried = self._draw(rgb, carried, flips, view)
                image = make_converter(UNIT_RGB, given, images.device)(image)
            else:
                image, carried = self._draw(images, carried, flips, view)
            if self.cutout and view.cutout:
                image = cut_out(image, image.shape[-1] // 4)
            drawn.append(image)
            moved = moved if carried is None else carried
        return tuple(drawn), moved

    def _draw(
        self, images: Tensor, maps: Tensor | None, flips: Tensor, view: View
    ) -> tuple[Tensor, Tensor | None]:
        published = view.color if isinstance(view.color, Colors) else None
        if published and self.hue is not None:
            published = published._replace(hue=self.hue)
        if self.color_jitter and view.color is True:
            images = jitter(images, draw_chance(images, JITTERED))
        if self.grayscale and view.color is True:
            images = gray(images, draw_chance(images, GREY))
        if self.crop and view.crop is not None:
            grid = draw_crops(len(images), self._find_area(view.crop), flips)
            images = sample(images, grid, "bilinear")
            maps = None if maps is None else sample(maps, grid, "nearest")
        elif self.crop or self.flip:
            offsets = self._draw_offsets(images)
            images = move(images, flips, *offsets)
            maps = None if maps is None else move(maps, flips, *offsets)
        if self.color_jitter and published:
            images = jitter_colors(images, published, draw_chance(images, published.jitter))
        if self.grayscale and published:
            images = make_gray(images, draw_chance(images, published.gray))
        if view.blur and images.shape[-1] > SHARP:
            images = blur(images, draw_chance(images, view.blur), draw_sigma(images))
        if self.color_jitter and published and published.solarize:
            images = solarize(images, draw_chance(images, published.solarize))
        return images, maps

    def _find_area(self, published: tuple[float, float]) -> tuple[float, float]:
        small = published[1] < 1
        return published if small or self.least_crop is None else (self.least_crop, published[1])

    def _draw_offsets(self, images: Tensor) -> tuple[Tensor, Tensor]:
        """Draw how far to move each image down and to the right, in pixels."""
        still = torch.zeros(len(images), dtype=torch.long, device=images.device)
        if not self.crop:
            return still, still
        most = images.shape[-1] // 8
        unmoved = draw_chance(images, UNCROPPED)
        down, right = torch.randint(-most, most + 1, (2, len(images)), device=images.device)
        return torch.where(unmoved, still, down), torch.where(unmoved, still, right)


def require_input(views: Sequence[View], given: Input | None) -> None:
    """Require that it is known how images are prepared, if views have published colours.

    Raises:
        ConfigurationError: it is not.
    """
    if given is None and any(isinstance(view.color, Colors) for view in views):
        raise ConfigurationError(
            "the method changes colours in RGB, and the dataset does not say how its images are "
            "prepared: prepare it anew"
        )


@cache
def make_converter(given: Input, expected: Input, device: torch.device) -> nn.Module:
    """Make what converts images on a device, once."""
    return make_adapter(given, expected).to(device)


def draw_chance(images: Tensor, probability: float) -> Tensor:
    """Draw for each image whether it happens, (b,) bool."""
    return torch.rand(len(images), device=images.device) < probability


def jitter(images: Tensor, chosen: Tensor) -> Tensor:
    """Scale and shift each channel of the chosen images."""
    noise = STRENGTH * torch.randn(2, len(images), 3, 1, 1, device=images.device)
    factor, offset = noise * chosen[:, None, None, None]
    return images * torch.exp2(factor) + offset


def gray(images: Tensor, chosen: Tensor) -> Tensor:
    """Replace all channels of the chosen images by their mean."""
    return torch.where(chosen[:, None, None, None], images.mean(1, keepdim=True), images)


def move(images: Tensor, flips: Tensor, down: Tensor, right: Tensor) -> Tensor:
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


def draw_crops(count: int, area: tuple[float, float], flips: Tensor) -> Tensor:
    """Draw crops of random area and aspect, flipped where chosen: (b, 2, 3) for `sample`.

    Args:
        count: b.
        area: lowest and highest share of the image's.
        flips: (b,) bool.
    """
    device = flips.device
    low, high = area
    share = low + (high - low) * torch.rand(count, device=device)
    first, last = (torch.log(torch.tensor(bound)).item() for bound in ASPECT)
    aspect = torch.exp(first + (last - first) * torch.rand(count, device=device))
    width, height = (share * aspect).sqrt().clamp_max(1), (share / aspect).sqrt().clamp_max(1)
    right, down = 2 * torch.rand(2, count, device=device) - 1
    crops = torch.zeros(count, 2, 3, device=device)
    crops[:, 0, 0] = torch.where(flips, -width, width)
    crops[:, 1, 1] = height
    crops[:, 0, 2] = right * (1 - width)
    crops[:, 1, 2] = down * (1 - height)
    return crops


def sample(images: Tensor, crops: Tensor, mode: str) -> Tensor:
    """Cut crops (b, 2, 3) out of (b, c, n, n) and resize them to the same size and type."""
    grid = F.affine_grid(crops, list(images.shape), align_corners=False)
    found = F.grid_sample(images.float(), grid, mode, "reflection", align_corners=False)
    return found.to(images.dtype)


def draw_sigma(images: Tensor) -> Tensor:
    """Draw the width (b,) of each image's blur, in pixels."""
    low, high = (sigma * images.shape[-1] / 224 for sigma in SIGMA)
    return low + (high - low) * torch.rand(len(images), device=images.device)


def blur(images: Tensor, chosen: Tensor, sigma: Tensor) -> Tensor:
    """Blur the chosen images, each by its own Gaussian of width `sigma` (b,) in pixels."""
    count, channels, _, size = images.shape
    radius = max(1, round(2 * SIGMA[1] * size / 224))
    places = torch.arange(-radius, radius + 1, device=images.device)
    kernel = torch.exp(-0.5 * (places / sigma[:, None]) ** 2)
    kernel = (kernel / kernel.sum(1, keepdim=True)).repeat_interleave(channels, 0)
    # All images are channels of one, each with a kernel of its own.
    planes = F.pad(images.flatten(0, 1)[None], (radius,) * 4, "reflect")
    planes = F.conv2d(planes, kernel[:, None, :, None], groups=count * channels)
    planes = F.conv2d(planes, kernel[:, None, None, :], groups=count * channels)
    return torch.where(chosen[:, None, None, None], planes[0].view_as(images), images)


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
