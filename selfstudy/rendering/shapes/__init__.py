"""Procedural meshes of the ten classes."""

from collections.abc import Callable

import numpy as np

from selfstudy.data.packed import CLASSES
from selfstudy.rendering.shapes.aircraft import make_airplane
from selfstudy.rendering.shapes.furniture import make_cabinet, make_table
from selfstudy.rendering.shapes.lamps import make_lamp
from selfstudy.rendering.shapes.mesh import Mesh
from selfstudy.rendering.shapes.seats import make_bench, make_chair
from selfstudy.rendering.shapes.sofas import make_sofa
from selfstudy.rendering.shapes.vehicles import make_car, make_motorcycle
from selfstudy.rendering.shapes.watercraft import make_watercraft

_MAKERS: dict[str, Callable[[np.random.Generator], Mesh]] = {
    "airplane": make_airplane,
    "bench": make_bench,
    "cabinet": make_cabinet,
    "car": make_car,
    "chair": make_chair,
    "lamp": make_lamp,
    "sofa": make_sofa,
    "table": make_table,
    "watercraft": make_watercraft,
    "motorcycle": make_motorcycle,
}


# Seen with the study's fixed viewpoint, these show their fronts best; the others show a side.
_FACE_SIDEWAYS = ("bench", "cabinet", "chair", "lamp", "sofa", "table")


def make_shape(class_id: int, rng: np.random.Generator) -> Mesh:
    """Make a random shape of class `CLASSES[class_id]`: y up, of about unit size.

    Furniture faces +x and vehicles face -z.
    """
    name = CLASSES[class_id]
    shape = _MAKERS[name](rng)
    order, signs = ([2, 1, 0], [1, 1, -1]) if name in _FACE_SIDEWAYS else ([0, 1, 2], [-1, 1, -1])
    return Mesh(shape.vertices[:, order] * signs, shape.normals[:, order] * signs, shape.faces)


__all__ = ["Mesh", "make_shape"]
