"""Small meshes and textures, as a user might bring them."""

import numpy as np
import trimesh
from PIL import Image


def solid(kind, size):
    """A solid of its own proportions."""
    if kind == "ball":
        return trimesh.creation.icosphere(2, 1).apply_scale([1, size, 1])
    if kind == "block":
        return trimesh.creation.box((1, size, 0.5))
    return trimesh.creation.annulus(0.2, 0.5, size)


def write_meshes(folder, count=12, kinds=("tube", "ball", "block"), ending="obj"):
    for kind in kinds:
        for number in range(count):
            path = folder / kind / f"{number}.{ending}"
            path.parent.mkdir(parents=True, exist_ok=True)
            solid(kind, 0.5 + number / count).export(path)
    return folder


def write_textures(folder, count=12):
    rng = np.random.default_rng(0)
    for number in range(count):
        path = folder / f"kind{number % 2}" / f"{number}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        # Each of a colour of its own, brighter to the right.
        pixels = np.full((60, 80, 3), 8 * number, np.uint8)
        pixels[..., 0] += np.arange(80, dtype=np.uint8)
        pixels[..., 2] = rng.integers(0, 256, (60, 80))
        Image.fromarray(pixels).save(path)
    return folder
