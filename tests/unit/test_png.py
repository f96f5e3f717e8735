"""Decoding of plain PNG files, against Pillow."""

import io
import struct
import zlib

import numpy as np
import pytest
from PIL import Image
from pngs import chunk

from selfstudy.data.packed import encode_png
from selfstudy.data.png import decode_png

SHAPE = (9, 7, 3)


def written(rows, kind=(8, 2, 0, 0, 0), pieces=1):
    """A PNG file of rows (h, 1 + 3 * w) uint8, each behind the number of its filter."""
    header = struct.pack(">IIBBBBB", (rows.shape[1] - 1) // 3, len(rows), *kind)
    content = zlib.compress(rows.tobytes())
    size = -(-len(content) // pieces)
    parts = [content[i : i + size] for i in range(0, len(content), size)]
    return b"".join(
        [
            b"\x89PNG\r\n\x1a\n",
            chunk(b"IHDR", header),
            chunk(b"tEXt", b"Comment\0IDAT"),
            *(chunk(b"IDAT", part) for part in parts),
            chunk(b"IEND", b""),
        ]
    )


@pytest.fixture
def pixels():
    return np.random.default_rng(0).integers(0, 256, SHAPE, dtype=np.uint8)


def test_pixels_survive(pixels):
    np.testing.assert_array_equal(decode_png(encode_png(pixels)), pixels)


@pytest.mark.parametrize("pieces", [1, 3])
@pytest.mark.parametrize("kind", range(5))
def test_every_filter_is_undone_as_pillow_does(kind, pieces):
    height, width, channels = SHAPE
    rows = np.random.default_rng(kind).integers(0, 256, (height, 1 + width * channels), np.uint8)
    rows[:, 0] = kind
    content = written(rows, pieces=pieces)
    expected = np.asarray(Image.open(io.BytesIO(content)))
    np.testing.assert_array_equal(decode_png(content), expected)


@pytest.mark.parametrize("mode", ["L", "P", "RGBA", "I;16", "1"])
def test_other_kinds_are_left_to_pillow(mode):
    file = io.BytesIO()
    Image.new(mode, (7, 9)).save(file, "PNG")
    assert decode_png(file.getvalue()) is None


@pytest.mark.parametrize("size", [0, 8, 20, 40, 80, -30])
def test_truncated_files_are_left_to_pillow(pixels, size):
    assert decode_png(encode_png(pixels)[:size]) is None


@pytest.mark.parametrize("place", [3, 18, 30, 60])
def test_damaged_files_are_left_to_pillow(pixels, place):
    content = bytearray(encode_png(pixels))
    content[place] ^= 1
    assert decode_png(bytes(content)) is None


def test_an_unknown_filter_is_left_to_pillow():
    rows = np.zeros((9, 22), np.uint8)
    rows[4, 0] = 5
    assert decode_png(written(rows)) is None


def test_missing_rows_are_left_to_pillow():
    content = written(np.zeros((9, 22), np.uint8))
    header = struct.pack(">IIBBBBB", 7, 10, 8, 2, 0, 0, 0)
    assert decode_png(content[:8] + chunk(b"IHDR", header) + content[33:]) is None
