"""Cars and motorcycles."""

from itertools import pairwise

import numpy as np

from selfstudy.rendering.shapes.mesh import (
    Mesh,
    box,
    cylinder,
    ellipsoid,
    join,
    loft,
    mirror,
    rod,
    torus,
)
from selfstudy.rendering.shapes.parts import choose, maybe

# Height of the roof along a car of length 1, as (z, share of the cabin's height), front first.
_CABINS = {
    "sedan": [(0.22, 0.0), (0.07, 1.0), (-0.17, 1.0), (-0.34, 0.0)],
    "coupe": [(0.18, 0.0), (0.02, 0.9), (-0.1, 0.9), (-0.4, 0.05)],
    "hatchback": [(0.24, 0.0), (0.1, 1.0), (-0.3, 0.97), (-0.46, 0.15)],
    "estate": [(0.24, 0.0), (0.1, 1.0), (-0.41, 1.0), (-0.48, 0.0)],
    "van": [(0.4, 0.0), (0.27, 1.5), (-0.45, 1.5), (-0.48, 0.0)],
    "bus": [(0.48, 0.0), (0.44, 1.7), (-0.46, 1.7), (-0.485, 0.0)],
    "pickup": [(0.24, 0.0), (0.12, 1.0), (-0.06, 1.0), (-0.1, 0.0)],
    "jeep": [(0.16, 0.0), (0.12, 1.15), (-0.43, 1.15), (-0.46, 0.0)],
}


def make_car(rng: np.random.Generator) -> Mesh:
    """Make a body with a cabin of one of eight outlines on four wheels, or an open two-seater."""
    u = rng.uniform
    kind = choose(rng, *_CABINS, "roadster")
    half, clearance, height = u(0.19, 0.23), u(0.05, 0.1), u(0.12, 0.16)
    wheel, axle = u(0.085, 0.115), (u(0.28, 0.33), -u(0.27, 0.33))
    deck = clearance + height
    drop = u(0.0, 0.05) if kind not in ("bus", "van", "jeep") else 0.0
    parts = [_body(half, clearance, deck, drop, u(0.015, 0.05))]
    if kind == "roadster":
        parts += _open_cockpit(half, deck)
    else:
        parts += _cabin(_CABINS[kind], half, deck, u(0.12, 0.16), u(0.72, 0.88))
    if kind == "pickup":
        parts += mirror(box((half * 0.92, deck + 0.03, -0.29), (0.03, 0.08, 0.38)))
        parts.append(box((0, deck + 0.03, -0.475), (1.85 * half, 0.08, 0.03)))
    if kind in ("coupe", "sedan", "roadster") and maybe(rng, 0.3):
        parts.append(box((0, deck + 0.07, -0.45), (1.9 * half, 0.02, 0.09)))
        parts += mirror(box((half * 0.6, deck + 0.03, -0.45), (0.025, 0.08, 0.04)))
    parts += mirror(*(piece for z in axle for piece in _car_wheel(half, wheel, z)))
    parts += [box((0, clearance + 0.035, s * 0.495), (1.9 * half, 0.05, 0.04)) for s in (-1, 1)]
    parts += mirror(
        ellipsoid((half * 0.72, deck - 0.045 - drop, 0.485), (0.042, 0.032, 0.035)),
        ellipsoid((half * 1.08, deck + 0.035, 0.15), (0.035, 0.024, 0.02)),
    )
    return join(parts)


def _body(half, low, deck, drop, round_) -> Mesh:
    """The lower body, its nose `drop` lower than the deck and its edges chamfered by `round_`."""
    stations = [
        (-0.5, 0.9, 0.02),
        (-0.44, 1.0, 0.0),
        (0.2, 1.0, 0.0),
        (0.42, 0.97, drop),
        (0.5, 0.86, drop + 0.025),
    ]
    sections = []
    for z, share, sink in stations:
        w, top = half * share, deck - sink
        sections.append(
            [
                (-w, low, z),
                (-w, top - round_, z),
                (-w + round_, top, z),
                (w - round_, top, z),
                (w, top - round_, z),
                (w, low, z),
            ]
        )
    return loft(np.array(sections))


def _cabin(outline, half, deck, height, narrow) -> list[Mesh]:
    """A glasshouse over the outline, and raised pillars that leave the windows recessed."""
    roof = [(z, share * height) for z, share in outline]
    top = max(y for _, y in roof)

    def corner(z, y, side, grow):
        width = half * (0.95 + (narrow - 0.95) * y / top) * grow
        return (side * width, deck + y, z)

    glass = np.array([[corner(z, y, side, 0.94) for z, y in roof] for side in (-1, 1)])
    flat = [corner(z, y, 1, 1.0) for z, y in roof]
    pillars = [cylinder(a, b, 0.014) for a, b in pairwise(flat)]
    (z_front, y_front), (z_rear, y_rear) = roof[1], roof[2]
    for share in (0.5,) if z_front - z_rear < 0.4 else (0.3, 0.65):
        z, y = z_front + share * (z_rear - z_front), y_front + share * (y_rear - y_front)
        pillars.append(cylinder(corner(z, y, 1, 1.0), corner(z, 0.0, 1, 1.0), 0.014))
    lid = box(
        (0, deck + (y_front + y_rear) / 2, (z_front + z_rear) / 2),
        (2 * half * narrow * 0.98, 0.022, z_front - z_rear + 0.03),
    )
    return [loft(glass), lid, *mirror(*pillars)]


def _open_cockpit(half, deck) -> list[Mesh]:
    screen = rod(
        [
            (-half * 0.85, deck, 0.14),
            (-half * 0.7, deck + 0.1, 0.07),
            (half * 0.7, deck + 0.1, 0.07),
            (half * 0.85, deck, 0.14),
        ],
        0.013,
    )
    seats = mirror(
        box((half * 0.45, deck + 0.05, -0.14), (half * 0.6, 0.13, 0.05), shift=(0, -0.03)),
        ellipsoid((half * 0.45, deck + 0.125, -0.16), (half * 0.2, 0.035, 0.025)),
    )
    rim = box((0, deck + 0.015, -0.27), (1.8 * half, 0.035, 0.16), top=(0.9, 0.8))
    wheel = torus((half * 0.45, deck + 0.05, 0.03), (0, 0.5, -1), 0.05, 0.01)
    return [*screen, *seats, rim, wheel]


def _car_wheel(half, radius, z) -> list[Mesh]:
    out = half + 0.012
    return [
        cylinder((out - 0.09, radius, z), (out, radius, z), radius, wall=0.35),
        cylinder((out - 0.09, radius, z), (out - 0.022, radius, z), radius * 0.68),
        ellipsoid((out - 0.02, radius, z), (0.02, radius * 0.25, radius * 0.25)),
    ]


def make_motorcycle(rng: np.random.Generator) -> Mesh:
    """Make a cruiser, a sport bike or a scooter: wheels, frame, engine, tank, seat, handlebar."""
    u = rng.uniform
    kind = choose(rng, "naked", "cruiser", "sport", "scooter")
    radius = u(0.13, 0.15) if kind == "scooter" else u(0.18, 0.22)
    rear = radius * u(0.9, 1)
    front_z, rear_z = u(0.36, 0.42) + (0.08 if kind == "cruiser" else 0), -u(0.32, 0.4)
    width = u(0.028, 0.042)
    spokes = maybe(rng, 0.5) and kind != "scooter"
    parts = _tyre(radius, width, front_z, spokes) + _tyre(rear, width * 1.25, rear_z, spokes)
    head = np.array(
        [0, u(0.54, 0.62), front_z - u(0.14, 0.24) - (0.06 if kind == "cruiser" else 0)]
    )
    seat = u(0.4, 0.46) - (0.05 if kind == "cruiser" else 0)
    fork = np.array([0.055, 0, 0])
    axle = np.array([0, radius, front_z])
    parts += mirror(cylinder(axle + fork, head + fork * 0.8, 0.017))
    parts += _handlebar(rng, head, kind)
    parts += (
        _scooter(head, seat, rear_z)
        if kind == "scooter"
        else _machine(rng, head, seat, rear, rear_z, kind)
    )
    if maybe(rng, 0.75) or kind == "scooter":
        parts += _mudguard(radius, width, front_z) + _mudguard(rear, width * 1.25, rear_z)
    parts.append(ellipsoid(head + [0, -0.03, 0.07], (0.055, 0.055, 0.045)))
    return join(parts)


def _tyre(radius, width, z, spokes) -> list[Mesh]:
    center, axis = np.array([0, radius, z]), np.array([1.0, 0, 0])
    parts = [torus(center, axis, radius - width, width, width=0.95)]
    hub = 0.05
    parts.append(cylinder(center - axis * hub, center + axis * hub, radius * 0.2))
    if not spokes:
        parts.append(
            cylinder(center - axis * width * 0.4, center + axis * width * 0.4, radius * 0.66)
        )
        return parts
    for angle in np.pi * np.arange(4) / 4:
        out = (radius - width) * np.array([0, np.cos(angle), np.sin(angle)])
        parts.append(cylinder(center - out, center + out, 0.011))
    return parts


def _handlebar(rng, head, kind) -> list[Mesh]:
    u = rng.uniform
    reach = u(0.2, 0.28) * (0.75 if kind == "sport" else 1)
    rise = {"sport": -0.02, "cruiser": u(0.1, 0.18)}.get(kind, u(0.03, 0.1))
    bend = head + [reach * 0.45, rise, -0.02]
    grip = head + [reach, rise - 0.01, -u(0.05, 0.11)]
    bar = [*rod([head, bend, grip], 0.014), cylinder(grip + (bend - grip) * 0.4, grip, 0.021)]
    if maybe(rng, 0.5):
        glass = bend + [0.02, 0.09, 0]
        bar += [cylinder(bend, glass, 0.008), ellipsoid(glass, (0.035, 0.025, 0.012))]
    return mirror(*bar)


def _machine(rng, head, seat, rear, rear_z, kind) -> list[Mesh]:
    """Tank, seat, engine, frame, swing arm and exhaust."""
    u = rng.uniform
    tank = np.array([0, seat + 0.06, head[2] - u(0.16, 0.2)])
    parts = [ellipsoid(tank, (u(0.07, 0.1), u(0.07, 0.09), u(0.14, 0.18)))]
    length = u(0.3, 0.4)
    seat_z = tank[2] - 0.1 - length / 2
    parts.append(box((0, seat, seat_z), (u(0.12, 0.16), 0.06, length), top=(0.8, 0.92)))
    if kind == "sport":
        parts.append(
            box(
                (0, seat + 0.06, seat_z - length * 0.4),
                (0.1, 0.08, 0.2),
                top=(0.7, 0.6),
                shift=(0, -0.04),
            )
        )
        parts.append(
            box(head + [0, -0.02, 0.06], (0.16, 0.17, 0.16), top=(0.5, 0.4), shift=(0, -0.06))
        )
        parts.append(box((0, 0.33, head[2] - 0.06), (0.17, 0.26, 0.26), top=(0.75, 0.8)))
    elif maybe(rng, 0.6):
        parts.append(
            box((0, seat + 0.05, seat_z - length * 0.3), (0.12, 0.05, 0.15), top=(0.8, 0.8))
        )
    block = np.array([0, 0.22, u(-0.02, 0.04)])
    parts.append(box(block, (u(0.13, 0.18), u(0.13, 0.18), u(0.2, 0.26))))
    for tilt in (0.08, -0.08):
        parts.append(cylinder(block, block + [0, 0.17, tilt], 0.055))
    parts.append(cylinder(head - [0, 0.06, 0], block + [0, -0.05, 0.1], 0.02))
    swing = cylinder((0.06, rear, rear_z), (0.05, 0.24, -0.06), 0.018)
    shock = cylinder((0.06, rear + 0.02, rear_z + 0.03), (0.055, seat - 0.02, seat_z + 0.02), 0.018)
    parts += mirror(swing, shock)
    end = (0.11, u(0.16, 0.3), rear_z - u(0.02, 0.1))
    pipe = [
        *rod([(0.07, 0.2, 0.1), (0.1, 0.12, 0.02), (0.11, 0.15, -0.12)], 0.018),
        cylinder((0.11, 0.15, -0.12), end, 0.026, 0.036),
    ]
    return parts + (mirror(*pipe) if maybe(rng, 0.4) else pipe)


def _scooter(head, seat, rear_z) -> list[Mesh]:
    """A leg shield, a foot board and a rounded rear body."""
    shield = box((0, 0.35, head[2] + 0.02), (0.24, 0.36, 0.04), top=(0.6, 1), shift=(0, -0.05))
    board = box((0, 0.14, 0.02), (0.22, 0.05, 0.42))
    body = ellipsoid((0, seat - 0.13, rear_z + 0.1), (0.11, 0.16, 0.26))
    saddle = box((0, seat, rear_z + 0.12), (0.15, 0.06, 0.38), top=(0.8, 0.95))
    return [shield, board, body, saddle]


def _mudguard(radius, width, z) -> list[Mesh]:
    angles = np.radians(np.linspace(20, 150, 7))
    arch = np.stack(
        [radius + (radius + 0.022) * np.sin(angles), z - (radius + 0.022) * np.cos(angles)], axis=1
    )
    sections = np.array(
        [
            [(-w, y, zz), (w, y, zz), (w, y - 0.012, zz), (-w, y - 0.012, zz)]
            for (y, zz), w in zip(arch, [width * 1.2] * len(arch), strict=True)
        ]
    )
    return [loft(sections)]
