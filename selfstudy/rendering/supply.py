"""Where a bucket's shapes and textures come from: made up, or from what a user has collected.

No two buckets share a shape or a texture, wherever these come from.
"""

from collections.abc import Iterable
from typing import Protocol

import numpy as np

from selfstudy.data.packed import CLASSES
from selfstudy.rendering.meshes import Collection
from selfstudy.rendering.own_textures import read_textures
from selfstudy.rendering.settings import Rendering
from selfstudy.rendering.shapes import Mesh, make_shape
from selfstudy.rendering.streams import Stream, Tempered, deal, make_generator
from selfstudy.rendering.textures import POOL, build_pyramids, make_texture


class Shapes(Protocol):
    """A bucket's shapes, without end; shape `index` is of class index % len(classes)."""

    classes: tuple[str, ...]  # their names

    def __call__(self, index: int) -> Mesh:
        """Give a shape, its bounding box centred on the origin, y up."""


class ProceduralShapes:
    """Every shape is made up anew."""

    classes = CLASSES

    def __init__(self, settings: Rendering, bucket: int) -> None:
        self.settings, self.bucket = settings, bucket

    def __call__(self, index: int) -> Mesh:
        """Make a shape."""
        rng = make_generator(self.settings.seed, self.bucket, Stream.SHAPE, index)
        return center(make_shape(index % len(CLASSES), Tempered(rng, self.settings.variety)))


class OwnShapes:
    """Collected meshes: of each class the bucket's share, in turn, in a new order each turn."""

    def __init__(self, settings: Rendering, bucket: int) -> None:
        self.settings, self.bucket = settings, bucket
        self.collection = Collection.open(settings.meshes)
        self.classes = self.collection.classes
        self.shares = [
            deal(np.flatnonzero(self.collection.labels == label), settings.seed, bucket, label)
            for label in range(len(self.classes))
        ]

    def __call__(self, index: int) -> Mesh:
        """Read a mesh, the next of its class in this turn's order."""
        draw, label = divmod(index, len(self.classes))
        share = self.shares[label]
        turn, place = divmod(draw, len(share))
        # Counted through, so that each class and turn has a stream of its own.
        which = turn * len(self.classes) + label
        order = make_generator(self.settings.seed, self.bucket, Stream.SHAPE, which)
        return center(self.collection.read_shape(int(order.permutation(share)[place])))


def supply_shapes(settings: Rendering, bucket: int) -> Shapes:
    """Supply the shapes that the settings name."""
    return (OwnShapes if settings.meshes else ProceduralShapes)(settings, bucket)


def supply_textures(settings: Rendering, bucket: int) -> np.ndarray:
    """Supply the bucket's `POOL` textures as linear RGB, float32 (POOL, TEXELS, 3)."""
    return build_pyramids(supply_texture_images(settings, bucket))


def supply_texture_images(settings: Rendering, bucket: int) -> Iterable[np.ndarray]:
    """Supply the bucket's `POOL` textures, sRGB, float (SIZE, SIZE, 3) from 0 to 1."""
    if settings.textures:
        own = read_textures(settings.textures, settings.seed, bucket)
        return (own[index % len(own)] / 255 for index in range(POOL))
    streams = (make_generator(settings.seed, bucket, Stream.TEXTURE_IMAGE, i) for i in range(POOL))
    return map(make_texture, streams)


def center(mesh: Mesh) -> Mesh:
    """Move a mesh so that its bounding box is centred on the origin."""
    low, high = mesh.vertices.min(axis=0), mesh.vertices.max(axis=0)
    return mesh._replace(vertices=mesh.vertices - (low + high) / 2)
