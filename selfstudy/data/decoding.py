"""Decoding of image files, whatever their pixels are, as square RGB."""

import io
import struct
from pathlib import Path
from typing import NamedTuple

import numpy as np
from PIL import ExifTags, Image
from PIL.Image import Resampling, Transpose

from selfstudy.data.png import keep_pixels
from selfstudy.errors import DataError
from selfstudy.files import require_file

# Of the endings in `listing.IMAGES`. A file is what it holds, whatever its name ends with.
FORMATS = ("PNG", "JPEG", "BMP", "DIB", "GIF", "TIFF", "WEBP", "JPEG2000", "AVIF", "PPM")
WIDE = 16  # bits
UPRIGHT = {
    2: Transpose.FLIP_LEFT_RIGHT,
    3: Transpose.ROTATE_180,
    4: Transpose.FLIP_TOP_BOTTOM,
    5: Transpose.TRANSPOSE,
    6: Transpose.ROTATE_270,
    7: Transpose.TRANSVERSE,
    8: Transpose.ROTATE_90,
}  # by EXIF's number
# What Pillow raises for files that are missing, damaged, something else or suspiciously large.
UNREADABLE = (
    OSError,
    SyntaxError,
    ValueError,
    TypeError,
    LookupError,
    ArithmeticError,
    EOFError,
    RuntimeError,
    struct.error,
    Image.DecompressionBombError,
)


class Picture(NamedTuple):
    """An image file as it is read.

    Attributes:
        image: turned as its EXIF data say; of several frames the first.
        peak: the largest value, if pixels have sixteen bits.
        cut: the sixteen bits were colours, of which Pillow keeps the upper eight.
        animated: there are more frames.
    """

    image: Image.Image
    peak: int | None
    cut: bool
    animated: bool


def decode_image(path: str | Path, resolution: int, depth: int = WIDE) -> np.ndarray:
    """Decode an image file to (resolution, resolution, 3) uint8.

    The image is turned as its EXIF data say, cropped to its central square, laid on white where it
    is transparent, and resized. Sixteen bits of grey, of which `depth` are used, become eight.

    Raises:
        DataError: the file, which is named, cannot be read.
    """
    return convert_picture(read_picture(path), resolution, depth)


def read_picture(path: str | Path) -> Picture:
    """Read an image file.

    Raises:
        DataError: the file, which is named, cannot be read.
    """
    try:
        require_file(path)
        try:
            return load_picture(path)
        except UNREADABLE:
            # What is damaged may be only what a PNG says beside its pixels.
            with open(path, "rb") as file:
                bare = keep_pixels(file)
            if bare is None:
                raise
            return load_picture(io.BytesIO(bare))
    except UNREADABLE as error:
        reason = getattr(error, "strerror", None) or error
        raise DataError(f"{path}: cannot be read as an image: {reason}") from error


def load_picture(file: str | Path | io.BytesIO) -> Picture:
    """Load an image file; what is wrong with it raises one of `UNREADABLE`."""
    with Image.open(file, formats=FORMATS) as image:
        wide = any(";16" in str(tile.args) for tile in image.tile)
        cut = wide and not image.mode.startswith("I")
        animated = image.format != "MPO" and getattr(image, "is_animated", False)
        image.load()
        return Picture(turn_upright(image), find_peak(image, cut), cut, animated)


def find_peak(image: Image.Image, cut: bool) -> int | None:
    """Find the largest value of an image whose pixels have, or had, sixteen bits."""
    if image.mode == "F":
        raise ValueError("its pixels are floating-point numbers: expected 8 or 16 bits")
    if image.mode.startswith("I"):
        values = np.asarray(image)
        if values.min() < 0 or values.max() >= 2**WIDE:
            raise ValueError(
                f"its pixels go from {values.min()} to {values.max()}: expected 8 or 16 bits"
            )
        return int(values.max())
    if not cut:
        return None
    colors = [band for band in image.getbands() if band != "A"]
    upper = max(image.getchannel(band).getextrema()[1] for band in colors)
    return upper << 8 | 0xFF


def turn_upright(image: Image.Image) -> Image.Image:
    """Turn an image as its EXIF data say, where these can be read."""
    try:
        orientation = image.getexif().get(ExifTags.Base.Orientation)
    except (*UNREADABLE, AssertionError, AttributeError):
        return image
    return image.transpose(UPRIGHT[orientation]) if orientation in UPRIGHT else image


def convert_picture(picture: Picture, resolution: int, depth: int) -> np.ndarray:
    """Convert an image to (resolution, resolution, 3) uint8, as `decode_image` does."""
    return resize(flatten(crop_square(picture.image), depth), resolution)


def crop_square(image: Image.Image) -> Image.Image:
    """Crop an image to its central square."""
    size = min(image.size)
    left, top = (image.width - size) // 2, (image.height - size) // 2
    return image.crop((left, top, left + size, top + size))


def flatten(image: Image.Image, depth: int = WIDE) -> Image.Image:
    """Convert an image of any mode to RGB, on white; greys of sixteen bits from `depth` of them."""
    if image.mode.startswith("I"):  # which `convert` would clip
        values = np.asarray(image) * (255 / (2**depth - 1))
        return Image.fromarray(np.rint(values).astype(np.uint8)).convert("RGB")
    if image.mode.endswith("A") or "transparency" in image.info:
        image = image.convert("RGBA")
        return Image.alpha_composite(Image.new("RGBA", image.size, "white"), image).convert("RGB")
    return image.convert("RGB")


def resize(
    image: Image.Image, resolution: int, sampling: Resampling = Resampling.BICUBIC
) -> np.ndarray:
    """Resize an image to (resolution, resolution, 3) uint8."""
    return np.asarray(image.convert("RGB").resize((resolution, resolution), sampling))
