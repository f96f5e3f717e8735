"""Own images: files of every kind, splits, statistics and what goes wrong."""

import csv
import logging
import shutil
import zlib
from collections import Counter

import h5py
import numpy as np
import pytest
from PIL import Image
from skimage.color import rgb2lab

from selfstudy.data.colour import Statistics
from selfstudy.data.decoding import decoded
from selfstudy.data.images import ImageDataset, prepare_images
from selfstudy.data.prepared import Description, write_prepared
from selfstudy.errors import ConfigurationError, DataError

RED, BLUE, WHITE = (255, 0, 0), (0, 0, 255), (255, 255, 255)
PURPLE = (128, 0, 128)


def halves(left=RED, right=BLUE, size=(40, 40)):
    """An image whose left and right halves have these colours."""
    image = Image.new("RGB", size, left)
    image.paste(right, (size[0] // 2, 0, *size))
    return image


def shown(path):
    """The colours in the middle of the left and of the right half of a file, decoded."""
    pixels = decoded(path, 16)
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
    values[:, 20:] = 51400
    Image.fromarray(values).save(tmp_path / "a.png")
    assert Image.open(tmp_path / "a.png").mode.startswith("I")
    assert_shows(tmp_path / "a.png", (4,) * 3, (200,) * 3, tolerance=1)


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
    assert (decoded(tmp_path / "wide.png", 40) == np.asarray(halves())).all()
    image = Image.new("RGB", (40, 120), WHITE)
    image.paste(halves(), (0, 40))
    image.save(tmp_path / "high.png")
    assert (decoded(tmp_path / "high.png", 40) == np.asarray(halves())).all()


def test_small_images_grow_and_large_ones_are_smoothed(tmp_path):
    halves(size=(2, 2)).save(tmp_path / "a.png")
    assert decoded(tmp_path / "a.png", 64).shape == (64, 64, 3)
    stripes = np.zeros((64, 64, 3), np.uint8)
    stripes[:, ::2] = 255
    Image.fromarray(stripes).save(tmp_path / "stripes.png")
    np.testing.assert_allclose(decoded(tmp_path / "stripes.png", 8)[:, 2:-2], 127, atol=3)


def write_images(folder, classes, images=10, seed=0):
    """Noise images `{class}/{number}.png` of 20 x 20, and a folder deeper for odd numbers."""
    rng = np.random.default_rng([seed, *map(ord, "".join(classes))])
    for name in classes:
        for number in range(images):
            place = folder / name / "deep er" if number % 2 else folder / name
            place.mkdir(parents=True, exist_ok=True)
            noise = rng.integers(0, 256, (20, 20, 3), dtype=np.uint8)
            Image.fromarray(noise).save(place / f"{number}.png")
    return folder


@pytest.fixture
def source(tmp_path):
    """Ten images each of three classes."""
    return write_images(tmp_path / "source", ["cat", "Hündin 1", "dog"])


def prepared(source, **options):
    """Splits, classes, targets, files and pixels (n, 3, h, w), without normalisation."""
    output = source.parent / "prepared.h5"
    prepare_images(source, output, **{"resolution": 20, "space": "rgb", "seed": 0} | options)
    with h5py.File(output) as file:
        mean, std = (file.attrs[key][:, None, None] for key in ("mean", "std"))
        return {
            "splits": file.attrs["splits"].tolist(),
            "classes": list(file.attrs["classes"]),
            "targets": file["targets"][:],
            "files": file["files"].asstr()[:].tolist(),
            "skipped": file["skipped"].asstr()[:].tolist(),
            "data": file["data"][:],
            "pixels": file["data"][:] * std + mean,
            "mean": mean.ravel(),
            "std": std.ravel(),
            "inputs": file.attrs["inputs_sha256"],
        }


def by_split(result):
    """The (class, file) pairs of each split."""
    names = [result["classes"][target] for target in result["targets"]]
    pairs = list(zip(names, result["files"], strict=True))
    train, valid, _ = result["splits"]
    return pairs[:train], pairs[train : train + valid], pairs[train + valid :]


def test_images_labels_and_names_stay_together(source):
    done = []
    result = prepared(source, progress=done.append)
    assert result["classes"] == ["Hündin 1", "cat", "dog"]
    assert len(set(result["files"])) == 30
    assert sum(done) == 60
    for target, file, pixels in zip(
        result["targets"], result["files"], result["pixels"], strict=True
    ):
        assert file.split("/")[0] == result["classes"][target]
        image = np.asarray(Image.open(source / file)).transpose(2, 0, 1)
        np.testing.assert_allclose(pixels, image, atol=0.1)


def test_the_prepared_file_is_a_dataset(source):
    prepared(source)
    dataset = ImageDataset(source.parent / "prepared.h5", input_res=20)
    assert dataset.classes == 3
    assert dataset.splits == [24, 3, 3]
    assert len(dataset.rows("test", seed=0)) == 3
    with pytest.raises(ConfigurationError, match="ImageDataset expects a prepared file, not a"):
        ImageDataset(source.parent)


@pytest.mark.parametrize("space", ["lab", "rgb"])
def test_statistics_are_those_of_the_training_images(source, space):
    result = prepared(source, space=space)
    images = np.stack([np.asarray(Image.open(source / file)) for file in result["files"][:24]])
    values = (rgb2lab(images) if space == "lab" else images).reshape(-1, 3)
    np.testing.assert_allclose(result["mean"], values.mean(0), rtol=1e-9)
    np.testing.assert_allclose(result["std"], values.std(0), rtol=1e-9)
    training = result["data"][:24].astype(np.float64)
    np.testing.assert_allclose(training.mean((0, 2, 3)), 0, atol=1e-3)
    np.testing.assert_allclose(training.std((0, 2, 3)), 1, atol=1e-3)


def test_channels_without_contrast_stay_empty(source):
    for path in source.rglob("*.png"):
        Image.open(path).convert("L").save(path)
    result = prepared(source, space="lab")
    assert result["std"][0] > 10
    assert result["std"][1:].tolist() == [1, 1]
    assert abs(result["data"][:, 1:]).max() < 0.05


def test_splits_are_stratified_and_seeded(source):
    write_images(source, ["many"], images=40)
    result = prepared(source)
    train, valid, test = by_split(result)
    assert Counter(name for name, _ in valid) == {"cat": 1, "dog": 1, "Hündin 1": 1, "many": 4}
    assert Counter(name for name, _ in test) == {"cat": 1, "dog": 1, "Hündin 1": 1, "many": 4}
    assert len({*train, *valid, *test}) == 70
    assert result["splits"] == [56, 7, 7]
    assert [name for name, _ in train] != sorted(name for name, _ in train), "not shuffled"
    again, other = prepared(source, threads=3), prepared(source, seed=1)
    assert again["files"] == result["files"]
    assert (again["data"] == result["data"]).all()
    assert set(by_split(other)[1]) != set(valid)
    assert prepared(source, valid=0.3, test=0.5)["splits"] == [14, 21, 35]


def test_small_classes_have_one_image_in_each_split(source):
    write_images(source, ["few"], images=3)
    for part in by_split(prepared(source)):
        assert [name for name, _ in part].count("few") == 1


def test_given_splits_are_kept(tmp_path):
    source = tmp_path / "source"
    write_images(source / "train", ["cat", "dog"], images=5, seed=1)
    write_images(source / "val", ["cat", "dog"], images=2, seed=2)
    write_images(source / "test", ["cat"], images=3, seed=3)
    result = prepared(source)
    assert result["splits"] == [10, 4, 3]
    for part, folder in zip(by_split(result), ("train", "val", "test"), strict=True):
        assert {file.split("/")[0] for _, file in part} == {folder}
        assert all(file.split("/")[1] == name for name, file in part)


def test_missing_splits_come_from_training(tmp_path):
    source = tmp_path / "source"
    write_images(source / "train", ["cat", "dog"], images=10)
    write_images(source / "test", ["cat", "dog"], images=4)
    result = prepared(source, valid=0.2)
    assert result["splits"] == [16, 4, 8]
    _, valid, test = by_split(result)
    assert {file.split("/")[0] for _, file in valid} == {"train"}
    assert {file.split("/")[0] for _, file in test} == {"test"}


def test_a_class_may_be_called_train(source):
    (source / "cat").rename(source / "train")
    assert prepared(source)["classes"] == ["Hündin 1", "dog", "train"]


def test_integer_classes_are_in_the_order_of_numbers(tmp_path):
    result = prepared(write_images(tmp_path / "source", ["10", "9", "-1", "100"], images=3))
    assert result["classes"] == ["-1", "9", "10", "100"]


def test_names_of_thousands_of_classes_are_stored(tmp_path):
    names = [f"class {number}" for number in range(10_000)]
    about = Description("many", 4, "rgb", Statistics((0,) * 3, (1,) * 3), names, (1, 1, 1), "", "")
    write_prepared(tmp_path / "out.h5", about, {}, lambda rows: np.zeros((3, 4, 4, 3), np.uint8))
    with h5py.File(tmp_path / "out.h5") as file:
        assert list(file.attrs["classes"]) == names


def test_hidden_and_other_files_do_not_count(source):
    (source / "cat" / "._0.png").write_bytes(b"resource fork")
    (source / "cat" / "notes.txt").write_text("cats")
    (source / ".cache").mkdir()
    write_images(source / "cat", [".thumbnails"])
    assert len(prepared(source)["files"]) == 30


def write_table(path, rows, columns=("file", "label"), **options):
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", newline="", **{"encoding": "utf-8"} | options) as file:
        csv.writer(file).writerows([columns, *rows])
    return path


def rows_of(source):
    """Rows of a table beside the folder `source`, whose labels are not its folders' names."""
    files = [path.relative_to(source.parent).as_posix() for path in source.rglob("*.png")]
    return [(file, f"Klasse {file.split('/')[1]}") for file in sorted(files)]


def test_tables(source):
    rows = rows_of(source)
    result = prepared(write_table(source.parent / "table.csv", rows, encoding="utf-8-sig"))
    assert result["classes"] == ["Klasse Hündin 1", "Klasse cat", "Klasse dog"]
    assert result["splits"] == [24, 3, 3]
    labels = [result["classes"][target] for target in result["targets"]]
    assert sorted(zip(result["files"], labels, strict=True)) == sorted(rows)


def test_tables_may_give_splits(source):
    splits = ["train", "valid", "test", "train", "train"] * 6
    rows = [(*row, split) for row, split in zip(rows_of(source), splits, strict=True)]
    table = write_table(source.parent / "table.csv", rows, ("file", "label", "split"))
    result = prepared(table)
    assert result["splits"] == [18, 6, 6]
    for part, split in zip(by_split(result), ("train", "valid", "test"), strict=True):
        assert {file for _, file in part} == {file for file, _, given in rows if given == split}


COLUMNS = ("file", "label", "split")


@pytest.mark.parametrize(
    ("rows", "columns", "message"),
    [
        ([], ("file", "class"), "no column 'label': expected file, label and.*found file, class"),
        ([], (), "no column 'file'"),
        ([], ("file", "label"), "expected two classes or more, found 0"),
        ([("a.png", "x"), ("a.png", "y")], COLUMNS[:2], "line 3: a.png is there twice"),
        ([("a.png", "x"), ("b/../a.png", "y")], COLUMNS[:2], "line 3: a.png is there twice"),
        ([("a.png", "")], COLUMNS[:2], "line 2: no 'label'"),
        ([("a.png",)], COLUMNS[:2], "line 2: no 'label'"),
        ([("", "x")], COLUMNS[:2], "line 2: no 'file'"),
        ([("a.png", "x", "dev")], COLUMNS, "line 2: split 'dev': expected train, valid or test"),
        (
            [("a.png", "x", "train"), ("b.png", "x", "train"), ("c.png", "y", "test")],
            COLUMNS,
            "class 'y': expected 2 images or more for train, valid, found 0",
        ),
    ],
)
def test_tables_that_make_no_sense_are_refused(tmp_path, rows, columns, message):
    table = write_table(tmp_path / "table.csv", rows, columns)
    with pytest.raises(DataError, match=f"table.csv: {message}"):
        prepared(table)


def test_other_files_are_no_tables(tmp_path):
    halves().save(tmp_path / "image.png")
    with pytest.raises(DataError, match=r"image.png: not a CSV file in UTF-8"):
        prepared(tmp_path / "image.png")


def bad_empty(source):
    shutil.rmtree(source)
    source.mkdir()
    return "source: no folders in it: expected one for each class"


def bad_missing(source):
    shutil.rmtree(source)
    return "source: there is no such folder or CSV file"


def bad_class_without_images(source):
    (source / "bird").mkdir()
    return "bird: no images in it: expected .png, .jpg, .jpeg"


def bad_single_class(source):
    shutil.rmtree(source / "cat")
    shutil.rmtree(source / "dog")
    return "source: expected two classes or more, found 1"


def bad_small_class(source):
    write_images(source, ["rare"], images=2)
    return "class 'rare': expected 3 images or more for train, valid, test, found 2"


def bad_class_only_in_test(source):
    (source / "train").mkdir()
    for name in ("cat", "dog"):
        (source / name).rename(source / "train" / name)
    (source / "test").mkdir()
    (source / "Hündin 1").rename(source / "test" / "Hündin 1")
    return "class 'Hündin 1': expected 2 images or more for train, valid, found 0"


def bad_two_validations(source):
    for name in ("train", "valid", "val"):
        shutil.copytree(source / "cat", source / name / "cat")
    for name in ("cat", "dog", "Hündin 1"):
        shutil.rmtree(source / name)
    return "source: expected one of the folders 'valid' and 'val', found both"


@pytest.mark.parametrize(
    "damage",
    [
        bad_empty,
        bad_missing,
        bad_class_without_images,
        bad_single_class,
        bad_small_class,
        bad_class_only_in_test,
        bad_two_validations,
    ],
)
def test_folders_that_make_no_sense_are_refused(source, damage):
    message = damage(source)
    with pytest.raises(DataError, match=message):
        prepared(source)
    assert not (source.parent / "prepared.h5").exists()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"valid": 0}, "valid = 0, test = 0.1: expected shares above 0"),
        ({"valid": 0.5, "test": 0.5}, "expected shares above 0 that leave some for training"),
        ({"test": -0.1}, "test = -0.1"),
        ({"test": float("nan")}, "test = nan"),
        ({"unreadable": "ignore"}, "unreadable = 'ignore': expected refuse or skip"),
        ({"space": "hsv"}, "space = 'hsv': expected lab or rgb"),
    ],
)
def test_arguments_out_of_range_are_refused(source, options, message):
    with pytest.raises(ConfigurationError, match=message):
        prepared(source, **options)


def truncated(path):
    path.write_bytes(path.read_bytes()[:300])


def bomb(path):
    """Make the header tell of 2 ** 32 pixels."""
    content = bytearray(path.read_bytes())
    content[16:24] = b"\0\1\0\0" * 2
    content[29:33] = zlib.crc32(content[12:29]).to_bytes(4, "big")
    path.write_bytes(content)


UNREADABLE = {
    "truncated": truncated,
    "empty": lambda path: path.write_bytes(b""),
    "text": lambda path: path.write_text("no image"),
    "bomb": bomb,
    "gif": lambda path: halves().save(path, "GIF"),
    "nowhere": lambda path: (path.unlink(), path.symlink_to("nowhere")),
}


@pytest.mark.parametrize("kind", UNREADABLE)
def test_unreadable_images_are_refused_by_name(source, kind):
    UNREADABLE[kind](source / "dog" / "4.png")
    message = r"source: 1 of 30 images cannot be read: dog/4.png; the first: .*dog/4.png: cannot"
    with pytest.raises(DataError, match=message):
        prepared(source)
    assert [path.name for path in source.parent.iterdir()] == ["source"]


def test_a_bomb_is_known_as_one(source):
    bomb(source / "dog" / "4.png")
    with pytest.raises(DataError, match=r"exceeds limit of .* decompression bomb"):
        prepared(source)


def test_ten_unreadable_images_are_named(source):
    broken = sorted(source.rglob("*.png"))[:12]
    for path in broken:
        truncated(path)
    names = ", ".join(path.relative_to(source).as_posix() for path in broken[:10])
    with pytest.raises(DataError, match=f"12 of 30 images cannot be read: {names}, ...; the first"):
        prepared(source)


def test_unreadable_images_can_be_skipped(source, caplog):
    caplog.set_level(logging.WARNING, "selfstudy")
    whole = prepared(source)
    assert whole["skipped"] == []
    assert not caplog.text
    for name in ("dog/4.png", "cat/0.png"):
        truncated(source / name)
    result = prepared(source, unreadable="skip")
    assert result["skipped"] == ["cat/0.png", "dog/4.png"]
    assert set(result["files"]) == set(whole["files"]) - {"dog/4.png", "cat/0.png"}
    assert result["splits"] == [22, 3, 3]
    assert result["inputs"] != whole["inputs"]
    message = "2 of 30 images cannot be read: cat/0.png, dog/4.png: left out"
    assert message in caplog.text


def test_files_that_tables_name_must_be_there(source):
    rows = [*rows_of(source), ("source/cat/none.png", "Klasse cat")]
    table = write_table(source.parent / "table.csv", rows)
    with pytest.raises(DataError, match=r"1 of 31 images.*none.png: .*No such file"):
        prepared(table)
    assert prepared(table, unreadable="skip")["skipped"] == ["source/cat/none.png"]


def test_skipping_leaves_no_class_too_small(source):
    for number in range(8):
        truncated(next(source.glob(f"cat/**/{number}.png")))
    with pytest.raises(DataError, match=r"class 'cat': expected 3 images .* found 2"):
        prepared(source, unreadable="skip")


def test_changed_inputs_are_told_apart(source):
    first = prepared(source)["inputs"]
    assert prepared(source, seed=1)["inputs"] == first
    (source / "cat" / "0.png").rename(source / "dog" / "zero.png")
    assert prepared(source)["inputs"] != first


def test_an_image_that_vanishes_meanwhile_is_named(source):
    def vanish(images):
        (source / "dog" / "4.png").unlink(missing_ok=True)

    with pytest.raises(DataError, match=r"dog/4.png: cannot be read as PNG or JPEG: No such file"):
        prepared(source, progress=vanish)
    assert [path.name for path in source.parent.iterdir()] == ["source"]
