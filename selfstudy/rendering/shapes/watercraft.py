"""Watercraft: sailing boats, catamarans, yachts, ships, tankers, tugs, rowing boats, submarines."""

import numpy as np

from selfstudy.rendering.shapes.hulls import hull, sail
from selfstudy.rendering.shapes.mesh import (
    Mesh,
    beam,
    box,
    cylinder,
    ellipsoid,
    join,
    lathe,
    loft,
    mirror,
)
from selfstudy.rendering.shapes.parts import choose, maybe


def make_watercraft(rng: np.random.Generator) -> Mesh:
    """Make a boat or a ship of one of `KINDS`."""
    return join(choose(rng, *KINDS)(rng))


def _sailing(rng) -> list[Mesh]:
    u = rng.uniform
    height, mast, z = u(0.09, 0.14), u(0.7, 1.05), u(0.0, 0.12)
    width = u(0.18, 0.28)
    if maybe(rng, 0.25):
        hulls = mirror(*hull(rng, 0.09, height, offset=0.16, wall=False))
        hulls.append(box((0, height, -0.05), (0.36, 0.025, 0.4)))
    else:
        hulls = hull(rng, width, height)
        hulls.append(box((0, height + 0.04, -0.1), (width * 0.5, 0.07, 0.28), top=(0.8, 0.85)))
    swing = u(-0.12, 0.12)
    boom, top = height + 0.12, height + mast
    rig = [
        cylinder((0, height, z), (0, top, z), 0.014, 0.008),
        cylinder((0, boom - 0.02, z), (swing, boom - 0.02, z - 0.42), 0.011),
    ]
    sails = [sail((0, boom, z - 0.015), (swing, boom, z - 0.42), (0, top - 0.02, z - 0.01))]
    if maybe(rng, 0.75):
        sails.append(
            sail(
                (0, height + 0.05, 0.47),
                (-swing, boom, z + 0.03),
                (0, height + 0.85 * mast, z + 0.02),
            )
        )
    return [*hulls, *rig, *sails]


def _tall_ship(rng) -> list[Mesh]:
    """Two or three masts with square sails."""
    u = rng.uniform
    height, width = u(0.13, 0.18), u(0.16, 0.22)
    parts = hull(rng, width, height)
    parts.append(box((0, height + 0.05, -0.4), (width * 0.85, 0.1, 0.18)))
    parts.append(cylinder((0, height + 0.06, 0.45), (0, height + 0.14, 0.68), 0.013))
    for z, scale in zip((-0.28, 0.02, 0.28), (0.75, 1.0, 0.9), strict=True):
        mast = u(0.55, 0.7) * scale
        parts.append(cylinder((0, height, z), (0, height + mast, z), 0.014))
        for level, spread in ((0.3, 0.19), (0.62, 0.15), (0.88, 0.1)):
            y, half, tall = height + mast * level, spread * scale, mast * 0.24
            parts.append(
                box((0, y, z + 0.02), (2 * half, tall, 0.014), top=(0.8, 1), shift=(0, -0.02))
            )
    return parts


def _yacht(rng) -> list[Mesh]:
    u = rng.uniform
    height, width, deck = u(0.12, 0.17), u(0.22, 0.3), u(0.06, 0.09)
    parts = hull(rng, width, height)
    y, length, z = height, u(0.5, 0.62), -0.08
    for level in range(int(rng.integers(1, 4))):
        shrink = 0.8 - 0.17 * level
        parts.append(
            box(
                (0, y + deck * 0.4, z),
                (width * shrink * 0.92, deck * 0.8, length * 0.94),
                top=(0.9, 0.82),
                shift=(0, -0.02),
            )
        )
        parts.append(
            box(
                (0, y + deck * 0.9, z - 0.01),
                (width * shrink, deck * 0.28, length),
                top=(0.95, 0.95),
            )
        )
        y, length, z = y + deck, length * 0.62, z - 0.03
    parts.append(cylinder((0, y, z), (0, y + u(0.08, 0.18), z - 0.04), 0.012))
    return parts


def _speedboat(rng) -> list[Mesh]:
    u = rng.uniform
    height, width = u(0.12, 0.16), u(0.28, 0.36)
    screen = box(
        (0, height + 0.05, 0.08), (width * 0.75, 0.09, 0.03), top=(0.8, 1), shift=(0, -0.06)
    )
    foredeck = box((0, height + 0.01, 0.2), (width * 0.7, 0.03, 0.24), top=(0.7, 0.9))
    seats = mirror(box((width * 0.2, height + 0.03, -0.08), (0.09, 0.1, 0.06), shift=(0, -0.02)))
    bench = box((0, height + 0.03, -0.3), (width * 0.75, 0.08, 0.08))
    motor = [
        box((0, height + 0.04, -0.53), (0.08, 0.13, 0.08), top=(0.8, 0.8)),
        box((0, 0.05, -0.53), (0.03, 0.2, 0.05)),
    ]
    return [*hull(rng, width, height), screen, foredeck, *seats, bench, *motor]


def _freighter(rng) -> list[Mesh]:
    """A bridge astern and containers, tanks or cranes on deck."""
    u = rng.uniform
    height, width = u(0.12, 0.17), u(0.16, 0.22)
    parts = hull(rng, width, height)
    tall = u(0.14, 0.22)
    parts += [
        box((0, height + tall / 2, -0.37), (width * 0.85, tall, 0.11)),
        box((0, height + tall, -0.36), (width * 1.05, 0.035, 0.09)),
        cylinder((0, height + tall * 0.7, -0.45), (0, height + tall + 0.06, -0.45), 0.035),
    ]
    cargo = rng.integers(3)
    bays = int(rng.integers(3, 6))
    pitch = 0.6 / bays
    for i in range(bays):
        z = -0.24 + pitch * (i + 0.5)
        if cargo == 0:
            stack = u(0.05, 0.15)
            parts += mirror(
                box((width * 0.21, height + stack / 2, z), (width * 0.38, stack, pitch * 0.8))
            )
        elif cargo == 1:
            parts.append(ellipsoid((0, height + 0.02, z), (width * 0.38, 0.09, pitch * 0.42)))
        else:
            parts.append(box((0, height + 0.02, z), (width * 0.7, 0.05, pitch * 0.75)))
            parts.append(beam((0, height, z + pitch / 2), (0, height + 0.2, z + pitch / 2), 0.022))
            parts.append(cylinder((0, height + 0.03, z + pitch / 2), (0, height + 0.19, z), 0.01))
    parts.append(cylinder((0, height, 0.42), (0, height + 0.16, 0.42), 0.011))
    return parts


def _warship(rng) -> list[Mesh]:
    u = rng.uniform
    height, width = u(0.09, 0.13), u(0.12, 0.17)
    parts = hull(rng, width, height, wall=False)
    y, length = height, u(0.34, 0.44)
    for level in range(int(rng.integers(2, 5))):
        tall = u(0.05, 0.08)
        parts.append(
            box(
                (0, y + tall / 2, -0.03),
                (width * (0.8 - 0.14 * level), tall, length),
                top=(0.85, 0.85),
            )
        )
        y, length = y + tall, length * 0.65
    parts += [
        cylinder((0, y, -0.03), (0, y + u(0.14, 0.24), -0.05), 0.016, 0.008),
        box((0, y + 0.1, -0.04), (0.16, 0.014, 0.02)),
        cylinder((0, height + 0.05, -0.17), (0, y + 0.02, -0.19), 0.035),
    ]
    for z, aim in ((0.34, 1), (0.24, 1), (-0.36, -1)):
        lift = 0.04 if z == 0.24 else 0.0
        parts.append(cylinder((0, height, z), (0, height + 0.05 + lift, z), 0.05, 0.04))
        barrel = cylinder(
            (0.015, height + 0.04 + lift, z), (0.015, height + 0.07 + lift, z + 0.15 * aim), 0.01
        )
        parts += mirror(barrel)
    return parts


def _tug(rng) -> list[Mesh]:
    """A short, high workboat or fishing boat with a wheelhouse and a mast."""
    u = rng.uniform
    height, width = u(0.18, 0.24), u(0.3, 0.38)
    z = choose(rng, 0.12, -0.2)
    house = [
        box((0, height + 0.1, z), (width * 0.6, 0.2, 0.24), top=(0.9, 0.85)),
        box((0, height + 0.21, z), (width * 0.66, 0.03, 0.28)),
        cylinder((0, height + 0.2, z - 0.06), (0, height + u(0.36, 0.5), z - 0.06), 0.014),
    ]
    if maybe(rng, 0.5):
        gear = [
            cylinder((0, height, -z), (0, height + 0.3, -z), 0.02),
            cylinder((0, height + 0.08, -z), (0, height + 0.34, -z - 0.22), 0.014),
        ]
    else:
        gear = [cylinder((0, height, z - 0.2), (0, height + 0.24, z - 0.22), 0.06)]
    return [*hull(rng, width, height), *house, *gear]


def _rowing(rng) -> list[Mesh]:
    """An open boat or canoe: a hollow hull with thwarts and often oars."""
    u = rng.uniform
    height, width = u(0.1, 0.15), u(0.2, 0.32)
    z = np.linspace(-0.5, 0.5, 13)
    pointed = maybe(rng, 0.6)
    half = width / 2 * np.sqrt(np.clip(1 - (2 * z) ** 2, 0.001, 1))
    if not pointed:
        half = np.where(z < 0, width / 2 * np.interp(z, [-0.5, 0], [0.75, 1]), half)
    rim = height * (1 + 0.5 * (2 * z) ** 4)
    skin = [
        (-1.0, rim),
        (-0.7, 0.25 * height),
        (0.0, 0 * z),
        (0.7, 0.25 * height),
        (1.0, rim),
        (0.86, rim),
        (0.6, 0.3 * height),
        (0.0, 0.08 + 0 * z),
        (-0.6, 0.3 * height),
        (-0.86, rim),
    ]
    shell = np.stack([np.stack([half * x, y + 0 * z, z], axis=1) for x, y in skin], axis=1)
    parts = [loft(shell)]
    for seat in np.linspace(-0.28, 0.25, int(rng.integers(2, 5))):
        across = np.interp(seat, z, half)
        parts.append(box((0, height * 0.85, seat), (2 * across, 0.025, 0.07)))
    if maybe(rng, 0.65):
        reach, sweep = u(0.2, 0.32), u(-0.15, 0.15)
        grip = np.array([width * 0.2, height * 1.3, -0.02])
        blade = np.array([width / 2 + reach, height * 0.3, sweep])
        parts += mirror(cylinder(grip, blade, 0.012), ellipsoid(blade, (0.07, 0.014, 0.03)))
    return parts


def _submarine(rng) -> list[Mesh]:
    u = rng.uniform
    radius = u(0.07, 0.1)
    t = np.linspace(0, np.pi / 2, 7)
    stern = np.stack([radius * np.sin(t), -0.5 + 0.3 * (1 - np.cos(t))], axis=1)
    bow = np.stack([radius * np.cos(t), 0.38 + 0.12 * np.sin(t)], axis=1)
    body = lathe(np.concatenate([stern, bow]), axis=(0, 0, 1))
    tower = box((0, radius + 0.05, 0.1), (0.06, 0.13, u(0.16, 0.24)), top=(0.7, 0.85))
    scopes = [
        cylinder((0, radius + 0.1, z), (0, radius + u(0.18, 0.26), z), 0.01) for z in (0.08, 0.13)
    ]
    fins = mirror(
        box((0.08, 0, -0.42), (0.12, 0.02, 0.08)),
        box((0.07, radius + 0.06, 0.13), (0.1, 0.016, 0.06)),
    )
    rudder = box((0, 0, -0.43), (0.02, 0.26, 0.07), top=(1, 0.7))
    return [body, tower, *scopes, *fins, rudder]


KINDS = (
    _sailing,
    _sailing,
    _tall_ship,
    _yacht,
    _yacht,
    _speedboat,
    _freighter,
    _warship,
    _tug,
    _rowing,
    _rowing,
    _submarine,
)
