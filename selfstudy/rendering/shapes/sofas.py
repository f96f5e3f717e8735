"""Sofas."""

import numpy as np

from selfstudy.rendering.shapes.mesh import Mesh, box, cylinder, join, mirror
from selfstudy.rendering.shapes.parts import (
    choose,
    four_legs,
    maybe,
)


def make_sofa(rng: np.random.Generator) -> Mesh:
    """Make an upholstered seat with arms: one to three places, some with a chaise longue.

    The panel seams and piping of the back make it tellable from behind.
    """
    u = rng.uniform
    places = int(rng.integers(1, 4))
    arm = u(0.08, 0.18)
    width, depth, foot = u(0.46, 0.6) * places + 2 * arm, u(0.5, 0.68), u(0.04, 0.1)
    seat, back, gap = u(0.16, 0.24), u(0.27, 0.42), 0.022
    cushion = u(0.08, 0.12)
    top = foot + seat + cushion
    parts = [box((0, foot + seat / 2, 0), (width, seat, depth))]
    pitch = (width - 2 * arm) / places
    has_pillows = maybe(rng, 0.85)
    for i in range(places):
        x = -(width - 2 * arm) / 2 + pitch * (i + 0.5)
        parts.append(
            box(
                (x, foot + seat + cushion / 2, 0.05),
                (pitch - gap, cushion, depth * 0.86),
                top=(0.95, 0.96),
            )
        )
        if has_pillows:
            parts.append(
                box(
                    (x, top + back * 0.38, -depth / 2 + 0.17),
                    (pitch - gap, back * 0.74, 0.13),
                    top=(0.92, 0.6),
                    shift=(0, -0.05),
                )
            )
    parts += _sofa_back(rng, width, depth, foot, seat + cushion + back, places)
    parts += _sofa_arms(rng, width, depth, foot, top, arm)
    if places > 1 and maybe(rng, 0.25):
        side = choose(rng, -1, 1)
        x, length = side * (width / 2 - pitch / 2), u(0.5, 0.7) * depth
        z = depth / 2 + length / 2
        parts.append(box((x, foot + seat / 2, z), (pitch, seat, length)))
        parts.append(box((x, foot + seat + cushion / 2, z - 0.02), (pitch - gap, cushion, length)))
    parts += four_legs(rng, width * 0.94, depth * 0.9, foot, 0.06)
    return join(parts)


def _sofa_back(rng, width, depth, foot, height, places) -> list[Mesh]:
    """A padded back that rolls over or slopes, its rear divided by deep seams."""
    u = rng.uniform
    thick, lean = u(0.09, 0.15), u(0.0, 0.08)
    z = -depth / 2 + thick / 2
    seam, pitch = 0.03, width / places
    panels = [
        box(
            (-width / 2 + pitch * (i + 0.5), foot + height / 2, z - thick * 0.35),
            (pitch - seam, height - 0.04, thick * 0.6),
            top=(0.97, 0.8),
            shift=(0, -lean),
        )
        for i in range(places)
    ]
    core = box(
        (0, foot + height / 2, z),
        (width - 0.03, height, thick * 0.7),
        top=(1, 0.8),
        shift=(0, -lean),
    )
    parts = [core, *panels]
    if maybe(rng, 0.4):
        y = foot + height
        parts.append(cylinder((-width / 2, y, z - lean), (width / 2, y, z - lean), thick * 0.55))
    return parts


def _sofa_arms(rng, width, depth, foot, top, arm) -> list[Mesh]:
    u = rng.uniform
    x, rise = width / 2 - arm / 2, u(0.08, 0.2)
    height = top - foot + rise
    kind = rng.integers(4)
    if kind == 0:
        return mirror(box((x, foot + height / 2, 0), (arm, height, depth * 1.02)))
    if kind == 1:
        y = foot + height - 0.02
        return mirror(
            box((x, foot + height / 2 - 0.03, 0), (arm * 0.75, height - 0.05, depth)),
            cylinder((x, y, -depth / 2), (x, y, depth / 2 + 0.015), arm * 0.58),
        )
    if kind == 2:
        return mirror(
            box(
                (x, foot + height / 2, 0.02),
                (arm, height, depth),
                top=(0.75, 0.75),
                shift=(0, -0.06),
            )
        )
    return mirror(
        box((x, foot + height * 0.9, 0), (arm, height * 0.2, depth)),
        box((x, foot + height * 0.4, 0), (arm * 0.5, height * 0.8, depth * 0.9)),
    )
