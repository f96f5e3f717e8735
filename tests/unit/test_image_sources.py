"""Tables and folders of own images, and what is wrong with them."""

import csv
import logging
import shutil
import zlib

import pytest
from own_images import by_split, prepared, write_images
from PIL import Image

from selfstudy.errors import ConfigurationError, DataError


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
        (
            [],
            ("file", "class"),
            "column 'label' is missing: expected file, label, and found",
        ),
        ([], (), "cannot be read as a table: there is nothing in it"),
        ([], ("file", "label"), "there is no row in it"),
        ([("a.png", "x"), ("a.png", "y")], COLUMNS[:2], "line 3: a.png is there twice"),
        ([("a.png", "x"), ("b/../a.png", "y")], COLUMNS[:2], "line 3: a.png is there twice"),
        ([("a.png", "")], COLUMNS[:2], "line 2: no 'label'"),
        ([("a.png",)], COLUMNS[:2], "line 2: there are 1 values: expected 2"),
        ([("", "x")], COLUMNS[:2], "line 2: no 'file'"),
        ([("a.png", "x", "eval")], COLUMNS, "line 2: split 'eval': expected train, valid or test"),
        (
            [("a.png", "x", "train"), ("b.png", "x", "train"), ("c.png", "y", "test")],
            COLUMNS,
            "class 'y': expected 2 images or more for train, valid, found 0",
        ),
    ],
)
def test_tables_that_make_no_sense_are_refused(tmp_path, rows, columns, message):
    table = write_table(tmp_path / "table.csv", rows, columns)
    with pytest.raises(DataError, match=rf"table.csv(:|,) {message}"):
        prepared(table)


def test_other_files_are_no_tables(tmp_path):
    Image.new("RGB", (8, 8)).save(tmp_path / "image.png")
    with pytest.raises(DataError, match=r"image.png: cannot be read as a table: expected text"):
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
    return "bird: no images in it: expected one of apng, .*, png, "


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
    return "source: expected one of the folders 'val' and 'valid', found both"


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
    "icon": lambda path: Image.new("RGB", (8, 8)).save(path, "ICO"),
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
    rows = rows_of(source)
    tables = [rows, [(rows[0][0], rows[-1][1]), *rows[1:]]]
    inputs = [prepared(write_table(source.parent / "t.csv", table))["inputs"] for table in tables]
    assert inputs[0] != inputs[1], "a label alone has changed"


def test_an_image_that_vanishes_meanwhile_is_named(source):
    def vanish(images):
        (source / "dog" / "4.png").unlink(missing_ok=True)

    with pytest.raises(DataError, match=r"dog/4.png: cannot be read as an image: No such file"):
        prepared(source, progress=vanish)
    assert [path.name for path in source.parent.iterdir()] == ["source"]
