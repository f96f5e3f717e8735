"""Scenes as Blender leaves them: multilayer EXR with colour, indices and depth."""

from pathlib import Path

import numpy as np
import OpenEXR

from selfstudy.errors import DataError

# What a channel's name ends in, by what it holds: Blender's names before and since version 5.
PASSES = {
    "red": ("Combined.R",),
    "green": ("Combined.G",),
    "blue": ("Combined.B",),
    "instance": ("IndexOB.X", "Object Index.X"),
    "material": ("IndexMA.X", "Material Index.X"),
    "depth": ("Depth.Z", "Depth.V"),
}
MATERIALS = 100  # the background's index is the last, 99
FARTHEST = 2.55


def read_exr(path: str | Path) -> tuple[np.ndarray, np.ndarray]:
    """Read the image and the dense targets of a scene, each (h, w, 3) uint8 (study, "Datasets").

    Targets are instance id, semantic id (0 the background, then the classes) and depth in
    hundredths. All parts of the file are looked through, whatever its layer is called.

    Raises:
        DataError: the file, which is named, is damaged or lacks a pass.
    """
    passes = read_passes(path)
    color = encode_srgb(np.stack([passes[name] for name in ("red", "green", "blue")], -1))
    depth = np.clip(passes["depth"], 0, FARTHEST) * 100
    semantic = (passes["material"] + 1) % MATERIALS
    targets = np.stack([passes["instance"], semantic, depth], -1)
    return color, targets.astype(np.uint8)


def read_passes(path: str | Path) -> dict[str, np.ndarray]:
    """Read the passes of a file by what they hold, (h, w) float32 each.

    Raises:
        DataError: the file, which is named, is damaged or lacks a pass.
    """
    if not Path(path).is_file():
        raise DataError(f"{path}: there is no such file")
    try:
        file = OpenEXR.File(str(path), separate_channels=True)
        channels = {
            f".{part.name()}.{name}": channel.pixels
            for part in file.parts
            for name, channel in part.channels.items()
        }
    except Exception as error:  # what OpenEXR raises has no type of its own
        raise DataError(f"{path}: damaged, or not an EXR file: {error}") from error
    passes = {}
    for name, endings in PASSES.items():
        found = [key for key in channels if key.endswith(tuple(f".{end}" for end in endings))]
        if not found:
            there = ", ".join(key.strip(".") for key in channels)
            raise DataError(f"{path}: no pass {' or '.join(endings)}: found {there}")
        passes[name] = channels[found[0]].astype(np.float32)
    if len({pixels.shape for pixels in passes.values()}) > 1:
        raise DataError(f"{path}: its passes differ in size")
    if not all(np.isfinite(pixels).all() for pixels in passes.values()):
        raise DataError(f"{path}: some of its values are not finite")
    return passes


def encode_srgb(linear: np.ndarray) -> np.ndarray:
    """Encode linear light as sRGB, uint8; rounded down and with the exponent of the authors."""
    low = linear <= 0.0031308
    bright = 1.055 * np.where(low, 1, linear) ** np.float32(0.41667) - 0.055
    return (np.where(low, 12.92 * linear, bright).clip(0, 1) * 255).astype(np.uint8)
