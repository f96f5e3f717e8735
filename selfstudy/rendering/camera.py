"""What all kernels see: scenes on the device, and the study's camera.

The camera looks along -`BACK` from `EYE`. Lengths along its axis are depths.
"""

import numpy as np
import warp as wp

_PITCH = 0.36 * np.pi
RIGHT = wp.constant(wp.vec3(0.0, 1.0, 0.0))
UP = wp.constant(wp.vec3(-float(np.cos(_PITCH)), 0.0, float(np.sin(_PITCH))))
BACK = wp.constant(wp.vec3(float(np.sin(_PITCH)), 0.0, float(np.cos(_PITCH))))
EYE = wp.constant(wp.vec3(1.0, 0.0, 0.4))
TANGENT = wp.constant(18.0 / 50.0)  # half the sensor's width over the focal length
PLANE = wp.constant(float(-3.0 * np.sin(_PITCH) - 1.2 * np.cos(_PITCH)))  # offset along BACK


@wp.struct
class Batch:
    """Scenes on the device: arrays run over images, then objects (with the background first)."""

    mesh: wp.uint64
    roots: wp.array2d(dtype=wp.int32)
    starts: wp.array2d(dtype=wp.int32)  # first of an object's faces
    ends: wp.array2d(dtype=wp.int32)  # behind its last
    rotations: wp.array2d(dtype=wp.mat33)
    scales: wp.array2d(dtype=wp.vec3)
    locations: wp.array2d(dtype=wp.vec3)
    radii: wp.array2d(dtype=wp.float32)  # of spheres around the objects
    covered: wp.array4d(dtype=wp.uint8)  # whether an object may be seen: image, row, column, object
    lights: wp.array(dtype=wp.vec3)
    colors: wp.array2d(dtype=wp.vec3)
    textures: wp.array2d(dtype=wp.int32)
    texels: wp.array2d(dtype=wp.vec3)
    tint: float
    resolution: int


@wp.func
def cast(batch: Batch, x: float, y: float):
    """Direction through a point of the image, of depth 1."""
    half = 0.5 * float(batch.resolution)
    return RIGHT * (TANGENT * (x - half) / half) + UP * (TANGENT * (half - y) / half) - BACK


@wp.func
def project(batch: Batch, image: int, index: int, vertex: wp.vec3):
    """Where a vertex of an object is seen: x and y in pixels, and its depth."""
    placed = batch.rotations[image, index] * wp.cw_mul(vertex, batch.scales[image, index])
    apart = placed + batch.locations[image, index] - EYE
    depth = -wp.dot(apart, BACK)
    half = 0.5 * float(batch.resolution)
    spread = half / (depth * TANGENT)
    return wp.vec3(half + spread * wp.dot(apart, RIGHT), half - spread * wp.dot(apart, UP), depth)
