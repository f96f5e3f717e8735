"""Triangle meshes with vertex normals, and the few primitives all shapes are put together from.

Shapes stand on the ground with y up and face +z; x is sideways. A vertex is repeated where the
surface has a crease, so normals interpolated inside a triangle shade round parts smoothly and leave
edges sharp. Which side of a triangle is its front does not matter: the ray tracer is two-sided.
Primitives are named by what they make, as in solid modelling.
"""

from collections.abc import Sequence
from functools import cache
from itertools import pairwise
from typing import NamedTuple

import numpy as np

Vector = Sequence[float] | np.ndarray

CREASE = np.cos(np.radians(40))  # profile corners sharper than 40 degrees stay sharp


class Mesh(NamedTuple):
    """Triangles with normals at their corners."""

    vertices: np.ndarray  # (v, 3) float64
    normals: np.ndarray  # (v, 3) float64, of length 1
    faces: np.ndarray  # (f, 3) int64


def join(parts: Sequence[Mesh]) -> Mesh:
    """Join all parts to one mesh; they may overlap."""
    starts = np.cumsum([0, *(len(part.vertices) for part in parts[:-1])])
    return Mesh(
        np.concatenate([part.vertices for part in parts]),
        np.concatenate([part.normals for part in parts]),
        np.concatenate([part.faces + start for part, start in zip(parts, starts, strict=True)]),
    )


def mirror(*parts: Mesh) -> list[Mesh]:
    """Give the parts and their mirror images across x = 0."""
    flip = np.array([-1.0, 1.0, 1.0])
    return [
        *parts,
        *(Mesh(part.vertices * flip, part.normals * flip, part.faces) for part in parts),
    ]


# Corners of a hexahedron vary slowest along x, then y, then z.
_CORNERS = np.array([[x, y, z] for x in (-1, 1) for y in (-1, 1) for z in (-1, 1)]) / 2.0
_SIDES = np.array(
    [[0, 1, 3, 2], [4, 5, 7, 6], [0, 1, 5, 4], [2, 3, 7, 6], [0, 2, 6, 4], [1, 3, 7, 5]]
)
_TOP = _CORNERS[:, 1] > 0


_NEXT, _LAST = [1, 2, 0], [2, 0, 1]


def quads(corners: np.ndarray) -> Mesh:
    """Make flat quadrilaterals (q, 4, 3), corners in cyclic order."""
    a, b = corners[:, 2] - corners[:, 0], corners[:, 3] - corners[:, 1]
    normals = a[:, _NEXT] * b[:, _LAST] - a[:, _LAST] * b[:, _NEXT]  # np.cross is slow on few
    normals /= np.sqrt((normals**2).sum(axis=1, keepdims=True)) + 1e-12
    first = 4 * np.arange(len(corners))[:, None]
    faces = np.concatenate([first + [0, 1, 2], first + [0, 2, 3]])
    return Mesh(corners.reshape(-1, 3), np.repeat(normals, 4, axis=0), faces)


def hexahedron(corners: np.ndarray) -> Mesh:
    """Make a solid with six flat sides from its corners (8, 3), x slowest, z fastest."""
    return quads(corners[_SIDES])


def box(center: Vector, size: Vector, top: Vector = (1, 1), shift: Vector = (0, 0)) -> Mesh:
    """Make a box whose top is scaled by `top` and moved by `shift` (x and z each)."""
    corners = _CORNERS * size
    corners[_TOP, 0] = corners[_TOP, 0] * top[0] + shift[0]
    corners[_TOP, 2] = corners[_TOP, 2] * top[1] + shift[1]
    return hexahedron(corners + center)


def beam(start: Vector, end: Vector, start_size: float, end_size: float | None = None) -> Mesh:
    """Make a straight post of square section, cut level, between two heights."""
    half = np.array([start_size, start_size if end_size is None else end_size]) / 2
    corners = np.empty((2, 2, 2, 3))
    corners[:, 0], corners[:, 1] = start, end
    corners[0, ..., 0] -= half[:, None]
    corners[1, ..., 0] += half[:, None]
    corners[..., 0, 2] -= half
    corners[..., 1, 2] += half
    return hexahedron(corners.reshape(8, 3))


def loft(sections: np.ndarray, closed: bool = True) -> Mesh:
    """Lay a flat-sided skin over cross-sections (s, k, 3), with flat ends.

    `closed` joins the last point of every section to its first.
    """
    if closed:
        sections = np.concatenate([sections, sections[:, :1]], axis=1)
    low, high = sections[:-1], sections[1:]
    skin = np.stack([low[:, :-1], low[:, 1:], high[:, 1:], high[:, :-1]], axis=2)
    ends = sections[[0, -1]]
    middle = np.broadcast_to(ends.mean(axis=1, keepdims=True), ends[:, 1:].shape)
    caps = np.stack([ends[:, :-1], ends[:, 1:], middle, middle], axis=2)
    return quads(np.concatenate([skin.reshape(-1, 4, 3), caps.reshape(-1, 4, 3)]))


def lathe(
    profile: Vector,
    base: Vector = (0, 0, 0),
    axis: Vector = (0, 1, 0),
    flat: float = 1.0,
    around: int | None = None,
) -> Mesh:
    """Turn a profile (p, 2) of radius and height about `axis` at `base`: a solid of revolution.

    `flat` stretches the section sideways, into an ellipse; `around` is its number of corners, by
    default as many as it takes to look round.
    """
    profile = np.asarray(profile, float)
    around = around or _corners(profile[:, 0].max())
    steps = np.diff(profile, axis=0)
    slopes = np.stack([steps[:, 1], -steps[:, 0]], axis=1)
    slopes /= np.maximum(np.linalg.norm(slopes, axis=1, keepdims=True), 1e-12)
    bends = np.repeat(slopes[:, None], 2, axis=1)  # (segments, its two ends, 2)
    smooth = (slopes[:-1] * slopes[1:]).sum(axis=1) > CREASE
    joint = slopes[:-1] + slopes[1:]
    bends[:-1, 1][smooth] = bends[1:, 0][smooth] = joint[smooth]

    circle, side, faces = _turn(len(steps), around)
    points = np.stack([profile[:-1], profile[1:]], axis=1)[:, :, None]  # (segments, 2, 1, 2)
    bends = bends[:, :, None]
    local = np.stack(
        [points[..., 0] * circle * flat, points[..., 1] + 0 * circle, points[..., 0] * side],
        axis=-1,
    )
    normals = np.stack(
        [bends[..., 0] * circle / flat, bends[..., 1] + 0 * circle, bends[..., 0] * side], axis=-1
    )
    frame = _frame(np.asarray(axis, float))
    normals = normals.reshape(-1, 3) @ frame
    normals /= np.linalg.norm(normals, axis=1, keepdims=True)
    return Mesh(local.reshape(-1, 3) @ frame + base, normals, faces)


def _corners(radius: float) -> int:
    """How many corners make a circle look round in a shape of unit size."""
    return 8 if radius < 0.02 else 12 if radius < 0.04 else 20 if radius < 0.09 else 32


@cache
def _turn(segments: int, around: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Cosines and sines around a circle, and the faces of `segments` bands of it."""
    angles = 2 * np.pi * np.arange(around) / around
    here = np.arange(around)
    there = (here + 1) % around
    band = np.concatenate(
        [
            np.stack([here, here + around, there], axis=1),
            np.stack([there, here + around, there + around], axis=1),
        ]
    )
    bands = (2 * around * np.arange(segments)[:, None, None] + band).reshape(-1, 3)
    return np.cos(angles), np.sin(angles), bands


def _frame(axis: np.ndarray) -> np.ndarray:
    """Rows x, y, z of a right-handed frame whose y is along `axis`."""
    y = axis / np.sqrt(axis @ axis)
    helper = np.array([1.0, 0, 0]) if abs(y[0]) < 0.9 else np.array([0, 0, 1.0])
    x = helper - y * (y @ helper)
    x /= np.sqrt(x @ x)
    z = [x[1] * y[2] - x[2] * y[1], x[2] * y[0] - x[0] * y[2], x[0] * y[1] - x[1] * y[0]]
    return np.array([x, y, z])


def cylinder(
    start: Vector,
    end: Vector,
    radius: float,
    end_radius: float | None = None,
    flat: float = 1.0,
    wall: float = 0.0,
) -> Mesh:
    """Make a cylinder or cone; `wall` > 0 hollows it, leaving that part of the radius."""
    end_radius = radius if end_radius is None else end_radius
    axis = np.subtract(end, start).astype(float)
    length = np.sqrt(axis @ axis)
    profile = [(0, 0), (radius, 0), (end_radius, length), (0, length)]
    if wall:
        inner, end_inner = radius * (1 - wall), end_radius * (1 - wall)
        profile = [(inner, 0), *profile[1:3], (end_inner, length), (inner, 0)]
    return lathe(profile, start, axis, flat)


def ellipsoid(center: Vector, radii: Vector, low: float = -1.0, high: float = 1.0) -> Mesh:
    """Make an ellipsoid, cut to heights between `low` and `high` (-1 to 1) and closed there."""
    around = _corners(max(radii))
    angles = np.linspace(np.arcsin(low), np.arcsin(high), around // 3 + 3)
    profile = np.stack([np.cos(angles), np.sin(angles)], axis=1)
    if low > -1:
        profile = np.concatenate([[(0, low)], profile])
    if high < 1:
        profile = np.concatenate([profile, [(0, high)]])
    ball = lathe(profile, around=around)
    normals = ball.normals / radii
    normals /= np.linalg.norm(normals, axis=1, keepdims=True)
    return Mesh(ball.vertices * radii + center, normals, ball.faces)


def torus(center: Vector, axis: Vector, radius: float, thickness: float, width=1.0) -> Mesh:
    """Make a ring such as a tyre, of section radius `thickness`, `width` times along the axis."""
    angles = np.linspace(0, 2 * np.pi, 11)
    profile = np.stack(
        [radius + thickness * np.cos(angles), thickness * width * np.sin(angles)], axis=1
    )
    return lathe(profile, center, axis)


def rod(points: Sequence[Vector], radius: float) -> list[Mesh]:
    """Make a bent tube through the points."""
    pieces = [cylinder(a, b, radius) for a, b in pairwise(points)]
    knees = [ellipsoid(point, (radius,) * 3) for point in points[1:-1]]
    return pieces + knees
