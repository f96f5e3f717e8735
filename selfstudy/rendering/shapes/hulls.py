"""Hulls and sails, of which watercraft are made."""

import numpy as np

from selfstudy.rendering.shapes.mesh import (
    Mesh,
    loft,
    quads,
)


def hull(rng, beam_width, height, pointed_stern=False, offset=0.0, wall=True) -> list[Mesh]:
    """Make a hull of length 1 with raised bow; `wall` adds a bulwark around the deck."""
    u = rng.uniform
    fullness, flare, rise = u(0.5, 0.8), u(0.25, 0.8), u(0.02, 0.08)
    z = np.linspace(-0.5, 0.5, 11)
    taper = np.clip(1 - np.clip((z + 0.5 - fullness) / (1 - fullness), 0, 1) ** 1.8, 0.02, 1)
    if pointed_stern:
        taper *= np.clip(1 - np.clip((-z - 0.1) / 0.4, 0, 1) ** 2, 0.04, 1)
    else:
        taper *= np.interp(z, [-0.5, -0.2], [u(0.65, 1), 1])
    deck = height + rise * np.clip(2 * z, 0, 1) ** 2
    keel = 0.35 * height * np.clip(3 * (z - 0.2), 0, 1)
    half = beam_width / 2 * taper
    sections = np.stack(
        [
            np.stack([offset + side * half * wide, y, z], axis=1)
            for side, wide, y in (
                (-1, 1, deck),
                (-1, 0.85, 0.5 * deck + 0.5 * keel),
                (-1, flare, keel),
                (1, flare, keel),
                (1, 0.85, 0.5 * deck + 0.5 * keel),
                (1, 1, deck),
            )
        ],
        axis=1,
    )
    parts = [loft(sections)]
    if wall:
        rail = np.stack([offset + half, deck, z], axis=1)
        for side in (-1, 1):
            line = (rail - [offset, 0, 0]) * [side, 1, 1] + [offset, 0, 0]
            inner = line - np.stack([side * 0.2 * half, 0 * z, 0 * z], axis=1)
            lift = np.array([0, 0.035, 0])
            parts.append(loft(np.stack([line, line + lift, inner + lift, inner], axis=1)))
    return parts


def sail(foot_front, foot_rear, head) -> Mesh:
    """Make a triangular sail with a slight belly."""
    front, rear, top = (np.asarray(p, float) for p in (foot_front, foot_rear, head))
    belly = (front + rear + top) / 3 + [0.03, 0, 0]
    triangles = [[front, rear, belly, belly], [rear, top, belly, belly], [top, front, belly, belly]]
    return quads(np.array(triangles))
