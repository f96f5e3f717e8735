"""Preparation of own images: splits, statistics, names."""

from collections import Counter

import h5py
import numpy as np
import pytest
from own_images import by_split, prepared, write_images
from PIL import Image
from skimage.color import rgb2lab

from selfstudy.data.kinds import ImageDataset
from selfstudy.data.prepared import Description, write_prepared
from selfstudy.data.spaces import Statistics
from selfstudy.errors import ConfigurationError


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
    assert len(dataset.rows("test")) == 3
    with pytest.raises(ConfigurationError, match="ImageDataset expects a prepared file, not a"):
        ImageDataset(source.parent)


@pytest.mark.parametrize("space", ["lab", "rgb"])
def test_statistics_are_those_of_the_training_images(source, space):
    result = prepared(source, space=space)
    images = np.stack([np.asarray(Image.open(source / file)) for file in result["files"][:24]])
    values = (rgb2lab(images) if space == "lab" else images).reshape(-1, 3)
    np.testing.assert_allclose(result["mean"], values.mean(0), rtol=1e-6)
    np.testing.assert_allclose(result["std"], values.std(0), rtol=1e-6)
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
    for path in [*(source / "cat/deep er").iterdir()]:
        path.rename(source / "cat" / path.name)
    (source / "cat/deep er").rmdir()
    (source / "cat").rename(source / "train")
    assert prepared(source)["classes"] == ["Hündin 1", "dog", "train"]


def test_integer_classes_are_in_the_order_of_numbers(tmp_path):
    result = prepared(write_images(tmp_path / "source", ["10", "9", "-1", "100"], images=3))
    assert result["classes"] == ["-1", "9", "10", "100"]


def test_names_of_thousands_of_classes_are_stored(tmp_path):
    names = [f"class {number}" for number in range(10_000)]
    about = Description("many", 4, "rgb", Statistics((0,) * 3, (1,) * 3), names, (1, 1, 1), "", "")
    write_prepared(tmp_path / "out.h5", about, [], lambda rows: np.zeros((3, 4, 4, 3), np.uint8))
    with h5py.File(tmp_path / "out.h5") as file:
        assert list(file.attrs["classes"]) == names


def test_hidden_and_other_files_do_not_count_but_upper_case_does(source):
    (source / "cat" / "._0.png").write_bytes(b"resource fork")
    (source / "cat" / "notes.txt").write_text("cats")
    (source / "cat" / "0.png").rename(source / "cat" / "0.PNG")
    (source / ".cache").mkdir()
    write_images(source / "cat", [".thumbnails"])
    assert len(prepared(source)["files"]) == 30
