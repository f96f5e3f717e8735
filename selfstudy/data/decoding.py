"""Decoding of image files, whatever their pixels are, as square RGB."""

import struct
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps
from PIL.Image import Resampling

from selfstudy.errors import DataError

# Of the endings in `listing.IMAGES`. A file is what it holds, whatever its name ends with.
FORMATS = ("PNG", "JPEG", "BMP", "DIB", "GIF", "TIFF", "WEBP", "JPEG2000", "AVIF", "PPM")
# What Pillow raises for files that are missing, damaged, something else or suspiciously large.
UNREADABLE = (
    OSError,
    SyntaxError,
    ValueError,
    TypeError,
    LookupError,
    struct.error,
    Image.DecompressionBombError,
)


def decode_image(path: str | Path, resolution: int) -> np.ndarray:
    """Decode an image file to (resolution, resolution, 3) uint8.

    The image is turned as its EXIF data say, cropped to its central square, laid on white where it
    is transparent, and resized. Sixteen bits of grey become eight.

    Raises:
        DataError: the file, which is named, cannot be read.
    """
    try:
        with Image.open(path, formats=FORMATS) as image:
            return resize(flatten(crop_square(ImageOps.exif_transpose(image))), resolution)
    except UNREADABLE as error:
        reason = getattr(error, "strerror", None) or error
        raise DataError(f"{path}: cannot be read as an image: {reason}") from error


def crop_square(image: Image.Image) -> Image.Image:
    """Crop an image to its central square."""
    size = min(image.size)
    left, top = (image.width - size) // 2, (image.height - size) // 2
    return image.crop((left, top, left + size, top + size))


def flatten(image: Image.Image) -> Image.Image:
    """Convert an image of any mode to RGB, on white."""
    if image.mode.startswith("I"):  # sixteen bits, which `convert` would clip
        return Image.fromarray(np.rint(np.asarray(image) / 257).astype(np.uint8)).convert("RGB")
    if image.mode.endswith("A") or "transparency" in image.info:
        image = image.convert("RGBA")
        return Image.alpha_composite(Image.new("RGBA", image.size, "white"), image).convert("RGB")
    return image.convert("RGB")


def resize(
    image: Image.Image, resolution: int, sampling: Resampling = Resampling.BICUBIC
) -> np.ndarray:
    """Resize an image to (resolution, resolution, 3) uint8."""
    return np.asarray(image.convert("RGB").resize((resolution, resolution), sampling))
