"""Benches and chairs."""

import numpy as np

from selfstudy.rendering.shapes.mesh import Mesh, box, cylinder, ellipsoid, join, mirror, rod
from selfstudy.rendering.shapes.parts import (
    crossed_legs,
    four_legs,
    level_slats,
    maybe,
    pedestal,
    upright_slats,
)


def make_bench(rng: np.random.Generator) -> Mesh:
    """Make a long seat of slats or a plank; most have a back, half of those arms."""
    u = rng.uniform
    width, depth, height, thick = u(0.95, 1.5), u(0.28, 0.45), u(0.3, 0.45), u(0.025, 0.06)
    parts = _bench_seat(rng, width, depth, height, thick)
    parts += _bench_legs(rng, width, depth, height - thick / 2)
    if maybe(rng, 0.7):
        parts += _bench_back(rng, width, depth, height)
        if maybe(rng, 0.55):
            rise = u(0.14, 0.22)
            arm = box((width / 2 - 0.02, height + rise, 0), (0.045, 0.03, depth))
            post = box(
                (width / 2 - 0.02, height / 2 + rise / 2, depth / 2 - 0.03),
                (0.035, height + rise, 0.035),
            )
            parts += mirror(arm, post)
    return join(parts)


def _bench_seat(rng, width, depth, height, thick) -> list[Mesh]:
    if maybe(rng, 0.35):
        return [box((0, height, 0), (width, thick, depth))]
    count = int(rng.integers(3, 6))
    pitch = depth / count
    return [
        box((0, height, -depth / 2 + pitch * (i + 0.5)), (width, thick, pitch * 0.7))
        for i in range(count)
    ]


def _bench_legs(rng, width, depth, height) -> list[Mesh]:
    u = rng.uniform
    kind = rng.integers(5)
    if kind == 0:
        return four_legs(rng, width * u(0.8, 1), depth, height, u(0.04, 0.07))
    if kind == 1:
        panel = box(
            (width * u(0.3, 0.48), height / 2, 0),
            (u(0.04, 0.1), height, depth * u(0.7, 1)),
            top=(1, u(0.6, 1)),
        )
        return mirror(panel)
    if kind == 2:
        return crossed_legs(width * u(0.6, 0.9), depth, height, u(0.016, 0.028))
    if kind == 3:
        x, radius = width * 0.36, u(0.03, 0.06)
        return mirror(
            cylinder((x, 0, 0), (x, height, 0), radius),
            box((x, 0.02, 0), (0.08, 0.04, depth)),
            box((x, height - 0.02, 0), (0.06, 0.04, depth * 0.9)),
        )
    x, radius, z = width * u(0.38, 0.46), u(0.016, 0.026), depth / 2
    hoop = [(x, height, z), (x, radius, z), (x, radius, -z), (x, height, -z)]
    return mirror(*rod(hoop, radius))


def _bench_back(rng, width, depth, height) -> list[Mesh]:
    u = rng.uniform
    rise, lean, thick, z = u(0.27, 0.45), u(0.0, 0.15), u(0.018, 0.03), -depth / 2
    posts = mirror(
        box(
            (width / 2 - 0.06, height + rise / 2, z - lean / 2 - thick),
            (0.045, rise, 0.025),
            shift=(0, -lean),
        )
    )
    kind = rng.integers(3)
    if kind == 0:
        return posts + level_slats(width, height, rise, z, lean, int(rng.integers(2, 5)), thick)
    if kind == 1:
        low, high = height + 0.08, height + rise
        slats = upright_slats(width, low, rise - 0.08, z, lean, int(rng.integers(6, 11)), thick)
        rails = [
            box((0, y, z - lean * (y - height) / rise), (width, 0.05, thick * 1.5))
            for y in (low, high)
        ]
        return posts + slats + rails
    panel = box(
        (0, height + 0.05 + rise / 2, z - lean / 2),
        (width, rise - 0.05, thick),
        top=(u(0.8, 1), 1),
        shift=(0, -lean),
    )
    return [*posts, panel]


def make_chair(rng: np.random.Generator) -> Mesh:
    """Make a seat for one with a back: dining, swivel, cantilever, shell, and lounge chairs."""
    u = rng.uniform
    width, depth, height, thick = u(0.4, 0.6), u(0.4, 0.58), u(0.38, 0.5), u(0.03, 0.09)
    is_round = maybe(rng, 0.25)
    if is_round:
        seat = cylinder(
            (0, height - thick / 2, 0),
            (0, height + thick / 2, 0),
            width / 2,
            width / 2 * u(0.88, 1),
            flat=1.0,
        )
    else:
        seat = box((0, height, 0), (width, thick, depth), top=(u(0.88, 1), u(0.88, 1)))
    span = 0.75 if is_round else 1.0
    parts = [seat, *_chair_base(rng, width * span, depth * span, height - thick / 2)]
    parts += _chair_back(rng, width, depth, height)
    if maybe(rng, 0.4):
        rise = u(0.16, 0.25)
        post_z = depth * 0.32
        parts += mirror(
            box((width / 2, height + rise, -0.02), (0.05, 0.035, depth * 0.85)),
            cylinder((width / 2, height - 0.02, post_z), (width / 2, height + rise, post_z), 0.017),
        )
    return join(parts)


def _chair_base(rng, width, depth, height) -> list[Mesh]:
    u = rng.uniform
    kind = rng.integers(5)
    if kind <= 1:
        return four_legs(rng, width, depth, height, u(0.035, 0.06))
    if kind == 2:
        return pedestal(rng, height, u(0.24, 0.34))
    radius, x, z = u(0.015, 0.024), width / 2 - 0.03, depth / 2 - 0.03
    if kind == 3:  # sledge or cantilever
        path = [(x, height, z), (x, radius, z), (x, radius, -z)]
        path += [(x, height, -z)] if maybe(rng, 0.5) else []
        bar = cylinder((-x, radius, -z), (x, radius, -z), radius)
        return [*mirror(*rod(path, radius)), bar]
    foot, hub = u(0.9, 1.3), (0, height * u(0.35, 0.6), 0)  # wire legs meeting in the middle
    wires = [cylinder((x * foot, 0, s * z * foot), hub, radius) for s in (-1, 1)]
    return [*mirror(*wires), cylinder(hub, (0, height, 0), 0.05, 0.12)]


def _chair_back(rng, width, depth, height) -> list[Mesh]:
    u = rng.uniform
    rise, lean, thick = u(0.36, 0.62), u(0.02, 0.16), u(0.02, 0.045)
    z = -depth / 2 + thick
    posts = mirror(
        box(
            (width / 2 - 0.03, height + rise / 2, z - lean / 2),
            (0.04, rise, 0.035),
            shift=(0, -lean),
        )
    )
    kind = rng.integers(6)
    if kind == 0:
        panel = box(
            (0, height + rise / 2, z - lean / 2),
            (width, rise, thick),
            top=(u(0.65, 1.1), 1),
            shift=(0, -lean),
        )
        return [panel]
    if kind == 1:
        slats = upright_slats(width, height, rise, z, lean, int(rng.integers(3, 7)), 0.022)
        rail = box((0, height + rise, z - lean), (width, u(0.05, 0.1), 0.035))
        return [*posts, *slats, rail]
    if kind == 2:
        slats = level_slats(width * 0.95, height, rise, z, lean, int(rng.integers(2, 5)), 0.022)
        return posts + slats
    if kind == 3:
        oval = ellipsoid(
            (0, height + rise * 0.62, z - lean * 0.6),
            (width / 2, rise * 0.42, max(thick * 0.7, 0.02)),
        )
        struts = cylinder(
            (width * 0.2, height, z), (width * 0.2, height + rise * 0.5, z - lean * 0.6), 0.017
        )
        return [oval, *mirror(struts)]
    if kind == 4:  # a shell curving around the seat
        angles = np.linspace(-0.85, 0.85, 7)
        return [
            box(
                (np.sin(a) * width * 0.55, height + rise * 0.4, -np.cos(a) * depth * 0.5),
                (width * 0.19, rise * 0.8, 0.035),
                shift=(0, -lean * 0.4),
            )
            for a in angles
        ]
    hoop = [
        (-width / 2 + 0.04, height, z),
        (-width / 2 + 0.04, height + rise, z - lean),
        (width / 2 - 0.04, height + rise, z - lean),
        (width / 2 - 0.04, height, z),
    ]
    pad = box(
        (0, height + rise * 0.68, z - lean * 0.7),
        (width * 0.9, rise * 0.45, thick),
        shift=(0, -lean * 0.4),
    )
    return [*rod(hoop, 0.02), pad]
