"""Which files below a folder are images."""

import os

import pytest
from PIL import Image

from selfstudy.data.decoding import FORMATS
from selfstudy.data.listing import IMAGES, is_by_product, is_hidden, is_image, walk_files


def walked(folder):
    return [os.path.relpath(entry.path, folder) for entry in walk_files(folder)]


def write(folder, *names):
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).touch()


def test_all_files_are_found_in_an_order_of_their_names(tmp_path):
    names = ["a/2.png", "a/10.png", "a/deep er/1.txt", "b/{1}.jpg", "loose"]
    write(tmp_path, *names)
    assert sorted(walked(tmp_path)) == sorted(names)
    assert walked(tmp_path) == walked(tmp_path)


def test_hidden_files_and_what_systems_leave_are_passed_over(tmp_path):
    write(tmp_path, ".a.png", ".b/a.png", "__MACOSX/a.png", "Thumbs.db", "c/@eaDir/1.jpg/1.jpg")
    write(tmp_path, "c/desktop.ini", "c/.DS_Store", "c/1.jpg")
    assert walked(tmp_path) == ["c/1.jpg"]
    assert is_hidden("Icon\r")


def test_links_are_followed_but_not_in_circles(tmp_path):
    write(tmp_path, "elsewhere/1.png", "elsewhere/deep/2.png", "source/cat/0.png")
    cat = tmp_path / "source/cat"
    (cat / "more").symlink_to("../../elsewhere")
    (cat / "one.png").symlink_to("0.png")
    for number, place in enumerate((".", "..", cat, "../../source")):
        (cat / f"circle {number}").symlink_to(place)
    (tmp_path / "elsewhere/deep/back").symlink_to(cat)
    (cat / "itself").symlink_to("itself")
    (cat / "nowhere").symlink_to("nothing")
    found = ["cat/0.png", "cat/itself", "cat/more/1.png", "cat/more/deep/2.png"]
    assert sorted(walked(tmp_path / "source")) == [*found, "cat/nowhere", "cat/one.png"]


def test_folders_that_cannot_be_read_are_no_empty_ones(tmp_path):
    with pytest.raises(FileNotFoundError):
        list(walk_files(tmp_path / "nowhere"))


@pytest.mark.parametrize("name", ["a.PNG", "a.b.jpeg", "a.tif", "a.webp", "a.JFIF", "ä.bmp"])
def test_images(name):
    assert is_image(name)
    assert not is_by_product(name)


@pytest.mark.parametrize("name", ["README", "notes.TXT", "boxes.xml", "labels.csv", "more.tar.gz"])
def test_by_products(name):
    assert is_by_product(name)
    assert not is_image(name)


@pytest.mark.parametrize("name", ["a.heic", "a", "a.jpg.1", "png", "a.jpg?w=100", "a.dcm", "a."])
def test_what_might_be_an_image_is_neither(name):
    assert not is_image(name)
    assert not is_by_product(name)


def test_endings_and_formats_agree():
    Image.init()
    formats = Image.registered_extensions()
    assert {formats[f".{ending}"] for ending in IMAGES} == set(FORMATS)
