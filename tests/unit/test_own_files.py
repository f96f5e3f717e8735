"""What users bring: known again by contents wherever it lies, and never taken for what it was."""

import csv
import os
import shutil

import pytest
from own_images import write_images

from selfstudy.configuration import CONFIG
from selfstudy.sweep.check import read_configuration
from selfstudy.sweep.own_files import OwnFiles
from selfstudy.sweep.runs import Sweep

STUDY = read_configuration(CONFIG / "own_images.yaml")
CLASSES = ["cat {1}", "{", "a, b", "new\nline", "'\"", "-dash", " blank ", os.fsdecode(b"\xff")]
OLD = (10**9, 10**9)  # 2001, as an archive may give it


@pytest.fixture
def images(tmp_path):
    return write_images(tmp_path / "im {x}\n", CLASSES, images=4)


@pytest.fixture
def record(tmp_path):
    return tmp_path / "record/own.json"


def make_sweep(**changes):
    return Sweep(STUDY | changes)


def place(**source):
    return make_sweep(datasets={"own": {"source": "images", "resolution": 16, **source}})


def identify(record, sweep):
    """As a run of the workflow does, from its beginning to its end."""
    own, said = OwnFiles(sweep, record, lambda line: said.append(line)), []
    identity = own.identify_dataset("own")
    looked = len(said)
    own.keep()
    return identity, bool(looked)


@pytest.fixture
def table(images):
    """A table of the first image of each class, except for the one that is no text."""
    path = images.parent / "labels {1}.csv"
    with path.open("w", newline="") as file:
        rows = [(f"{images.name}/{name}/0.png", number) for number, name in enumerate(CLASSES[:-1])]
        csv.writer(file).writerows([("file", "label"), *rows])
    return path


@pytest.fixture(params=["folder", "table"])
def source(request, images, table):
    return {"folder": str(images)} if request.param == "folder" else {"table": str(table)}


def change(path, how):
    """Change an image, or what lies beside it; all times are old."""
    about = path.stat()
    if how == "contents":
        path.write_bytes(bytes(about.st_size))
        os.utime(path, OLD)
    elif how == "size":
        path.write_bytes(b"other")
        os.utime(path, ns=(about.st_atime_ns, about.st_mtime_ns))
    elif how == "gone":
        path.unlink()


@pytest.mark.parametrize("how", ["contents", "size", "gone"])
def test_changed_images_are_noticed_whatever_their_times(images, source, record, how):
    before, _ = identify(record, place(**source))
    assert identify(record, place(**source)) == (before, False)
    change(images / "cat {1}/0.png", how)
    after, _ = identify(record, place(**source))
    assert after != before
    assert identify(record, place(**source)) == (after, False)


def test_images_that_come_are_noticed_whatever_their_times(images, record):
    before, _ = identify(record, place(folder=str(images)))
    (images / "cat {1}/new.png").write_bytes(b"new")
    os.utime(images / "cat {1}/new.png", OLD)
    os.utime(images / "cat {1}", OLD)
    assert identify(record, place(folder=str(images)))[0] != before
    shutil.move(images / "cat {1}/new.png", images / "{/new.png")
    moved, _ = identify(record, place(folder=str(images)))
    assert moved != before
    (images / ".DS_Store").write_bytes(b"hidden")
    assert identify(record, place(folder=str(images))) == (moved, False)


def test_what_a_table_says_is_noticed_with_the_same_time_and_size(table, record):
    before, _ = identify(record, place(table=str(table)))
    about = table.stat()
    table.write_text(table.read_text().replace(",1\n", ",2\n"))
    os.utime(table, ns=(about.st_atime_ns, about.st_mtime_ns))
    assert identify(record, place(table=str(table)))[0] != before
    table.write_text("nonsense\n")  # whoever prepares it says so
    assert identify(record, place(table=str(table)))[0] != before


def test_a_copy_is_known_again_and_is_compared_once(images, record):
    before, _ = identify(record, place(folder=str(images)))
    copy = images.parent / "elsewhere"
    shutil.copytree(images, copy, copy_function=shutil.copyfile)
    assert identify(record, place(folder=str(copy))) == (before, True)
    assert identify(record, place(folder=str(copy))) == (before, False)
    assert identify(record, place(folder=str(images))) == (before, False)
    change(copy / "cat {1}/0.png", "contents")
    assert identify(record, place(folder=str(copy)))[0] != before


def test_what_no_run_has_read_is_not_known_again(images, record):
    """Of a run that was killed nothing is recorded but names, sizes and times."""
    sweep = place(folder=str(images))
    before = OwnFiles(sweep, record, print).identify_dataset("own")
    os.utime(images / "cat {1}/0.png", OLD)
    assert OwnFiles(sweep, record, print).identify_dataset("own") != before


def test_images_that_are_gone_change_nothing_that_was_made_of_them(images, record):
    before, _ = identify(record, place(folder=str(images)))
    shutil.rmtree(images)
    assert identify(record, place(folder=str(images))) == (before, True)
    assert identify(record.with_name("other.json"), place(folder=str(images)))[0] == "not there"


def test_a_pipe_is_no_table_and_no_image(images, table, record):
    before, _ = identify(record, place(folder=str(images)))
    os.mkfifo(images / "cat {1}/pipe.png")
    after, _ = identify(record, place(folder=str(images)))
    assert after != before
    table.unlink()
    os.mkfifo(table)
    assert identify(record, place(table=str(table)))[0] == after, "there is no table"


def test_a_damaged_record_is_begun_anew(images, record):
    before, _ = identify(record, place(folder=str(images)))
    record.write_text("{")
    assert identify(record, place(folder=str(images))) == (before, False)


def test_jobs_look_at_nothing(tmp_path):
    sweep = place(folder=str(tmp_path / "missing"))
    assert OwnFiles(sweep, None, print).identify_dataset("own") == ""


def test_single_files_are_known_by_contents(tmp_path, record):
    """A prepared file, and weights, under another name in another place."""
    first, second = tmp_path / "a.h5", tmp_path / "elsewhere {1}.h5"
    first.write_bytes(b"some")

    def identify_both(path, **weights):
        own = {"source": "prepared", "file": str(path), "resolution": 16}
        mine = {"mine": {"file": str(path), **weights}}
        files = OwnFiles(make_sweep(datasets={"own": own}, weights=mine), record, print)
        found = files.identify_dataset("own"), files.identify_start("mine")
        files.keep()
        return found

    before = identify_both(first)
    assert str(tmp_path) not in str(before)
    shutil.copyfile(first, second)
    os.utime(second, OLD)
    assert identify_both(second) == before
    assert identify_both(second, input="unit")[1] != before[1]
    second.write_bytes(b"more")
    os.utime(second, OLD)
    assert identify_both(second)[0] == before[0], "the same size and time: nobody can tell"
    os.utime(second, (1, 1))
    after = identify_both(second)
    assert after[0] != before[0]
    assert after[1] != before[1]


def test_methods_and_public_weights_are_what_they_are_called(record):
    sweep = make_sweep(weights={"imagenet": {"torchvision": "resnet50", "backbones": ["r9"]}})
    own = OwnFiles(sweep, record, print)
    assert own.identify_start("rotate") == {}
    assert own.identify_start("imagenet") == {"torchvision": "resnet50"}


def test_meshes_and_samples_of_others_are_noticed(tmp_path, record):
    (tmp_path / "theirs/img").mkdir(parents=True)
    (tmp_path / "meshes/cup").mkdir(parents=True)
    theirs = {"source": "rendered", "folder": str(tmp_path / "theirs"), "resolution": 16}
    sweep = make_sweep(
        datasets={"0110": theirs}, rendering={"meshes": str(tmp_path / "meshes"), "resolution": 16}
    )

    def identify_all():
        own = OwnFiles(sweep, record, print)
        return own.identify_dataset("0110"), own.identify_collection("meshes")

    before = identify_all()
    for path in ("theirs/img/00000.png", "meshes/cup/a.obj"):
        (tmp_path / path).touch()
        os.utime(tmp_path / path, OLD)
    assert [old == new for old, new in zip(before, identify_all(), strict=True)] == [False, False]
    assert OwnFiles(sweep, record, print).identify_collection("textures") == ""
