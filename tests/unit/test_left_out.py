"""Files among own images: all are read, or named, or plainly no images."""

import logging
import os
import socket

import h5py
import pytest
import sound_files
from own_images import prepared, write_images
from PIL import Image

from selfstudy.data.pack import read_sample
from selfstudy.errors import DataError


@pytest.fixture
def log(caplog):
    caplog.set_level(logging.INFO, "selfstudy")
    return caplog


def classes_of(result):
    """How many images each class has."""
    targets = result["targets"].tolist()
    return {name: targets.count(number) for number, name in enumerate(result["classes"])}


@pytest.mark.parametrize("ending", ["tif", "TIFF", "webp", "bmp", "gif", "jfif", "ppm", "avif"])
def test_images_of_every_kind_count(source, ending):
    kind = "JPEG" if ending == "jfif" else None
    Image.new("RGB", (20, 20), "red").save(source / f"cat/new.{ending}", kind)
    assert classes_of(prepared(source)) == {"Hündin 1": 10, "cat": 11, "dog": 10}


def test_linked_folders_count(source):
    elsewhere = write_images(source.parent / "elsewhere", ["more"], 4)
    (source / "cat/more").symlink_to(elsewhere / "more")
    (source / "owl").symlink_to(write_images(source.parent / "third", ["owl"], 5) / "owl")
    (source / "cat/circle").symlink_to(source)
    (source / "cat/more/circle").symlink_to(".")
    assert classes_of(prepared(source)) == {"Hündin 1": 10, "cat": 14, "dog": 10, "owl": 5}


LEFT_OUT = {
    "loose.jpg": "lies beside the folders of classes, in none of them",
    "cat/new.heic": "expected one of apng, avif, bmp",
    "cat/without": "expected one of apng",
    "cat/new.jpg.1": "expected one of apng",
}


@pytest.mark.parametrize("name", LEFT_OUT)
def test_what_might_be_an_image_is_refused_or_counted(source, log, name):
    (source / name).write_bytes(b"anything")
    message = (
        rf"source: 1 of 31 images cannot be read: {name}; the first: .*{name}: {LEFT_OUT[name]}"
    )
    with pytest.raises(DataError, match=message):
        prepared(source)
    result = prepared(source, unreadable="skip")
    assert result["skipped"] == [name]
    assert len(result["files"]) == 30
    assert f"source: 1 of 31 images cannot be read: {name}: left out" in log.text
    with h5py.File(source.parent / "prepared.h5") as file:
        assert file.attrs["left_out"] == 1


def test_images_beside_classes_of_a_split_are_left_out(tmp_path):
    write_images(tmp_path / "source/train", ["cat", "dog"])
    for name in ("loose.png", "train/loose.png"):
        Image.new("RGB", (20, 20)).save(tmp_path / "source" / name)
    result = prepared(tmp_path / "source", unreadable="skip")
    assert result["skipped"] == ["loose.png", "train/loose.png"]
    assert result["classes"] == ["cat", "dog"]


def test_notes_and_the_like_are_passed_over_and_said(source, log):
    for name in ("README", "cat/boxes.xml", "dog/boxes.XML", "Thumbs.db", "dog/.DS_Store"):
        (source / name).write_text("no image")
    result = prepared(source)
    assert result["skipped"] == []
    assert "source: passed over, as no images: 1 README, 2 xml\n" in log.text


def test_classes_alike_are_named(source, log):
    write_images(source, ["Cat", " dog"], 4)
    assert classes_of(prepared(source)) == {"Cat": 4, "Hündin 1": 10, "cat": 10, "dog": 14}
    alike = "differ only in case, blanks or form: taken as"
    assert f"source: the labels 'Cat' and 'cat' {alike} 2 classes" in log.text
    assert f"source: the labels ' dog' and 'dog' {alike} one class" in log.text


@pytest.mark.parametrize("name", ["cat {1}", "a\nb", "$\\frac{$", "%s", "*?[", "-", "'\"", b"\xff"])
def test_classes_may_have_any_name(source, name):
    os.rename(os.fsencode(source / "cat"), os.path.join(os.fsencode(source), os.fsencode(name)))
    result = prepared(source)
    assert len(result["classes"]) == 3
    assert all("\n" not in text for text in (*result["classes"], *result["files"]))
    assert sum(classes_of(result).values()) == 30


def test_a_class_has_a_name(source):
    (source / "cat").rename(source / "  ")
    with pytest.raises(DataError, match="source: the label '  ' is blank"):
        prepared(source)


def put_pipe(path):
    os.mkfifo(path)


def put_socket(path):
    here = os.getcwd()
    os.chdir(path.parent)  # the names of sockets are short
    with socket.socket(socket.AF_UNIX) as made:
        made.bind(path.name)
    os.chdir(here)


def put_device(path):
    path.symlink_to("/dev/zero")


@pytest.mark.parametrize("put", [put_pipe, put_socket, put_device])
def test_what_never_ends_is_not_waited_for(source, put):
    message = "cannot be read.*: a pipe, a device or a socket, no file"
    path = source / "cat/0.png"
    path.unlink()
    put(path)
    with pytest.raises(DataError, match=rf"1 of 30 images .*cat/0.png: {message}"):
        prepared(source)
    assert prepared(source, unreadable="skip")["skipped"] == ["cat/0.png"]
    table = source.parent / "table.csv"
    rows = [
        f"source/{name}/{number}.png,{name}" for name in ("cat", "dog") for number in (0, 2, 4, 6)
    ]
    table.write_text("\n".join(["file,label", *rows]))
    with pytest.raises(DataError, match=rf"1 of 8 images .*cat/0.png: {message}"):
        prepared(table)
    with pytest.raises(DataError, match=f"cat/0.png: {message}"):
        prepared(path)


@pytest.mark.parametrize("ending", ["png", "npy"])
def test_no_rendered_sample_is_waited_for(tmp_path, ending):
    path = sound_files.sample(tmp_path).with_suffix(f".{ending}")
    path.unlink()
    put_pipe(path)
    with pytest.raises(DataError, match=f"00000.{ending}: cannot be read as .* a pipe, a device"):
        read_sample(path.with_suffix(".png"))
