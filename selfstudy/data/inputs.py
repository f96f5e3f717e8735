"""What images a backbone expects, and the conversion of those that are prepared otherwise."""

from typing import NamedTuple

import torch
from torch import Tensor, nn

from selfstudy.data.spaces import TO_XYZ

SPACES = ("lab", "rgb")


class Input(NamedTuple):
    """The images that a backbone expects: values in `space`, minus `mean`, divided by `std`.

    Attributes:
        space: "lab" (CIE Lab, D65) or "rgb" (encoded sRGB, 0 to 255).
        mean: of each channel.
        std: of each channel.
    """

    space: str
    mean: tuple[float, float, float]
    std: tuple[float, float, float]


UNIT_RGB = Input("rgb", (0.0, 0.0, 0.0), (255.0, 255.0, 255.0))  # images from 0 to 1
IMAGENET = Input("rgb", (123.675, 116.28, 103.53), (58.395, 57.12, 57.375))
HALF = Input("rgb", (127.5, 127.5, 127.5), (127.5, 127.5, 127.5))  # images from -1 to 1
CLIP = Input("rgb", (122.7709, 116.7460, 104.0937), (68.5005, 66.6322, 70.3232))  # OpenAI's
# By the names that a configuration gives them.
INPUTS = {"imagenet": IMAGENET, "unit": UNIT_RGB, "half": HALF, "clip": CLIP}


class Adapter(nn.Module):
    """Converts images (b, 3, h, w) that are one kind of input to another, where they lie.

    Args:
        given: what the images are.
        expected: what the backbone behind it expects.
    """

    def __init__(self, given: Input, expected: Input) -> None:
        super().__init__()
        self.given, self.expected = given, expected
        for name, values in (("given", given), ("expected", expected)):
            for part in ("mean", "std"):
                tensor = torch.tensor(getattr(values, part)).view(3, 1, 1)
                self.register_buffer(f"{name}_{part}", tensor, persistent=False)
        self.register_buffer("to_xyz", torch.tensor(TO_XYZ).float(), persistent=False)
        self.register_buffer("to_rgb", torch.linalg.inv(self.to_xyz), persistent=False)

    def forward(self, images: Tensor) -> Tensor:
        """Convert images (b, 3, h, w)."""
        values = images.float() * self.given_std + self.given_mean
        if self.given.space != self.expected.space:
            convert = self._convert_lab if self.given.space == "lab" else self._convert_rgb
            values = convert(values)
        return (values - self.expected_mean) / self.expected_std

    def _convert_lab(self, lab: Tensor) -> Tensor:
        """Convert CIE Lab (b, 3, h, w) to encoded sRGB, 0 to 255; colours outside are clipped."""
        lightness, a, b = lab.unbind(1)
        y = (lightness + 16) / 116
        roots = torch.stack([y + a / 500, y, y - b / 200], 1)
        xyz = torch.where(roots > 6 / 29, roots**3, (roots - 16 / 116) / 7.787)
        linear = torch.einsum("ij,bjhw->bihw", self.to_rgb, xyz).clamp(0, 1)
        # The root's slope is infinite at 0, where the line is taken.
        root = 1.055 * linear.clamp_min(0.0031308) ** (1 / 2.4) - 0.055
        return 255 * torch.where(linear > 0.0031308, root, 12.92 * linear)

    def _convert_rgb(self, rgb: Tensor) -> Tensor:
        """Convert encoded sRGB (b, 3, h, w), 0 to 255, to CIE Lab."""
        encoded = rgb / 255
        linear = torch.where(
            encoded > 0.04045, ((encoded.clamp_min(0) + 0.055) / 1.055) ** 2.4, encoded / 12.92
        )
        xyz = torch.einsum("ij,bjhw->bihw", self.to_xyz, linear)
        root = xyz.clamp_min(0.008856) ** (1 / 3)
        x, y, z = torch.where(xyz > 0.008856, root, 7.787 * xyz + 16 / 116).unbind(1)
        return torch.stack([116 * y - 16, 500 * (x - y), 200 * (y - z)], 1)


def make_adapter(given: Input | None, expected: Input | None) -> nn.Module:
    """Make what converts images for a backbone; nothing where both are alike or one is unknown."""
    if given is None or expected is None or given == expected:
        return nn.Identity()
    return Adapter(given, expected)
