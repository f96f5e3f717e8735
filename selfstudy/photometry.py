"""Changes of colour as published: of encoded sRGB from 0 to 1, each image by its own draw."""

from typing import NamedTuple

import torch
from torch import Tensor

LUMA = (0.2989, 0.587, 0.114)  # of grey: ITU-R BT.601, as torchvision has it
CHANNELS = (5, 3, 1)  # sixths of the colour circle by which red, green and blue lie apart


class Colors(NamedTuple):
    """How a view's colours may change, in this order (Chen et al., 2020; Grill et al., 2020).

    Attributes:
        brightness: a factor is drawn from 1 - this to 1 + this.
        contrast: the same of the differences from the image's mean grey.
        saturation: the same of the differences from each pixel's grey.
        hue: greatest turn of the colour circle, as a share of it.
        jitter: probability that these four change.
        gray: probability that the image is grey.
        solarize: probability that its lighter half is inverted.
    """

    brightness: float = 0.4
    contrast: float = 0.4
    saturation: float = 0.2
    hue: float = 0.1
    jitter: float = 0.8
    gray: float = 0.2
    solarize: float = 0.0


def jitter_colors(images: Tensor, colors: Colors, chosen: Tensor) -> Tensor:
    """Jitter the colours of the chosen of images (b, 3, h, w), in an order drawn for all."""
    changes = (
        (adjust_brightness, 1, colors.brightness),
        (adjust_contrast, 1, colors.contrast),
        (adjust_saturation, 1, colors.saturation),
        (adjust_hue, 0, colors.hue),
    )
    for place in torch.randperm(len(changes)).tolist():
        change, neutral, strength = changes[place]
        offsets = 2 * torch.rand(len(images), device=images.device) - 1
        images = change(images, neutral + strength * offsets * chosen)
    return images


def spread(values: Tensor) -> Tensor:
    """Give values (b,) the shape of images."""
    return values[:, None, None, None]


def compute_gray(images: Tensor) -> Tensor:
    """Compute the grey (b, 1, h, w) of images (b, 3, h, w)."""
    red, green, blue = images.split(1, 1)
    return LUMA[0] * red + LUMA[1] * green + LUMA[2] * blue


def adjust_brightness(images: Tensor, factors: Tensor) -> Tensor:
    """Multiply images (b, 3, h, w) by factors (b,)."""
    return (images * spread(factors)).clamp(0, 1)


def adjust_contrast(images: Tensor, factors: Tensor) -> Tensor:
    """Multiply by factors (b,) what differs from each image's mean grey."""
    return torch.lerp(compute_gray(images).mean((2, 3), True), images, spread(factors)).clamp(0, 1)


def adjust_saturation(images: Tensor, factors: Tensor) -> Tensor:
    """Multiply by factors (b,) what differs from each pixel's grey."""
    return torch.lerp(compute_gray(images), images, spread(factors)).clamp(0, 1)


def adjust_hue(images: Tensor, turns: Tensor) -> Tensor:
    """Turn the colours of images (b, 3, h, w) by shares (b,) of the circle."""
    highest, place = images.max(1)
    chroma = highest - images.amin(1)
    red, green, blue = images.unbind(1)
    from_red, from_green, from_blue = green - blue, blue - red, red - green
    ahead = torch.where(place == 0, from_red, torch.where(place == 1, from_green, from_blue))
    sixth = ahead / chroma.clamp_min(torch.finfo(chroma.dtype).tiny) + 2 * place
    sixth = sixth + 6 * turns[:, None, None]
    # HSV to RGB without cases (Smith, 1978, as a function of the channel).
    distances = [(sixth + channel).remainder(6) for channel in CHANNELS]
    shares = [torch.minimum(each, 4 - each).clamp(0, 1) for each in distances]
    return torch.stack([highest - chroma * share for share in shares], 1)


def make_gray(images: Tensor, chosen: Tensor) -> Tensor:
    """Make the chosen of images (b, 3, h, w) grey."""
    return torch.where(spread(chosen), compute_gray(images), images)


def solarize(images: Tensor, chosen: Tensor) -> Tensor:
    """Invert what is lighter than the middle in the chosen of images (b, 3, h, w)."""
    return torch.where(spread(chosen) & (images >= 0.5), 1 - images, images)
