"""Hundreds of damaged files, each read as a user's is: an error of ours that names the file."""

import hashlib
import io
import pickle
import shutil
from pathlib import Path

import h5py
import numpy as np
import pandas as pd
import pytest
import sound_files
import torch
import yaml
from fuzzing import REFUSED, SOUND, Readers, damaged

from selfstudy.data.names import name_bucket
from selfstudy.data.packed import OBJECT
from selfstudy.training.checkpoint import KEYS

# How each sound file is made, and read.
SUBJECTS = {
    "image": (sound_files.image, "image"),
    "jpeg": (sound_files.jpeg, "image"),
    "tiff": (sound_files.tiff, "image"),
    "avif": (sound_files.avif, "image"),
    "sample": (sound_files.sample, "sample"),
    "metadata": (sound_files.metadata, "metadata"),
    "exr": (sound_files.exr, "exr"),
    "obj": (sound_files.obj, "mesh"),
    "glb": (sound_files.glb, "mesh"),
    "meshes": (sound_files.meshes, "meshes"),
    "textures": (sound_files.textures, "textures"),
    "checkpoint": (sound_files.save_checkpoint, "checkpoint"),
    "snapshot": (sound_files.snapshot, "snapshot"),
    "configuration": (sound_files.configuration, "configuration"),
    "gin": (sound_files.gin, "gin"),
    "metrics": (sound_files.metrics, "metrics"),
    "linear": (sound_files.linear, "linear"),
    "results": (sound_files.results, "results"),
    "table": (sound_files.table, "table"),
    "command": (sound_files.command, "command"),
}
pytestmark = pytest.mark.slow
# Names that a shell, a format string or a line of a log would trip over.
HOSTILE = ["$(touch hacked)", "%s %n {0.__class__}", "-rf", "Ünïcode 名", "' OR 1=1 --", "a" * 200]


@pytest.fixture
def cases(tmp_path):
    """Copies of a sound file's folder, in each of which that file has another content."""

    def make(path, contents):
        made = {}
        for number, (what, content) in enumerate(contents.items()):
            # Called as a budget's folder is; `img`, as rendered samples are.
            folder = tmp_path / f"case{number}" / ("img" if path.suffix == ".png" else "n100")
            shutil.copytree(path.parent, folder)
            (folder / path.name).write_bytes(content)
            made[folder / path.name] = what
        return made

    return make


@pytest.fixture
def sound(tmp_path, request):
    """A sound file and its reader."""
    make, read = SUBJECTS[request.param]
    (tmp_path / "sound").mkdir()
    return Path(make(tmp_path / "sound")), read


@pytest.fixture(scope="module")
def processes():
    readers = Readers()
    yield readers
    readers.close()


@pytest.fixture
def judge(processes):
    """Fails where a file is neither read nor refused as it should be; gives what came of each."""

    def judged(read, made):
        said = {what: processes.verdict(read, path) for path, what in made.items()}
        wrong = {what: result for what, result in said.items() if result not in (SOUND, REFUSED)}
        assert not wrong, "\n".join(f"{what}: {result}" for what, result in wrong.items())
        return said

    return judged


@pytest.mark.parametrize("sound", SUBJECTS, indirect=True)
def test_a_damaged_file_is_named(sound, cases, judge):
    path, read = sound
    contents = {"sound": path.read_bytes(), **damaged(path.read_bytes(), seed=path.name)}
    said = judge(read, cases(path, contents))
    assert said["sound"] == SOUND
    assert said["nothing"] == said["pickle"] == said["zeros"] == REFUSED or path.suffix == ".gin"
    assert list(said.values()).count(REFUSED) > 5


@pytest.mark.parametrize("sound", SUBJECTS, indirect=True)
def test_folders_and_missing_files_are_named(sound, cases, judge):
    path, read = sound
    missing, folder = cases(path, {"missing": b"", "folder": b""})
    for each in (missing, folder):
        each.unlink()
    folder.mkdir()
    said = judge(read, {missing: "missing", folder: "folder"})
    assert set(said.values()) == {REFUSED}


@pytest.mark.parametrize("name", HOSTILE)
@pytest.mark.parametrize(
    "sound", ["image", "metadata", "snapshot", "gin", "results"], indirect=True
)
def test_names_are_names_alone(sound, name, judge):
    path, read = sound
    whole, cut = (path.with_name(f"{name}{number}{path.suffix}") for number in "01")
    shutil.copy(path, whole)
    cut.write_bytes(b"\xff\xfe not what it should be")
    assert judge(read, {whole: "whole", cut: "cut"}) == {"whole": SOUND, "cut": REFUSED}
    assert not list(Path.cwd().glob("hacked"))


def altered(path):
    """Copies of an HDF5 file in which one thing in it is of another kind, by what that is."""

    def without(file, key):
        del file[key]

    def group(file, key):
        del file[key]
        file.create_group(key)

    def replaced(make):
        def replace(file, key):
            values = make(file[key])
            del file[key]
            file[key] = values

        return replace

    changes = {
        "missing": without,
        "a group": group,
        "a number": replaced(lambda old: 3.5),
        "text": replaced(lambda old: ["text"] * len(old)),
        "of one row less": replaced(lambda old: old[:-1]),
        "of one axis more": replaced(lambda old: np.zeros((*old.shape, 1))),
        "empty": replaced(lambda old: h5py.Empty("f4")),
        "of no rows": replaced(lambda old: np.zeros((0, *old.shape[1:]))),
    }
    with h5py.File(path) as file:
        keys, attributes = list(file), list(file.attrs)
    for key in keys:
        for what, change in changes.items():
            yield f"{key} is {what}", lambda file, key=key, change=change: change(file, key)
    for key in attributes:
        yield f"attribute {key} is missing", lambda file, key=key: file.attrs.pop(key)
        for value in (-1, "text", [1.5, 2.5, 3.5, 4.5], h5py.Empty("f4")):
            yield (
                f"attribute {key} is {value!r}",
                lambda file, key=key, value=value: file.attrs.update({key: value}),
            )


def check_altered(path, read, cases, judge):
    contents, place = {}, path.with_name("altered.h5")
    for what, change in altered(path):
        shutil.copy(path, place)
        with h5py.File(place, "r+") as file:
            change(file)
        contents[what] = place.read_bytes()
    place.unlink()
    said = judge(read, cases(path, contents))
    assert REFUSED in said.values()


@pytest.mark.parametrize("sound", ["meshes", "textures"], indirect=True)
def test_collected_files_of_other_kinds_are_named(sound, cases, judge):
    check_altered(*sound, cases, judge)


def test_prepared_files_of_other_kinds_are_named(prepared, cases, tmp_path, judge):
    (tmp_path / "alone").mkdir()
    path = Path(shutil.move(prepared, tmp_path / "alone"))
    check_altered(path, "prepared", cases, judge)


@pytest.mark.parametrize("kind", ["prepared", "packed"])
def test_damaged_images_are_named(kind, request, cases, tmp_path, judge):
    (tmp_path / "sound").mkdir()
    if kind == "prepared":
        path = Path(shutil.move(request.getfixturevalue("prepared"), tmp_path / "sound"))
    else:
        path = request.getfixturevalue("packed")[3]
    contents = {"sound": path.read_bytes(), **damaged(path.read_bytes(), seed=kind)}
    said = judge(kind, cases(path, contents))
    assert said["sound"] == SOUND
    assert list(said.values()).count(REFUSED) > 5


def test_packed_files_of_other_kinds_are_named(packed, cases, judge):
    check_altered(packed[0].with_name(name_bucket(3)), "packed", cases, judge)


def test_arrays_of_other_kinds_are_named(tmp_path, cases, judge):
    path = sound_files.metadata(tmp_path)
    other = np.dtype([(name, "U9") for name in OBJECT.names])
    arrays = [
        np.zeros(3),
        np.zeros((2, 2), OBJECT),
        np.zeros(0, OBJECT),
        np.zeros(1, other),
        np.array("text"),
        np.zeros(1, OBJECT)[["class", "scale"]],
        np.array([{"class": 1}]),
    ]
    contents = {}
    for number, array in enumerate(arrays):
        np.save(path, array)
        contents[str(number)] = path.read_bytes()
    folder = tmp_path / "alone"
    folder.mkdir()
    said = judge("metadata", cases(path.rename(folder / path.name), contents))
    assert set(said.values()) == {REFUSED}


@pytest.mark.parametrize("sound", ["metrics", "linear", "results", "table"], indirect=True)
def test_columns_of_other_kinds_are_named(sound, cases, judge):
    path, read = sound
    whole, contents = pd.read_csv(path), {}
    for column in whole:
        contents[f"no {column}"] = whole.drop(columns=column).to_csv(index=False).encode()
        for value in ("text", "", -1, "1e999", "[1]", "\0"):
            frame = whole.astype(object)
            frame.loc[1, column] = value
            contents[f"{column} is {value!r}"] = frame.to_csv(index=False).encode()
    contents["no rows"] = whole[:0].to_csv(index=False).encode()
    said = judge(read, cases(path, contents))
    for column in set(whole) - {"best_accuracy"}:
        assert said[f"no {column}"] == REFUSED
    assert said["no rows"] == REFUSED


@pytest.mark.parametrize("sound", ["configuration"], indirect=True)
def test_values_of_other_types_are_named(sound, cases, judge):
    path, read = sound
    contents = {}
    for keys in places(yaml.safe_load(path.read_text())):
        for value in (None, "../../etc", -1, [[]], {"key": {}}, "name\n"):
            config = yaml.safe_load(path.read_text())
            inner = config
            for key in keys[:-1]:
                inner = inner[key]
            inner[keys[-1]] = value
            contents[f"{keys} is {value!r}"] = yaml.safe_dump(config).encode()
    for text in (
        "- a\n- b\n",
        "null",
        "a: &a [*a]",
        "a: 2001-99-99",
        "!!python/object:os.system {}",
    ):
        contents[text] = text.encode()
    contents["deep"] = b"[" * 5000
    said = judge(read, cases(path, contents))
    assert list(said.values()).count(REFUSED) > len(said) / 2
    for key in ("results", "data"):
        assert all(said[f"{(key,)} is {value!r}"] == REFUSED for value in ("../../etc", "name\n"))


def places(config, before=()):
    """The keys of every value in nested mappings."""
    for key, value in config.items():
        yield (*before, key)
        if isinstance(value, dict):
            yield from places(value, (*before, key))


def test_checkpoints_of_other_kinds_are_named(tmp_path, cases, judge):
    folder = tmp_path / "alone"
    folder.mkdir()
    path = sound_files.save_checkpoint(folder)
    contents = {"pickle": pickle.dumps({"stamp": Path("hacked")}), "nothing": b""}
    for what in (3, [1], {}, {key: {} for key in KEYS[1:]}, {"stamp": torch.ones(3)}):
        buffer = io.BytesIO()
        torch.save(what, buffer)
        contents[str(what)] = buffer.getvalue()
    signed = {
        what: content + hashlib.sha256(content).digest() for what, content in contents.items()
    }
    assert set(judge("checkpoint", cases(path, signed)).values()) == {REFUSED}
    del signed
    unsigned = {"unsigned": path.read_bytes()[:-32]}
    (tmp_path / "second").mkdir()
    moved = path.rename(tmp_path / "second" / path.name)
    shutil.rmtree(tmp_path / "case0")
    assert set(judge("checkpoint", cases(moved, unsigned)).values()) == {REFUSED}


def test_snapshots_of_other_kinds_are_named(tmp_path, cases, judge):
    folder = tmp_path / "alone"
    folder.mkdir()
    path = sound_files.snapshot(folder)
    whole = torch.load(path, weights_only=True)
    backbone, contents = whole["backbone"], {}
    values = (None, 3, "text", [1], {}, {"name": 3}, {"resnet9": [1.0]}, torch.ones(3))
    changed = {f"{key} is {value!r}": {key: value} for key in whole for value in values}
    for key in backbone:
        for value in values:
            changed[f"backbone's {key} is {value!r}"] = {"backbone": backbone | {key: value}}
    for name, value in {"width": "wide", "depth": 3, "out_feats": -1, "choice": 3}.items():
        arguments = backbone["arguments"] | {name: value}
        changed[f"{name} is {value!r}"] = {"backbone": backbone | {"arguments": arguments}}
    for value in (["lab"], ["lab", 3, 4], ["hsv", [0.0] * 3, [1.0] * 3], ["lab", [0.0], ["a"]]):
        changed[f"input is {value!r}"] = {"input": value}
    for what, part in changed.items():
        buffer = io.BytesIO()
        torch.save(whole | part, buffer)
        contents[what] = buffer.getvalue()
    said = judge("snapshot", cases(path, contents))
    sound = {what for what, result in said.items() if result == SOUND}
    assert sound == {what for what in changed if what.startswith("trained is ")}
