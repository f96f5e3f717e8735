"""Parts that several kinds of furniture share."""

import numpy as np

from selfstudy.rendering.shapes.mesh import Mesh, beam, box, cylinder, ellipsoid, mirror


def choose(rng: np.random.Generator, *options):
    """Choose one of the options, all equally likely."""
    return options[rng.integers(len(options))]


def maybe(rng: np.random.Generator, probability: float) -> bool:
    """Draw whether something of this probability happens."""
    return rng.random() < probability


def four_legs(
    rng: np.random.Generator, width: float, depth: float, height: float, thickness: float
) -> list[Mesh]:
    """Make legs under the corners of a width × depth plate at `height`, square or round."""
    is_round = maybe(rng, 0.5)
    splay = height * rng.uniform(0.08, 0.25) if maybe(rng, 0.4) else 0.0
    taper = rng.uniform(0.5, 1.0)
    x, z = width / 2 - thickness / 2, depth / 2 - thickness / 2
    legs = []
    for side in (-1, 1):
        top, foot = (x, height, side * z), (x + splay, 0, side * (z + splay))
        if is_round:
            legs.append(cylinder(foot, top, thickness * taper / 2, thickness / 2))
        else:
            legs.append(beam(foot, top, thickness * taper, thickness))
    legs = mirror(*legs)
    if maybe(rng, 0.35):
        legs += _stretchers(rng, width, depth, height, thickness)
    return legs


def _stretchers(rng, width, depth, height, thickness) -> list[Mesh]:
    y, bar = height * rng.uniform(0.2, 0.5), thickness * 0.7
    sides = mirror(box((width / 2 - thickness / 2, y, 0), (bar, bar, depth - thickness)))
    if maybe(rng, 0.5):
        return [*sides, box((0, y, 0), (width - thickness, bar, bar))]
    ends = [box((0, y, s * (depth / 2 - thickness / 2)), (width, bar, bar)) for s in (-1, 1)]
    return sides + ends


def pedestal(rng: np.random.Generator, height: float, radius: float) -> list[Mesh]:
    """Make a central column on a round plate or on feet, some with castors."""
    column = rng.uniform(0.025, 0.06)
    if maybe(rng, 0.45):
        thick = rng.uniform(0.03, 0.07)
        return [
            cylinder((0, 0, 0), (0, height, 0), column, column * rng.uniform(0.7, 1.3)),
            cylinder((0, 0, 0), (0, thick, 0), radius, radius * rng.uniform(0.5, 1)),
        ]
    foot, count = rng.uniform(0.03, 0.045), int(rng.integers(3, 7))
    parts = [cylinder((0, foot, 0), (0, height, 0), column)]
    for angle in 2 * np.pi * np.arange(count) / count:
        tip = (radius * np.cos(angle), foot, radius * np.sin(angle))
        parts.append(cylinder(tip, (0, foot + 0.07, 0), 0.02, 0.035))
        parts.append(ellipsoid(tip, (foot,) * 3))
    return parts


def crossed_legs(width: float, depth: float, height: float, thickness: float) -> list[Mesh]:
    """Make two X-shaped trestles joined by a bar."""
    x, z = width / 2, depth / 2
    first = cylinder((x, 0, -z), (x, height, z), thickness)
    second = cylinder((x, 0, z), (x, height, -z), thickness)
    bar = cylinder((-x, height / 2, 0), (x, height / 2, 0), thickness)
    return [*mirror(first, second), bar]


def upright_slats(
    width: float, bottom: float, height: float, z: float, lean: float, count: int, thick: float
) -> list[Mesh]:
    """Make `count` vertical slats across `width`, leaning back by `lean` over their height."""
    pitch = width / count
    return [
        box(
            (-width / 2 + pitch * (i + 0.5), bottom + height / 2, z - lean / 2),
            (pitch * 0.45, height, thick),
            shift=(0, -lean),
        )
        for i in range(count)
    ]


def level_slats(
    width: float, bottom: float, height: float, z: float, lean: float, count: int, thick: float
) -> list[Mesh]:
    """Make `count` horizontal slats above each other, following a lean of `lean` over `height`."""
    pitch = height / count
    return [
        box(
            (0, bottom + pitch * (i + 0.6), z - lean * (i + 0.6) / count),
            (width, pitch * 0.55, thick),
            shift=(0, -lean * 0.55 / count),
        )
        for i in range(count)
    ]
