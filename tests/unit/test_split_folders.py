"""Folders of splits, however people spell them, and what must not be taken for one."""

import random
import shutil

import pytest
from own_images import by_split, prepared, write_images

from selfstudy.data.labels import SPELLINGS, guess_split, read_split
from selfstudy.errors import DataError


def write_splits(source, **names):
    """Folders of splits, called so, of two classes each."""
    for seed, (split, name) in enumerate(names.items()):
        images = {"train": 6, "valid": 2, "test": 3}[split]
        write_images(source / name, ["cat", "dog"], images, seed)
    return source


def spell(name, rng):
    """A name in some mixture of upper and lower case."""
    return "".join(rng.choice((letter.lower(), letter.upper())) for letter in name)


@pytest.mark.parametrize("seed", range(12))
def test_every_spelling_is_a_split(tmp_path, seed):
    rng = random.Random(seed)
    names = {split: spell(rng.choice(names), rng) for split, names in SPELLINGS.items()}
    for split in rng.sample(["valid", "test"], seed % 3):
        del names[split]
    result = prepared(write_splits(tmp_path / "source", **names))
    assert result["classes"] == ["cat", "dog"]
    for part, split in zip(by_split(result), ("train", "valid", "test"), strict=True):
        assert {file.split("/")[0] for _, file in part} == {names.get(split, names["train"])}


@pytest.mark.parametrize("text", ["Train", "TRAINING", " train "])
def test_training(text):
    assert read_split(text) == "train"


@pytest.mark.parametrize(
    "text", ["", "trains", "train2", "trainval", "eval", "tést", "train/", "x"]
)
def test_no_names_of_splits(text):
    assert read_split(text) is None


@pytest.mark.parametrize("seed", range(20))
def test_what_resembles_a_split_is_noticed(seed):
    rng = random.Random(seed)
    split = rng.choice(list(SPELLINGS))
    before, after = rng.choice(["", "images_", "data-"]), rng.choice(["", "_set", " data", "2017"])
    assert guess_split(before + spell(rng.choice(SPELLINGS[split]), rng) + after) == split


@pytest.mark.parametrize("name", ["train station", "freight train", "contest", "latest", "value"])
def test_classes_that_contain_a_split_are_classes(source, name):
    assert guess_split(name) is None
    (source / "cat").rename(source / name)
    assert name in prepared(source)["classes"]


@pytest.mark.parametrize(
    ("names", "message"),
    [
        (
            ["train", "eval"],
            "the folder 'eval' beside 'train': expected train, valid or test .or training, val, "
            "validation, dev, testing.: rename or remove it",
        ),
        (["Training", "unlabelled"], "the folder 'unlabelled' beside 'Training'"),
        (["training_set", "test_set"], "the folder 'test_set'.*: rename it to 'test'"),
        (["train", "val2017"], "the folder 'val2017' beside 'train'.*: rename it to 'valid'"),
        (["test", "cat"], "the folder 'cat' beside 'test'"),
        (["test", "Validation"], "expected a folder 'train' beside 'Validation'"),
        (["Train", "train", "test"], "one of the folders 'Train' and 'train', found both"),
        (["train", "val", "dev"], "one of the folders 'dev' and 'val', found both"),
    ],
)
def test_splits_that_are_not_clear_are_refused(tmp_path, names, message):
    for name in names:
        write_images(tmp_path / "source" / name, ["cat", "dog"])
    with pytest.raises(DataError, match=f"source: .*{message}"):
        prepared(tmp_path / "source")
    assert [path.name for path in tmp_path.iterdir()] == ["source"]


def test_splits_without_classes_are_not_classes(tmp_path):
    write_images(tmp_path / "source", ["train", "test"])
    for path in (tmp_path / "source").glob("*/deep er"):
        shutil.rmtree(path)
    with pytest.raises(DataError, match="source/test: no folders in it"):
        prepared(tmp_path / "source")


def test_splits_within_classes_are_refused(tmp_path):
    for name in ("cat", "dog"):
        write_images(tmp_path / "source" / name, ["Test", "train"])
    with pytest.raises(DataError, match="splits within classes, such as cat/Test: expected Test/"):
        prepared(tmp_path / "source")


def test_a_folder_in_a_class_may_be_called_train(source):
    (source / "cat/deep er").rename(source / "cat/train")
    assert prepared(source)["splits"] == [24, 3, 3]
