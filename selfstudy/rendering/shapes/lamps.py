"""Lamps: table, floor, desk, arc, tripod, pendant, chandelier, lantern, wall and street lamps."""

import numpy as np

from selfstudy.rendering.shapes.mesh import (
    Mesh,
    box,
    cylinder,
    ellipsoid,
    join,
    lathe,
    mirror,
    rod,
    torus,
)
from selfstudy.rendering.shapes.parts import choose, maybe


def make_lamp(rng: np.random.Generator) -> Mesh:
    """Make a lamp of one of `KINDS`."""
    return join(choose(rng, *KINDS)(rng))


def _shade(rng, center, radius, height, up=1) -> list[Mesh]:
    """A drum, cone, globe, dome, bell or pleated shade around `center`; `up` = -1 turns it over."""
    base = np.array(center) - [0, up * height / 2, 0]
    axis = (0, up, 0)
    kind = rng.integers(6)
    if kind == 0:
        return [
            cylinder(
                base, base + [0, up * height, 0], radius, radius * rng.uniform(0.8, 1), wall=0.1
            )
        ]
    if kind == 1:
        return [
            cylinder(
                base, base + [0, up * height, 0], radius, radius * rng.uniform(0.3, 0.6), wall=0.1
            )
        ]
    if kind == 2:
        return [ellipsoid(center, (radius * 0.85, min(height * 0.6, radius * 0.85), radius * 0.85))]
    if kind == 3:
        t = np.linspace(0, np.pi / 2, 9)
        return [lathe(np.stack([radius * np.cos(t), height * np.sin(t)], axis=1), base, axis)]
    if kind == 4:
        t = np.linspace(0, 1, 9)
        flare = radius * (0.35 + 0.65 * (1 - t) ** 2.2)
        return [lathe(np.stack([flare, height * t], axis=1), base, axis)]
    rings = np.linspace(0, height, 5)
    return [
        torus(base + [0, up * y, 0], axis, radius * (1 - 0.35 * y / height), height / 7)
        for y in rings
    ]


def _foot(rng, radius) -> list[Mesh]:
    kind = rng.integers(3)
    thick = rng.uniform(0.03, 0.06)
    if kind == 0:
        return [cylinder((0, 0, 0), (0, thick, 0), radius, radius * rng.uniform(0.6, 1))]
    if kind == 1:
        return [box((0, thick / 2, 0), (radius * 1.8, thick, radius * 1.8))]
    return [ellipsoid((0, 0, 0), (radius, thick * 1.8, radius), low=0)]


def _floor(rng):
    u = rng.uniform
    height = u(0.8, 1.3)
    parts = [*_foot(rng, u(0.12, 0.2)), cylinder((0, 0, 0), (0, height, 0), u(0.014, 0.028))]
    if maybe(rng, 0.3):
        parts.append(cylinder((0, height * 0.45, 0), (0, height * 0.45 + 0.025, 0), u(0.12, 0.2)))
    return parts + _shade(
        rng, (0, height, 0), u(0.17, 0.3), u(0.22, 0.36), choose(rng, 1, 1, 1, -1)
    )


def _table(rng):
    """A turned body, as of a vase, under a large shade."""
    u = rng.uniform
    height, steps = u(0.3, 0.6), int(rng.integers(4, 8))
    heights = np.linspace(0, height, 3 * steps)
    waist = np.interp(heights, np.linspace(0, height, steps), u(0.03, 0.15, steps))
    waist = np.convolve(np.pad(waist, 1, mode="edge"), [0.25, 0.5, 0.25], mode="valid")
    body = lathe(np.stack([waist, heights], axis=1))
    tall = u(0.25, 0.4)
    neck = cylinder((0, height, 0), (0, height + tall * 0.6, 0), 0.018)
    return [
        *_foot(rng, u(0.1, 0.16)),
        body,
        neck,
        *_shade(rng, (0, height + tall * 0.6, 0), u(0.2, 0.32), tall),
    ]


def _beads(rng):
    """A stack of balls or blocks under a shade."""
    u = rng.uniform
    count, y = int(rng.integers(2, 6)), 0.05
    parts = _foot(rng, u(0.11, 0.17))
    blocks = maybe(rng, 0.4)
    for _ in range(count):
        radius = u(0.05, 0.11)
        parts.append(
            box((0, y + radius, 0), (2 * radius,) * 3)
            if blocks
            else ellipsoid((0, y + radius, 0), (radius,) * 3)
        )
        y += 1.85 * radius
    return parts + _shade(rng, (0, y + 0.14, 0), u(0.18, 0.28), u(0.22, 0.34))


def _desk(rng):
    """Two arms with a joint and a small tilted head."""
    u = rng.uniform
    elbow = np.array([-u(0.1, 0.25), u(0.3, 0.45), 0])
    head = elbow + [u(0.3, 0.5), u(0.0, 0.2), 0]
    aim = np.array([u(0.4, 1.0), -1.0, 0])
    aim *= u(0.14, 0.2) / np.linalg.norm(aim)
    thick = u(0.014, 0.022)
    return [
        *_foot(rng, u(0.11, 0.16)),
        *rod([(0, 0.03, 0), elbow, head], thick),
        ellipsoid(elbow, (0.03,) * 3),
        ellipsoid(head, (0.05,) * 3),
        cylinder(head, head + aim, 0.045, u(0.1, 0.16), wall=0.12),
    ]


def _arc(rng):
    """A long bow over a hanging shade."""
    u = rng.uniform
    reach, height = u(0.5, 0.8), u(0.8, 1.1)
    angles = np.linspace(np.pi, u(0.1, 0.3) * np.pi, 9)
    bow = [
        np.array([reach / 2 * (1 + np.cos(a)), height * (0.35 + 0.65 * np.sin(a)), 0])
        for a in angles
    ]
    path = [np.zeros(3), *bow]
    radius, tall = u(0.14, 0.22), u(0.14, 0.22)
    return [
        *_foot(rng, u(0.13, 0.19)),
        *rod(path, 0.017),
        *_shade(rng, bow[-1] - [0, tall / 2, 0], radius, tall),
    ]


def _tripod(rng):
    u = rng.uniform
    height, spread = u(0.65, 1.0), u(0.22, 0.35)
    legs = [
        cylinder((spread * np.cos(a), 0, spread * np.sin(a)), (0, height, 0), 0.024, 0.02)
        for a in 2 * np.pi * np.arange(3) / 3
    ]
    return [*legs, *_shade(rng, (0, height + 0.08, 0), u(0.18, 0.3), u(0.22, 0.34))]


def _pendant(rng):
    u = rng.uniform
    drop = u(0.4, 0.9)
    plate = cylinder((0, drop, 0), (0, drop + 0.04, 0), u(0.06, 0.12))
    cord = cylinder((0, 0, 0), (0, drop, 0), 0.013)
    return [plate, cord, *_shade(rng, (0, 0, 0), u(0.18, 0.32), u(0.18, 0.36))]


def _chandelier(rng):
    u = rng.uniform
    arms, reach, rise = int(rng.integers(4, 8)), u(0.26, 0.4), u(0.03, 0.16)
    parts = [
        cylinder((0, 0, 0), (0, u(0.4, 0.6), 0), 0.022),
        ellipsoid((0, 0, 0), (0.07, 0.09, 0.07)),
        ellipsoid((0, 0.25, 0), (0.045, 0.06, 0.045)),
    ]
    down = maybe(rng, 0.4)
    globes = maybe(rng, 0.4)
    for a in 2 * np.pi * np.arange(arms) / arms:
        out = np.array([np.cos(a), 0, np.sin(a)])
        tip = reach * out + [0, rise, 0]
        parts += rod([np.zeros(3), 0.6 * reach * out - [0, 0.05, 0], tip], 0.014)
        if globes:
            parts.append(ellipsoid(tip + [0, 0.06, 0], (0.06, 0.06, 0.06)))
        else:
            parts.append(
                cylinder(tip, tip + [0, -0.12 if down else 0.12, 0], 0.035, 0.075, wall=0.15)
            )
    return parts


def _lantern(rng):
    """A caged light with a roof and a ring."""
    u = rng.uniform
    sides, radius, height = choose(rng, 4, 6), u(0.14, 0.2), u(0.32, 0.5)
    posts = [
        cylinder(
            (radius * np.cos(a), 0, radius * np.sin(a)),
            (radius * np.cos(a), height, radius * np.sin(a)),
            0.016,
        )
        for a in 2 * np.pi * np.arange(sides) / sides
    ]
    return [
        *posts,
        cylinder((0, -0.04, 0), (0, 0.03, 0), radius * 1.15),
        cylinder((0, height, 0), (0, height + u(0.1, 0.2), 0), radius * 1.3, 0.04),
        cylinder((0, 0, 0), (0, height * 0.6, 0), radius * 0.4),
        torus((0, height + 0.22, 0), (0, 0, 1), 0.06, 0.014),
    ]


def _wall(rng):
    """A plate with one or two shaded arms."""
    u = rng.uniform
    reach = u(0.2, 0.3)
    tip = np.array([u(0.1, 0.22), 0.06, reach])
    arm = rod([np.zeros(3), np.array([tip[0], -0.08, reach * 0.6]), tip], 0.018)
    arm += _shade(rng, tip + [0, 0.1, 0], u(0.1, 0.15), u(0.16, 0.22))
    parts = mirror(*arm)
    return [box((0, 0, 0), (0.14, u(0.2, 0.34), 0.04)), *parts]


def _street(rng):
    u = rng.uniform
    height = u(1.0, 1.4)
    post = lathe([(0.09, 0), (0.09, 0.06), (0.04, 0.14), (0.025, height)])
    if maybe(rng, 0.5):
        globe = ellipsoid((0, height + 0.1, 0), (0.14, 0.16, 0.14))
        return [post, globe, cylinder((0, height - 0.02, 0), (0, height + 0.02, 0), 0.08)]
    reach = u(0.18, 0.3)
    arm = rod([np.array([0, height, 0]), np.array([reach, height + 0.04, 0])], 0.02)
    head = cylinder((reach, height - 0.14, 0), (reach, height + 0.06, 0), 0.1, 0.05)
    return [post, *mirror(*arm, head)]


KINDS = (
    _floor,
    _floor,
    _table,
    _table,
    _beads,
    _desk,
    _arc,
    _tripod,
    _pendant,
    _chandelier,
    _lantern,
    _wall,
    _street,
)
