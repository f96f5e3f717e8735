"""Procedural texture images: tileable, smooth at edges, with a mipmap pyramid against aliasing.

A family computes a pattern from 0 to 1 on the unit square; a random palette of four colours turns
it into an image. Edges are one texel wide, so no pattern is sharper than its texels can show.
"""

from collections.abc import Iterable

import numpy as np

from selfstudy.rendering.colors import convert_hsv

SIZE = 128  # texels along a side; a power of two
LEVELS = SIZE.bit_length()
POOL = 128  # texture images per bucket
TEXELS = sum((SIZE >> level) ** 2 for level in range(LEVELS))

_Y, _X = (np.mgrid[:SIZE, :SIZE] + 0.5) / SIZE
_FREQUENCY = np.hypot(np.fft.fftfreq(SIZE)[:, None], np.fft.rfftfreq(SIZE)[None])
_FREQUENCY[0, 0] = 1.0


def build_pyramids(images: Iterable[np.ndarray]) -> np.ndarray:
    """Turn texture images, sRGB (SIZE, SIZE, 3) from 0 to 1, into linear RGB with all mipmaps.

    Returns:
        float32 (textures, TEXELS, 3); a texture's levels follow each other, the largest first, each
        in row-major order.
    """
    pool = []
    for image in images:
        levels = [image**2.2]
        while (size := len(levels[-1])) > 1:
            levels.append(levels[-1].reshape(size // 2, 2, size // 2, 2, 3).mean(axis=(1, 3)))
        pool.append(np.concatenate([level.reshape(-1, 3) for level in levels], dtype=np.float32))
    return np.stack(pool)


def make_texture(rng: np.random.Generator) -> np.ndarray:
    """Make one random texture, sRGB, float (SIZE, SIZE, 3) from 0 to 1."""
    pattern = FAMILIES[rng.integers(len(FAMILIES))](rng)
    dirt = make_noise(rng, rng.uniform(0.6, 1.2))
    pattern = np.clip(pattern + rng.uniform(0, 0.2) * (dirt - 0.5), 0, 1)
    palette = _palette(rng)
    step = np.minimum((3 * pattern).astype(int), 2)
    share = (3 * pattern - step)[..., None]
    image = palette[step] * (1 - share) + palette[step + 1] * share
    grain = 1 + rng.uniform(0, 0.4) * (make_noise(rng, 0.6) - 0.5)
    return np.clip(image * (grain * _relief(rng, pattern))[..., None], 0, 1)


def _palette(rng) -> np.ndarray:
    """Four sRGB colours of related hues, bright and dark ones in any order."""
    levels = rng.permutation(4) / 3 - 0.5
    value = rng.uniform(0.55, 0.8) + rng.uniform(0.5, 0.9) * levels
    hue = rng.normal(0.09, 0.07) if rng.random() < 0.5 else rng.random()  # many materials are brown
    hues = hue + rng.normal(0, rng.choice([0.03, 0.2]), 4)
    saturation = rng.uniform(0, 0.6) + rng.normal(0, 0.1, 4)
    return convert_hsv(np.stack([hues, saturation, value], axis=-1))


def _relief(rng, pattern: np.ndarray) -> np.ndarray:
    """Light and shade of the pattern as if it stood out or were sunk in, lit from a corner."""
    slope = pattern - np.roll(pattern, (1, 1), axis=(0, 1))
    return 1 + rng.uniform(-1.2, 1.2) * np.clip(slope, -0.3, 0.3)


def make_noise(rng: np.random.Generator, smoothness: float, stretch: float = 1.0) -> np.ndarray:
    """Make tileable fractal noise from 0 to 1, cloudier with `smoothness`, drawn out along y."""
    spectrum = np.fft.rfft2(rng.standard_normal((SIZE, SIZE)))
    frequency = _FREQUENCY
    if stretch != 1:
        frequency = np.hypot(np.fft.fftfreq(SIZE)[:, None] * stretch, np.fft.rfftfreq(SIZE)[None])
        frequency[0, 0] = 1.0
    field = np.fft.irfft2(spectrum / frequency**smoothness, s=(SIZE, SIZE))
    return _unit(field)


def _unit(field: np.ndarray) -> np.ndarray:
    low, high = field.min(), field.max()
    return (field - low) / (high - low + 1e-9)


def _inside(distance: np.ndarray) -> np.ndarray:
    """1 where a signed distance in texture widths is negative, 0 where positive, soft between."""
    return np.clip(0.5 - distance * SIZE, 0, 1)


def _frequency(rng, low: int, high: int) -> int:
    return int(rng.integers(low, high + 1))


def _cells(rng, count: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Distances to the nearest two of count² jittered points, and the nearest's random value."""
    jitter, values = rng.random((2, count, count)), rng.random((count, count))
    column, row = np.floor(_X * count).astype(int), np.floor(_Y * count).astype(int)
    first, second = np.full((2, SIZE, SIZE), 9.0)
    value = np.zeros((SIZE, SIZE))
    for dy in (-1, 0, 1):
        for dx in (-1, 0, 1):
            j, i = (row + dy) % count, (column + dx) % count
            distance = np.hypot(
                column + dx + jitter[0, j, i] - _X * count, row + dy + jitter[1, j, i] - _Y * count
            )
            nearer = distance < first
            second = np.where(nearer, first, np.minimum(second, distance))
            first = np.where(nearer, distance, first)
            value = np.where(nearer, values[j, i], value)
    return first, second, value


def _clouds(rng):
    return make_noise(rng, rng.uniform(0.7, 1.8))


def _ridges(rng):
    return np.sqrt(np.abs(2 * make_noise(rng, rng.uniform(1.2, 1.7)) - 1))


def _camouflage(rng):
    field = make_noise(rng, rng.uniform(1.3, 1.8))
    levels = np.quantile(field, [0.25, 0.5, 0.75])
    return sum(_inside((level - field) * 0.15) for level in levels) / 3


def _marble(rng):
    bend = make_noise(rng, 1.6) - 0.5
    across, along = _frequency(rng, 2, 8), _frequency(rng, 0, 6)
    phase = across * _X + along * _Y + rng.uniform(0.5, 2.0) * bend
    return 0.5 + 0.5 * np.sin(2 * np.pi * phase)


def _wood(rng):
    bend = make_noise(rng, 2.4, stretch=3.0)
    rings = 0.5 + 0.5 * np.sin(2 * np.pi * rng.uniform(4, 9) * bend)
    return 0.8 * rings + 0.2 * make_noise(rng, 0.9, stretch=8.0)


def _brushed(rng):
    return make_noise(rng, rng.uniform(0.5, 0.9), stretch=rng.uniform(6, 16))


def _checks(rng):
    count = _frequency(rng, 2, 6)
    product = np.sin(2 * np.pi * count * _X) * np.sin(2 * np.pi * count * _Y)
    return _inside(product / (2 * np.pi * count))


def _stripes(rng):
    across, along = _frequency(rng, 2, 8), int(rng.choice([0, 0, 1, 2, 4]))
    wave = np.sin(2 * np.pi * (across * _X + along * _Y)) + rng.uniform(-0.6, 0.6)
    return _inside(wave / (2 * np.pi * np.hypot(across, along)))


def _zigzag(rng):
    across, along = _frequency(rng, 2, 5), _frequency(rng, 3, 8)
    tooth = np.abs((across * _X) % 1 - 0.5) * rng.uniform(0.6, 2.0)
    wave = np.sin(2 * np.pi * (along * _Y + tooth))
    return _inside(wave / (2 * np.pi * along))


def _tartan(rng):
    count = _frequency(rng, 1, 3)
    widths = rng.uniform(0.03, 0.25, 3)
    places = rng.random(3)

    def bands(position):
        offset = [np.abs((position * count + place) % 1 - 0.5) for place in places]
        return sum(_inside((d - w / 2) / count) for d, w in zip(offset, widths, strict=True)) / 3

    return _unit(bands(_X) + bands(_Y))


def _grid_of_tiles(rng, columns, rows, shift, joint):
    """Rectangles in staggered rows, each of its own value, with joints of value 0."""
    row = np.floor(_Y * rows)
    x = _X * columns + shift * (row % 2)
    edge = np.minimum(
        np.minimum(x % 1, 1 - x % 1) / columns, np.minimum(_Y * rows % 1, 1 - _Y * rows % 1) / rows
    )
    values = rng.uniform(0.35, 1, (rows, columns))
    value = values[row.astype(int), np.floor(x).astype(int) % columns]
    return value * _inside(joint - edge)


def _bricks(rng):
    columns = _frequency(rng, 2, 6)
    return _grid_of_tiles(rng, columns, 2 * columns, 0.5, rng.uniform(0.006, 0.015))


def _tiles(rng):
    count = _frequency(rng, 2, 7)
    return _grid_of_tiles(rng, count, count, 0.0, rng.uniform(0.005, 0.02))


def _planks(rng):
    rows = 2 * _frequency(rng, 2, 5)
    planks = _grid_of_tiles(rng, _frequency(rng, 1, 2), rows, 0.5, 0.005)
    return 0.75 * planks + 0.25 * make_noise(rng, 0.8, stretch=0.15)


def _hexagons(rng):
    """Rows a little squeezed, so that the pattern repeats."""
    columns = _frequency(rng, 2, 6)
    x, y = _X * columns, _Y * columns * 2
    distances = []
    for dx, dy in ((0, 0), (0.5, 1)):
        distances.append(np.hypot((x - dx + 0.5) % 1 - 0.5, ((y - dy + 1) % 2 - 1) * 0.866))
    near, far = np.minimum(*distances), np.maximum(*distances)
    return 0.75 * _inside((near - far + rng.uniform(0.06, 0.15)) / columns) + 0.25 * _unit(near)


def _dots(rng):
    count, radius = _frequency(rng, 2, 8), rng.uniform(0.2, 0.4)
    x, y = _X * count, _Y * count
    if rng.random() < 0.5 and count % 2 == 0:
        x = x + 0.5 * (np.floor(y) % 2)
    return _inside((np.hypot(x % 1 - 0.5, y % 1 - 0.5) - radius) / count)


def _rings(rng):
    count = _frequency(rng, 1, 4)
    radius = np.hypot(_X * count % 1 - 0.5, _Y * count % 1 - 0.5)
    waves = rng.uniform(3, 7)
    return _inside(np.sin(2 * np.pi * waves * radius) / (2 * np.pi * waves * count))


def _fish_scales(rng):
    count = _frequency(rng, 3, 7)
    height = np.zeros_like(_X)
    for layer in range(2 * count + 2, -2, -1):
        x = _X * count + 0.5 * (layer % 2)
        distance = np.hypot(x % 1 - 0.5, _Y * count - layer / 2)
        height = np.where(distance < 0.55, 1 - distance / 0.55, height)
    return height


def _weave(rng):
    count = _frequency(rng, 3, 8)
    over = (np.floor(_X * count * 2) + np.floor(_Y * count * 2)) % 2
    return np.where(
        over > 0,
        np.abs(np.sin(2 * np.pi * count * _X)),
        0.8 * np.abs(np.sin(2 * np.pi * count * _Y)),
    )


def _leopard(rng):
    near, _, value = _cells(rng, _frequency(rng, 4, 9))
    return np.clip(near * rng.uniform(0.9, 1.4), 0, 1) * (0.7 + 0.3 * value)


def _pebbles(rng):
    near, far, value = _cells(rng, _frequency(rng, 3, 9))
    return np.clip((far - near) * rng.uniform(2, 5), 0, 1) * (0.5 + 0.5 * value)


def _mosaic(rng):
    _, _, value = _cells(rng, _frequency(rng, 3, 10))
    return value


def _veins(rng):
    near, far, _ = _cells(rng, _frequency(rng, 2, 6))
    return np.clip((far - near) * rng.uniform(4, 9), 0, 1) * (0.6 + 0.4 * make_noise(rng, 1.5))


FAMILIES = (
    _clouds,
    _ridges,
    _camouflage,
    _marble,
    _wood,
    _brushed,
    _checks,
    _stripes,
    _zigzag,
    _tartan,
    _bricks,
    _tiles,
    _planks,
    _hexagons,
    _dots,
    _rings,
    _fish_scales,
    _weave,
    _leopard,
    _pebbles,
    _mosaic,
    _veins,
)
