"""Procedural meshes of the ten classes."""

from collections.abc import Callable

import numpy as np

from selfstudy.data.packed import CLASSES
from selfstudy.rendering.shapes.aircraft import airplane
from selfstudy.rendering.shapes.furniture import cabinet, table
from selfstudy.rendering.shapes.lamps import lamp
from selfstudy.rendering.shapes.mesh import Mesh
from selfstudy.rendering.shapes.seats import bench, chair, sofa
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


def make_shape(class_id: int, rng: np.random.Generator) -> Mesh:
    """A random shape of class `CLASSES[class_id]`: y up, facing +z, of about unit size."""
    return _MAKERS[CLASSES[class_id]](rng)


__all__ = ["Mesh", "make_shape"]
