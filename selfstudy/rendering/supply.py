"""Where a bucket's shapes and textures come from: made up, or from what a user has collected.

No two buckets share a shape or a texture, wherever these come from.
"""

from collections.abc import Iterable
from typing import Protocol

import numpy as np

from selfstudy.data.packed import CLASSES
from selfstudy.rendering.meshes import Collection
from selfstudy.rendering.own_textures import own_textures
from selfstudy.rendering.settings import Rendering
from selfstudy.rendering.shapes import Mesh, make_shape
from selfstudy.rendering.streams import Stream, Tempered, dealt, generator
from selfstudy.rendering.textures import POOL, make_texture, pyramids


class Shapes(Protocol):
    """A bucket's shapes, without end; shape `index` is of class index % len(classes)."""

    classes: tuple[str, ...]  # their names

    def __call__(self, index: int) -> Mesh:
        """A shape, its bounding box centred on the origin, y up."""


class ProceduralShapes:
    """Every shape is made up anew."""

    classes = CLASSES

    def __init__(self, settings: Rendering, bucket: int) -> None:
        self.settings, self.bucket = settings, bucket

    def __call__(self, index: int) -> Mesh:
        rng = generator(self.settings.seed, self.bucket, Stream.SHAPE, index)
        return centred(make_shape(index % len(CLASSES), Tempered(rng, self.settings.variety)))


class OwnShapes:
    """Collected meshes: of each class the bucket's share, in turn, in a new order each turn."""

    def __init__(self, settings: Rendering, bucket: int) -> None:
        self.settings, self.bucket = settings, bucket
        self.collection = Collection.open(settings.meshes)
        self.classes = self.collection.classes
        self.shares = [
            dealt(np.flatnonzero(self.collection.labels == label), settings.seed, bucket, label)
            for label in range(len(self.classes))
        ]

    def __call__(self, index: int) -> Mesh:
        draw, label = divmod(index, len(self.classes))
        share = self.shares[label]
        turn, place = divmod(draw, len(share))
        # Counted through, so that each class and turn has a stream of its own.
        which = turn * len(self.classes) + label
        order = generator(self.settings.seed, self.bucket, Stream.SHAPE, which)
        return centred(self.collection.read(int(order.permutation(share)[place])))


def shapes_of(settings: Rendering, bucket: int) -> Shapes:
    """The supply of shapes that the settings name."""
    return (OwnShapes if settings.meshes else ProceduralShapes)(settings, bucket)


def textures_of(settings: Rendering, bucket: int) -> np.ndarray:
    """The bucket's `POOL` textures as linear RGB, float32 (POOL, TEXELS, 3)."""
    return pyramids(texture_images(settings, bucket))


def texture_images(settings: Rendering, bucket: int) -> Iterable[np.ndarray]:
    """The bucket's `POOL` textures, sRGB, float (SIZE, SIZE, 3) from 0 to 1."""
    if settings.textures:
        own = own_textures(settings.textures, settings.seed, bucket)
        return (own[index % len(own)] / 255 for index in range(POOL))
    streams = (generator(settings.seed, bucket, Stream.TEXTURE_IMAGE, i) for i in range(POOL))
    return map(make_texture, streams)


def centred(mesh: Mesh) -> Mesh:
    low, high = mesh.vertices.min(axis=0), mesh.vertices.max(axis=0)
    return mesh._replace(vertices=mesh.vertices - (low + high) / 2)
