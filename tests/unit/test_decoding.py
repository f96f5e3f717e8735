"""Image files of every kind."""

import numpy as np
import pytest
from PIL import Image, ImageOps
from pngs import chunk, write_wide

from selfstudy.data.decoding import decode_image, read_picture
from selfstudy.errors import DataError

RED, BLUE, WHITE = (255, 0, 0), (0, 0, 255), (255, 255, 255)
PURPLE = (128, 0, 128)


def halves(left=RED, right=BLUE, size=(40, 40)):
    """An image whose left and right halves have these colours."""
    image = Image.new("RGB", size, left)
    image.paste(right, (size[0] // 2, 0, *size))
    return image


def shown(path):
    """The colours in the middle of the left and of the right half of a file, decoded."""
    pixels = decode_image(path, 16)
    assert pixels.shape == (16, 16, 3)
    assert pixels.dtype == np.uint8
    return pixels[8, 3].astype(int), pixels[8, 12].astype(int)


def assert_shows(path, left, right, tolerance=2):
    for found, expected in zip(shown(path), (left, right), strict=True):
        np.testing.assert_allclose(found, expected, atol=tolerance)


def see_through(color):
    """The left half is opaque, the right half lets half of what is behind it through."""
    image = halves(color, color).convert("RGBA")
    alpha = halves(WHITE, PURPLE).getchannel(0)
    image.putalpha(alpha)
    return image


def test_colours(tmp_path):
    halves().save(tmp_path / "a.png")
    assert_shows(tmp_path / "a.png", RED, BLUE, tolerance=0)
    halves().save(tmp_path / "a.JPEG", quality=95)
    assert_shows(tmp_path / "a.JPEG", RED, BLUE, tolerance=6)


def test_grey(tmp_path):
    image = halves((30,) * 3, (200,) * 3).convert("L")
    for suffix in ("png", "jpg"):
        image.save(tmp_path / f"a.{suffix}")
        assert_shows(tmp_path / f"a.{suffix}", (30,) * 3, (200,) * 3)


def test_transparency_shows_white(tmp_path):
    see_through(RED).save(tmp_path / "rgba.png")
    assert_shows(tmp_path / "rgba.png", RED, (255, 127, 127))
    see_through((0, 0, 0)).convert("LA").save(tmp_path / "la.png")
    assert_shows(tmp_path / "la.png", (0, 0, 0), (127,) * 3)


def test_palettes(tmp_path):
    image = halves().quantize(2)
    image.save(tmp_path / "opaque.png")
    assert Image.open(tmp_path / "opaque.png").mode == "P"
    assert_shows(tmp_path / "opaque.png", RED, BLUE)
    image.save(tmp_path / "clear.png", transparency=image.getpixel((0, 0)))
    assert_shows(tmp_path / "clear.png", WHITE, BLUE)


def test_a_transparent_colour(tmp_path):
    halves().save(tmp_path / "a.png", transparency=BLUE)
    assert_shows(tmp_path / "a.png", RED, WHITE)


def test_sixteen_bits_are_scaled_not_clipped(tmp_path):
    values = np.full((40, 40), 1000, np.uint16)
    values[:, 20:] = 65535
    Image.fromarray(values).save(tmp_path / "a.png")
    assert Image.open(tmp_path / "a.png").mode.startswith("I")
    assert_shows(tmp_path / "a.png", (4,) * 3, WHITE, tolerance=0)


def test_one_bit(tmp_path):
    halves((0, 0, 0), WHITE).convert("1").save(tmp_path / "a.png")
    assert_shows(tmp_path / "a.png", (0, 0, 0), WHITE, tolerance=0)


def test_cmyk(tmp_path):
    halves().convert("CMYK").save(tmp_path / "a.jpg", quality=95)
    assert Image.open(tmp_path / "a.jpg").mode == "CMYK"
    assert_shows(tmp_path / "a.jpg", RED, BLUE, tolerance=8)


@pytest.mark.parametrize("suffix", ["jpg", "png"])
def test_images_are_turned_as_their_exif_data_say(tmp_path, suffix):
    exif = Image.Exif()
    exif[0x0112] = 6  # to be turned by 90 degrees clockwise
    halves().rotate(90).save(tmp_path / f"a.{suffix}", exif=exif, quality=95)
    assert_shows(tmp_path / f"a.{suffix}", RED, BLUE, tolerance=6)


def test_the_central_square_is_kept(tmp_path):
    image = Image.new("RGB", (120, 40), WHITE)
    image.paste(halves(), (40, 0))
    image.save(tmp_path / "wide.png")
    assert_shows(tmp_path / "wide.png", RED, BLUE, tolerance=0)
    assert (decode_image(tmp_path / "wide.png", 40) == np.asarray(halves())).all()
    image = Image.new("RGB", (40, 120), WHITE)
    image.paste(halves(), (0, 40))
    image.save(tmp_path / "high.png")
    assert (decode_image(tmp_path / "high.png", 40) == np.asarray(halves())).all()


def test_small_images_grow_and_large_ones_are_smoothed(tmp_path):
    halves(size=(2, 2)).save(tmp_path / "a.png")
    assert decode_image(tmp_path / "a.png", 64).shape == (64, 64, 3)
    stripes = np.zeros((64, 64, 3), np.uint8)
    stripes[:, ::2] = 255
    Image.fromarray(stripes).save(tmp_path / "stripes.png")
    np.testing.assert_allclose(decode_image(tmp_path / "stripes.png", 8)[:, 2:-2], 127, atol=3)


@pytest.mark.parametrize("channels", [2, 3, 4])
def test_of_colours_of_sixteen_bits_the_upper_eight_are_read(tmp_path, channels):
    colors = 1 if channels == 2 else 3
    values = np.full((40, 40, channels), 65535)  # opaque, where there is an alpha channel
    values[:, :20, :colors] = 4095
    path = write_wide(tmp_path / "a.png", values)
    assert read_picture(path)[1:] == (65535, True, False)
    assert_shows(path, (15,) * 3, WHITE)
    values[..., :colors] = 4095
    assert read_picture(write_wide(path, values)).peak == 4095


@pytest.mark.parametrize("ending", ["png", "tif", "jp2"])
def test_greys_of_twelve_bits_are_scaled_by_these(tmp_path, ending):
    values = np.full((40, 40), 500, np.uint16)
    values[:, 20:] = 4095
    path = tmp_path / f"a.{ending}"
    Image.fromarray(values).save(path)
    assert read_picture(path).peak == 4095
    np.testing.assert_allclose(decode_image(path, 16, depth=12)[8, [3, 12], 0], [31, 255], atol=1)


@pytest.mark.parametrize(
    ("value", "kind", "message"),
    [
        (0.5, np.float32, "its pixels are floating-point numbers: expected 8 or 16 bits"),
        (70_000, np.int32, "its pixels go from 70000 to 70000: expected 8 or 16 bits"),
        (-1, np.int32, "its pixels go from -1 to -1: expected"),
    ],
)
def test_pixels_of_other_kinds_are_refused(tmp_path, value, kind, message):
    Image.fromarray(np.full((20, 20), value, kind)).save(tmp_path / "a.tif")
    with pytest.raises(DataError, match=f"a.tif: cannot be read as an image: {message}"):
        decode_image(tmp_path / "a.tif", 16)


@pytest.mark.parametrize("suffix", ["jpg", "png", "webp", "tif"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_every_orientation_is_applied(tmp_path, suffix, orientation):
    image = halves()
    image.paste(WHITE, (0, 20, 40, 40))
    exif = Image.Exif()
    exif[0x0112] = orientation
    image.save(tmp_path / f"a.{suffix}", exif=exif, quality=95)
    image.save(tmp_path / "whole.jpg", exif=exif, quality=95)
    expected = np.asarray(ImageOps.exif_transpose(Image.open(tmp_path / "whole.jpg")))
    found = decode_image(tmp_path / f"a.{suffix}", 40)
    np.testing.assert_allclose(found[4::32, 4::32].astype(int), expected[4::32, 4::32], atol=8)


DAMAGED = {
    "garbage": b"Exif\0\0garbage",
    "far": b"Exif\0\0II*\0\xff\xff\xff\xff",
    "entries": b"Exif\0\0MM\0*\0\0\0\x08\xff\xff" + b"\x01\x12\xff\xff" * 5,
    "nothing": b"",
}


@pytest.mark.parametrize("suffix", ["jpg", "png", "webp"])
@pytest.mark.parametrize("exif", DAMAGED.values(), ids=DAMAGED)
@pytest.mark.filterwarnings("ignore:Corrupt EXIF data")
def test_damaged_exif_data_damage_no_pixels(tmp_path, suffix, exif):
    halves().save(tmp_path / f"a.{suffix}", exif=exif, quality=95)
    assert_shows(tmp_path / f"a.{suffix}", RED, BLUE, tolerance=6)


@pytest.mark.parametrize("name", [b"eXIf", b"iCCP", b"tEXt", b"pHYs", b"gAMA"])
@pytest.mark.parametrize("content", [b"", bytes(range(9)), bytes(5000)])
@pytest.mark.parametrize("checksum", [None, b"none"])
def test_whatever_is_beside_a_png_s_pixels_may_be_damaged(tmp_path, name, content, checksum):
    path = tmp_path / "a.png"
    halves().save(path)
    beside = chunk(name, content)
    beside = beside[:-4] + checksum if checksum else beside
    whole = path.read_bytes()
    path.write_bytes(whole[:33] + beside + whole[33:])
    assert_shows(path, RED, BLUE, tolerance=0)
    path.write_bytes(path.read_bytes()[:-40])
    with pytest.raises(DataError, match=r"a.png: cannot be read as an image"):
        decode_image(path, 16)


@pytest.mark.parametrize("suffix", ["gif", "tif", "png", "webp"])
def test_of_several_frames_the_first_is_read(tmp_path, suffix):
    path = tmp_path / f"a.{suffix}"
    options = {"lossless": True} if suffix == "webp" else {}
    halves().save(path, save_all=True, append_images=[halves(BLUE, RED)], **options)
    assert_shows(path, RED, BLUE)
    assert read_picture(path).animated
    halves().save(path)
    assert not read_picture(path).animated
