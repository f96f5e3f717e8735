"""Airplanes: airliners, propeller planes, biplanes, jets and gliders."""

from typing import NamedTuple

import numpy as np

from selfstudy.rendering.shapes.mesh import (
    Mesh,
    box,
    cylinder,
    ellipsoid,
    hexahedron,
    join,
    lathe,
    mirror,
)
from selfstudy.rendering.shapes.parts import choose, maybe


class Wing(NamedTuple):
    """One half of a wing: leading from `root` to `tip`, with the chord at both ends."""

    root: np.ndarray
    tip: np.ndarray
    root_chord: float
    tip_chord: float

    def at(self, share: float) -> np.ndarray:
        """Give the middle of the chord at a share of the span."""
        return self.root + share * (self.tip - self.root)


def make_airplane(rng: np.random.Generator) -> Mesh:
    """Make an airliner, a propeller plane, a biplane, a jet or a glider."""
    u = rng.uniform
    radius, tall = u(0.05, 0.085), u(0.9, 1.2)
    nose, tail = u(0.12, 0.25), u(0.28, 0.42)
    tail_lift = radius * u(0.1, 0.7)
    body = _fuselage(radius, tall, nose, tail, tail_lift)
    span, sweep = u(0.4, 0.6), choose(rng, u(-0.02, 0.06), u(0.15, 0.38))
    chord = u(0.16, 0.28)
    level = choose(rng, -0.7, -0.5, 0.0, 0.8) * radius
    z = u(0.0, 0.1) + sweep * 0.25
    wing = Wing(
        np.array([0, level, z]),
        np.array([span, level + u(-0.03, 0.1), z - sweep]),
        chord,
        chord * u(0.25, 0.75),
    )
    parts = [body, *_half_wing(wing, 0.028)]
    if maybe(rng, 0.15) and sweep < 0.1:
        parts += _upper_wing(wing, u(0.14, 0.2))
    parts += _tail(rng, tail_lift)
    parts += _engines(rng, wing, radius, nose, sweep > 0.1)
    if maybe(rng, 0.4):
        parts.append(
            ellipsoid(
                (0, radius * 0.85, 0.5 - nose - u(0, 0.12)),
                (radius * 0.65, radius * 0.7, u(0.07, 0.14)),
            )
        )
    if maybe(rng, 0.25):
        parts += _landing_gear(level, radius, span)
    return join(parts)


def _fuselage(radius, tall, nose, tail, tail_lift) -> Mesh:
    """A tube along z, rounded in front, drawn out and up behind."""
    t = np.linspace(0, 1, 7)
    behind = np.stack([radius * (0.22 + 0.78 * np.sin(t * np.pi / 2)), -0.5 + tail * t], axis=1)
    front = np.stack(
        [radius * np.cos(t * np.pi / 2), 0.5 - nose + nose * np.sin(t * np.pi / 2)], axis=1
    )
    hull = lathe(np.concatenate([[(0, -0.5)], behind, front]), axis=(0, 0, 1))
    vertices = hull.vertices * [1, tall, 1]
    back = np.clip((-0.5 + tail - vertices[:, 2]) / tail, 0, 1)
    vertices[:, 1] += tail_lift * back**2
    return hull._replace(vertices=vertices)


def _panel(root, tip, root_chord, tip_chord, thick, tip_thick, up) -> Mesh:
    """A tapered plate with the chord along z, thinner towards the trailing edge."""
    corners = [
        point + side * np.multiply(up, t / 2) * (1.0 if end > 0 else 0.35) + [0, 0, end * chord / 2]
        for point, chord, t in ((root, root_chord, thick), (tip, tip_chord, tip_thick))
        for side in (-1, 1)
        for end in (-1, 1)
    ]
    return hexahedron(np.array(corners))


def _half_wing(wing: Wing, thick: float) -> list[Mesh]:
    return mirror(
        _panel(wing.root, wing.tip, wing.root_chord, wing.tip_chord, thick, thick * 0.5, (0, 1, 0))
    )


def _upper_wing(wing: Wing, gap: float) -> list[Mesh]:
    lift = np.array([0, gap, 0.02])
    upper = wing._replace(root=wing.root + lift, tip=wing.tip + lift)
    struts = [
        cylinder(wing.at(share) + [0, 0, z], upper.at(share) + [0, 0, z], 0.009)
        for share in (0.2, 0.75)
        for z in (-0.03, 0.04)
    ]
    return _half_wing(upper, 0.024) + mirror(*struts)


def _tail(rng, lift) -> list[Mesh]:
    u = rng.uniform
    span, chord, fin, lean = u(0.16, 0.24), u(0.1, 0.15), u(0.16, 0.25), u(0.03, 0.14)
    foot = np.array([0, lift, -0.5 + chord * 0.65])
    top = foot + [0, fin, -lean]
    kind = rng.integers(4)
    if kind == 3:  # twin fins on the tips of the tailplane
        side = np.array([span, 0, 0])
        parts = mirror(
            _panel(
                foot + side - [0, 0.03, 0],
                top * [1, 0.75, 1] + side,
                chord,
                chord * 0.7,
                0.02,
                0.012,
                (1, 0, 0),
            )
        )
    else:
        parts = [_panel(foot, top, chord * 1.35, chord * 0.75, 0.024, 0.014, (1, 0, 0))]
    root = top if kind == 2 else foot
    tip = root + [span, u(-0.01, 0.04), -u(0, 0.09)]
    return parts + _half_wing(Wing(root, tip, chord, chord * u(0.45, 0.9)), 0.018)


def _engines(rng, wing: Wing, radius, nose, is_jet) -> list[Mesh]:
    u = rng.uniform
    size, length = u(0.028, 0.042), u(0.1, 0.16)
    kind = (
        choose(rng, "wing", "wing", "four", "tail", "none")
        if is_jet
        else choose(rng, "nose", "nose", "propellers", "none")
    )
    if kind == "none":
        return []
    if kind == "nose":
        return _propeller(rng, np.array([0, 0, 0.5]), u(0.12, 0.17))
    if kind == "propellers":
        hub = wing.at(0.38) + [0, 0, wing.root_chord * 0.62]
        pod = [ellipsoid(hub - [0, 0, 0.08], (size, size, 0.1)), *_propeller(rng, hub, 0.1)]
        return mirror(*pod)
    if kind == "tail":
        centers = [np.array([radius + size * 1.2, radius * 0.5, -0.27])]
    else:
        shares = (0.33, 0.62) if kind == "four" else (0.36,)
        centers = [wing.at(share) + [0, -size * 1.3, wing.root_chord * 0.3] for share in shares]
    ahead = np.array([0, 0, length / 2])
    pods = []
    for center in centers:
        pods.append(cylinder(center - ahead, center + ahead, size * 0.65, size, wall=0.2))
        pods.append(cylinder(center - ahead * 1.2, center + ahead * 0.6, size * 0.4, size * 0.8))
    return mirror(*pods)


def _propeller(rng, hub, reach) -> list[Mesh]:
    start = rng.uniform(0, np.pi)
    parts = [ellipsoid(hub, (0.028, 0.028, 0.05))]
    blades = int(rng.integers(2, 4))
    for a in start + 2 * np.pi * np.arange(blades) / blades:
        out = np.array([np.cos(a), np.sin(a), 0])
        parts.append(cylinder(hub, hub + reach * out, 0.012, 0.016, flat=1.4))
    return parts


def _landing_gear(level, radius, span) -> list[Mesh]:
    drop = -radius - 0.09
    leg = cylinder((span * 0.2, level, 0.05), (span * 0.24, drop, 0.06), 0.01)
    tyre = cylinder((span * 0.22, drop, 0.06), (span * 0.27, drop, 0.06), 0.035)
    rear = [
        box((0, drop / 2 - 0.01, 0.33), (0.014, -drop, 0.02)),
        cylinder((-0.015, drop, 0.33), (0.015, drop, 0.33), 0.03),
    ]
    return [*mirror(leg, tyre), *rear]
