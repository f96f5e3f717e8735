"""Which pixels may see which object: asked once per triangle, so that few rays miss."""

import warp as wp

from selfstudy.rendering.camera import Batch, project

wp.set_module_options({"enable_backward": False, "fast_math": False})

_MARGIN = wp.constant(0.0625)  # in pixels; far more than is lost by rounding
THREADS = wp.constant(32)  # for an object's triangles
_NEAR = wp.constant(0.05)  # depth from which on a triangle is projected


@wp.func
def _passes(start: wp.vec3, end: wp.vec3, turn: float, x: float, y: float):
    """Whether the square around a pixel's centre lies wholly outside of a triangle's edge."""
    along_x = end[0] - start[0]
    along_y = end[1] - start[1]
    inside = turn * (along_x * (y - start[1]) - along_y * (x - start[0]))
    return inside < -(0.5 + _MARGIN) * (wp.abs(along_x) + wp.abs(along_y))


@wp.func
def _mark(batch: Batch, image: int, index: int, face: int):
    a = project(batch, image, index, wp.mesh_get_point(batch.mesh, 3 * face))
    b = project(batch, image, index, wp.mesh_get_point(batch.mesh, 3 * face + 1))
    c = project(batch, image, index, wp.mesh_get_point(batch.mesh, 3 * face + 2))
    low = wp.vec3(0.0)
    high = wp.vec3(float(batch.resolution))
    near = wp.min(wp.min(a[2], b[2]), c[2]) < _NEAR
    if not near:
        low = wp.min(wp.min(a, b), c)
        high = wp.max(wp.max(a, b), c)
    last = float(batch.resolution - 1)
    left = int(wp.clamp(wp.floor(low[0] - _MARGIN), 0.0, last + 1.0))
    right = int(wp.clamp(wp.floor(high[0] + _MARGIN), -1.0, last))
    above = int(wp.clamp(wp.floor(low[1] - _MARGIN), 0.0, last + 1.0))
    below = int(wp.clamp(wp.floor(high[1] + _MARGIN), -1.0, last))
    turn = wp.sign((b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0]))
    for row in range(above, below + 1):
        for column in range(left, right + 1):
            if batch.covered[image, row, column, index] > wp.uint8(0):
                continue
            x = float(column) + 0.5
            y = float(row) + 0.5
            if not near:  # noqa: SIM102 (Warp asks all of an `and`)
                if (
                    _passes(a, b, turn, x, y)
                    or _passes(b, c, turn, x, y)
                    or _passes(c, a, turn, x, y)
                ):
                    continue
            batch.covered[image, row, column, index] = wp.uint8(1)


@wp.kernel
def mark_covered(batch: Batch):
    """Mark the pixels that an object's triangles touch, and a little more.

    A triangle that is too near to be projected marks all pixels.
    """
    image, index, first = wp.tid()
    for face in range(batch.starts[image, index] + first, batch.ends[image, index], THREADS):
        _mark(batch, image, index, face)
