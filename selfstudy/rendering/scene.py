"""Scenes: which shapes they show, how these are coloured, turned, placed and lit.

The study's four factors act here and nowhere else. Everything random is drawn whether its factor is
on or not, from a stream of its own: datasets of one seed show the same shapes in the same order and
differ in nothing but their factors.
"""

from typing import NamedTuple

import numpy as np
from scipy.spatial.transform import Rotation

from selfstudy.data.packed import CLASSES, OBJECT
from selfstudy.factors import MULTI, Factors
from selfstudy.rendering.colors import convert_hsv
from selfstudy.rendering.settings import Rendering
from selfstudy.rendering.streams import EVERYWHERE, Stream, make_generator
from selfstudy.rendering.textures import POOL

OBJECTS = 4  # per multi-object scene
POOL_IMAGES = 20  # consecutive multi-object images that draw from the same ten shapes
LONGEST_SIDE = 0.7 * 0.8
UPRIGHT = np.array([np.pi / 2, 0.0, -np.pi / 6])  # Euler angles without the viewpoint factor
LIGHT_ANGLE = -0.5
LIGHT_DISTANCE = 1.5


class Scenes(NamedTuple):
    """n scenes of k objects each.

    Args:
        shapes: int (n, k), indices of the bucket's shapes.
        objects: dtype OBJECT (n, k); `bbox` and `scale` wait for the shapes (see `fit`), until then
            `scale` holds the scale warp alone.
        colors: float (n, 1 + k, 3), linear RGB of the background and of each object.
        textures: int (n, 1 + k), index into the bucket's texture pool, -1 for a plain colour.
        tint: the share of `colors` in an object's texture.
    """

    shapes: np.ndarray
    objects: np.ndarray
    colors: np.ndarray
    textures: np.ndarray
    tint: float


def draw_scenes(
    dataset: str, bucket: int, images: int, settings: Rendering, classes: int = len(CLASSES)
) -> Scenes:
    """Draw the scenes of one bucket of a dataset such as `0110` or `1111-multi`.

    Args:
        dataset: factor code.
        bucket: 0 to 11.
        images: number of scenes.
        settings: what all buckets have in common.
        classes: number of classes of the bucket's shapes.

    Raises:
        ConfigurationError: the name is that of no dataset.
    """
    factors = Factors.parse(dataset)
    multi = dataset.endswith(MULTI)
    count = OBJECTS if multi else 1
    shape = (images, count)

    def stream(which: Stream) -> np.random.Generator:
        return make_generator(settings.seed, bucket, which)

    objects = np.zeros(shape, OBJECT)
    if multi:
        pool = np.arange(images)[:, None] // POOL_IMAGES
        shapes = classes * pool + stream(Stream.CLASS_CHOICE).integers(classes, size=shape)
        objects["location"] = _draw_ring(stream(Stream.RING), stream(Stream.ELEVATION), shape)
    else:
        shapes = np.arange(images)[:, None]
    objects["class"] = shapes % classes

    shift = stream(Stream.VIEWPOINT).normal(0, settings.viewpoint, (*shape, 3))
    objects["euler"] = UPRIGHT + (shift if factors.viewpoint else 0)
    objects["rot_mat"] = compute_rotations(objects["euler"])
    objects["quaternion"] = compute_quaternions(objects["euler"])

    warp = stream(Stream.WARP).normal(0, settings.warp, (*shape, 3))
    objects["scale"] = np.clip(1 + warp - warp.mean(axis=-1, keepdims=True), 0.5, 1.5)

    turn = stream(Stream.LIGHTING).normal(0, settings.lighting, (images, 1))
    angle = LIGHT_ANGLE + (turn if factors.lighting else 0 * turn)
    objects["light"] = LIGHT_DISTANCE * np.stack([0 * angle, np.sin(angle), np.cos(angle)], axis=-1)

    hues = make_generator(settings.seed, EVERYWHERE, Stream.CLASS_HUE).random(classes)
    hue = hues[objects["class"]]
    spread = stream(Stream.COLOR_SPREAD).normal(size=(*shape, 3)) * [0.03, 0.1, 0.1]
    random_hue = stream(Stream.RANDOM_HUE).random(shape)
    hsv = np.stack([random_hue if factors.color else hue, 0 * hue + 0.7, 0 * hue + 0.8], axis=-1)
    background = stream(Stream.BACKGROUND).random((images, 1, 3))
    colors = np.concatenate([background, convert_hsv(hsv + spread)], axis=1)

    textures = stream(Stream.TEXTURE_CHOICE).integers(POOL, size=(images, 1 + count))
    if not factors.texture:
        textures = np.full_like(textures, -1)
    return Scenes(shapes, objects, colors, textures, 0.0 if factors.color else settings.tint)


def fit(objects: np.ndarray, corners: np.ndarray) -> np.ndarray:
    """Give objects their `bbox`, and such a `scale` that each has the study's size.

    Args:
        objects: dtype OBJECT (n, k), whose `scale` is the scale warp.
        corners: highest corner (n, k, 3) of each object's centred shape.
    """
    objects = objects.copy()
    objects["bbox"] = np.stack([-corners, corners], axis=-2)
    objects["scale"] *= LONGEST_SIDE / (2 * corners.max(axis=-1, keepdims=True))
    return objects


def compute_rotations(euler: np.ndarray) -> np.ndarray:
    """Multiply Rz Ry Rx of XYZ Euler angles (..., 3), as in Blender: float (..., 3, 3).

    SciPy's `Rotation` differs in the last bit, and a seed must go on giving the same files.
    """
    (cx, cy, cz), (sx, sy, sz) = (
        np.moveaxis(np.cos(euler), -1, 0),
        np.moveaxis(np.sin(euler), -1, 0),
    )
    rows = [
        [cy * cz, sx * sy * cz - cx * sz, cx * sy * cz + sx * sz],
        [cy * sz, sx * sy * sz + cx * cz, cx * sy * sz - sx * cz],
        [-sy, sx * cy, cx * cy],
    ]
    return np.stack([np.stack(row, axis=-1) for row in rows], axis=-2)


def compute_quaternions(euler: np.ndarray) -> np.ndarray:
    """Compute the same rotations as quaternions (..., 4), w first and not negative."""
    rotations = Rotation.from_euler("xyz", euler.reshape(-1, 3))
    quaternions = rotations.as_quat(canonical=True, scalar_first=True)
    return quaternions.reshape(*euler.shape[:-1], 4)


def _draw_ring(around, above, shape: tuple[int, int]) -> np.ndarray:
    """Draw locations around a ring, its centre, radius and spread as in the authors' data."""
    quarter = 2 * np.pi / shape[1]
    angles = quarter * np.arange(shape[1]) + around.uniform(0, np.pi / 3, shape)
    heights = above.normal(0.05, 0.05, shape)
    return np.stack([0.05 + 0.35 * np.cos(angles), 0.35 * np.sin(angles), heights], axis=-1)
