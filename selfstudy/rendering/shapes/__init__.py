"""Procedural meshes of the ten classes."""

from collections.abc import Callable

import numpy as np

from selfstudy.data.packed import CLASSES
from selfstudy.rendering.shapes.aircraft import airplane
from selfstudy.rendering.shapes.furniture import cabinet, table
from selfstudy.rendering.shapes.lamps import lamp
from selfstudy.rendering.shapes.mesh import Mesh
from selfstudy.rendering.shapes.seats import bench, chair
from selfstudy.rendering.shapes.sofas import sofa
from selfstudy.rendering.shapes.vehicles import car, motorcycle
from selfstudy.rendering.shapes.watercraft import watercraft

_MAKERS: dict[str, Callable[[np.random.Generator], Mesh]] = {
    maker.__name__: maker
    for maker in (
        airplane,
        bench,
        cabinet,
        car,
        chair,
        lamp,
        sofa,
        table,
        watercraft,
        motorcycle,
    )
}


# Seen with the study's fixed viewpoint, these show their fronts best; the others show a side.
_FACE_SIDEWAYS = ("bench", "cabinet", "chair", "lamp", "sofa", "table")


def make_shape(class_id: int, rng: np.random.Generator) -> Mesh:
    """A random shape of class `CLASSES[class_id]`: y up, of about unit size.

    Furniture faces +x and vehicles face -z.
    """
    name = CLASSES[class_id]
    shape = _MAKERS[name](rng)
    order, signs = ([2, 1, 0], [1, 1, -1]) if name in _FACE_SIDEWAYS else ([0, 1, 2], [-1, 1, -1])
    return Mesh(shape.vertices[:, order] * signs, shape.normals[:, order] * signs, shape.faces)


__all__ = ["Mesh", "make_shape"]
