"""Cabinets and tables."""

import numpy as np

from selfstudy.rendering.shapes.mesh import Mesh, beam, box, cylinder, ellipsoid, join, mirror
from selfstudy.rendering.shapes.parts import choose, crossed_legs, four_legs, maybe, pedestal


def make_cabinet(rng: np.random.Generator) -> Mesh:
    """Make a carcass with a grid of drawers, doors and open shelves.

    Fronts stand proud of the carcass with wide gaps between them, so that the lines between drawers
    are still there at 64 pixels; sides and back are framed panels.
    """
    u = rng.uniform
    width, height, depth = choose(
        rng,
        (u(0.4, 0.7), u(0.8, 1.4), u(0.35, 0.55)),  # upright
        (u(0.9, 1.4), u(0.45, 0.75), u(0.35, 0.5)),  # sideboard
        (u(0.6, 1.0), u(0.6, 1.1), u(0.35, 0.55)),  # chest
    )
    foot = u(0.06, 0.16) if maybe(rng, 0.55) else 0.0
    wall = 0.04 * max(width, height)
    columns = max(1, round(width / u(0.35, 0.6)))
    rows = max(1, round(height / u(0.22, 0.5)))
    if rows * columns == 1:
        rows = 2
    middle = foot + height / 2
    parts = [
        box((0, middle, -depth / 2 + wall), (width, height, wall)),
        box((0, foot + wall / 2, 0), (width, wall, depth)),
        box((0, foot + height - wall / 2, 0), (width, wall, depth)),
        *mirror(box((width / 2 - wall / 2, middle, 0), (wall, height, depth))),
    ]
    overhang = u(0.02, 0.06) if maybe(rng, 0.6) else 0.0
    if overhang:
        parts.append(
            box((0, foot + height, 0), (width + overhang, wall * u(0.6, 1.2), depth + overhang))
        )
    parts += _framed_sides(width, height, depth, foot, wall)
    parts += _fronts(rng, width - wall, height - wall, depth, foot + wall / 2, columns, rows)
    if foot:
        parts += four_legs(rng, width * 0.96, depth * 0.96, foot, 0.07)
    return join(parts)


def _framed_sides(width, height, depth, foot, wall) -> list[Mesh]:
    """Raised strips along the edges of the sides and the back."""
    strip, proud = 1.6 * wall, 0.5 * wall
    x, z, middle = width / 2, -depth / 2, foot + height / 2
    rails = [foot + strip / 2, foot + height - strip / 2]
    sides = [box((x, y, 0), (proud, strip, depth)) for y in rails]
    sides += [box((x, middle, s * (depth - strip) / 2), (proud, height, strip)) for s in (-1, 1)]
    backs = [box((0, y, z), (width, strip, proud)) for y in [*rails, middle]]
    stile = box((x - strip / 2, middle, z), (strip, height, proud))
    return mirror(*sides, stile) + backs


def _fronts(rng, width, height, depth, bottom, columns, rows) -> list[Mesh]:
    u = rng.uniform
    gap = 0.035 * max(width, height)
    open_share = choose(rng, 0.0, 0.0, 0.15, 0.5)
    handle = rng.integers(4)
    cell_width, cell_height = width / columns, height / rows
    board, proud = gap * 0.8, u(0.02, 0.04)
    parts = [
        box((-width / 2 + cell_width * i, bottom + height / 2, -gap), (board, height, depth * 0.9))
        for i in range(1, columns)
    ]
    parts += [
        box((0, bottom + cell_height * j, -gap), (width, board, depth * 0.9))
        for j in range(1, rows)
    ]
    for i in range(columns):
        doors = maybe(rng, 0.35) and rows > 1  # one tall door instead of the column's drawers
        cells = [(0, rows)] if doors else [(j, j + 1) for j in range(rows)]
        for low, high in cells:
            if maybe(rng, open_share):
                continue
            center = np.array(
                [
                    -width / 2 + cell_width * (i + 0.5),
                    bottom + cell_height * (low + high) / 2,
                    depth / 2,
                ]
            )
            size = (cell_width - gap, cell_height * (high - low) - gap)
            parts.append(box(center, (*size, 2 * proud)))
            parts += _handle(
                handle, center + [0, 0, proud], size, tall=doors, hand=-1 if i % 2 else 1
            )
    return parts


def _handle(kind, face, size, tall, hand) -> list[Mesh]:
    width, height = size
    if kind == 0:
        offset = [hand * width * 0.36, 0, 0.02] if tall else [0, 0, 0.02]
        return [ellipsoid(face + offset, (0.03, 0.03, 0.03))]
    if kind == 3:
        x = width * 0.28
        return [ellipsoid(face + [s * x, 0, 0.02], (0.026, 0.026, 0.026)) for s in (-1, 1)]
    if tall:
        return [box(face + [hand * width * 0.36, 0, 0.02], (0.03, min(0.3, height * 0.4), 0.04))]
    if kind == 1:
        return [box(face + [0, height * 0.15, 0.02], (width * 0.45, 0.03, 0.04))]
    bar = width * 0.35
    return [cylinder(face + [-bar, 0, 0.03], face + [bar, 0, 0.03], 0.018)]


def make_table(rng: np.random.Generator) -> Mesh:
    """Make a top on legs, trestles, panels or a pedestal; round, oval or rectangular."""
    u = rng.uniform
    width, depth, height, thick = u(0.8, 1.5), u(0.5, 0.9), u(0.35, 0.8), u(0.03, 0.07)
    kind = rng.integers(4)
    low, high = (0, height - thick / 2, 0), (0, height + thick / 2, 0)
    if kind <= 1:
        top, inset = box((0, height, 0), (width, thick, depth)), 0.95
    elif kind == 2:
        top, inset, width = cylinder(low, high, depth / 2), 0.68, depth
    else:
        top, inset = cylinder(low, high, depth / 2, flat=width / depth), 0.68
    parts = [top, *_table_base(rng, width * inset, depth * inset, height - thick / 2)]
    if kind <= 1 and maybe(rng, 0.45):
        apron, y = u(0.05, 0.11), height - thick / 2
        parts += [
            box((0, y - apron / 2, s * depth * 0.42), (width * 0.88, apron, 0.025)) for s in (-1, 1)
        ]
        parts += mirror(box((width * 0.43, y - apron / 2, 0), (0.025, apron, depth * 0.84)))
    return join(parts)


def _table_base(rng, width, depth, height) -> list[Mesh]:
    u = rng.uniform
    kind = rng.integers(6)
    if kind <= 1:
        legs = four_legs(rng, width, depth, height, u(0.05, 0.1))
        if maybe(rng, 0.3):
            legs.append(box((0, height * u(0.2, 0.5), 0), (width * 0.9, 0.03, depth * 0.9)))
        return legs
    if kind == 2:
        column = pedestal(rng, height, depth * u(0.32, 0.5))
        if width > 1.7 * depth:  # one under each half
            return [
                p._replace(vertices=p.vertices + [s * width * 0.3, 0, 0])
                for p in column
                for s in (-1, 1)
            ]
        return column
    if kind == 3:
        x = width * 0.4
        panel = box(
            (x, height / 2, 0), (u(0.04, 0.1), height, depth * u(0.6, 0.95)), top=(1, u(0.5, 1))
        )
        return [*mirror(panel), box((0, height * u(0.3, 0.7), 0), (2 * x, 0.06, 0.05))]
    if kind == 4:
        return crossed_legs(width * 0.8, depth, height, u(0.022, 0.04))
    thick, x, z = u(0.03, 0.05), width * 0.4, depth / 2  # A-shaped trestles
    spread = [beam((x, 0, s * z), (x, height, s * z * 0.2), thick * 1.3) for s in (-1, 1)]
    cross = box((x, height * 0.4, 0), (thick, thick, z * 1.3))
    return [*mirror(*spread, cross), box((0, height * 0.4, 0), (2 * x, thick, thick))]
