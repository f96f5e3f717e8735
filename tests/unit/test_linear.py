"""Linear evaluation: features of places and images, and what is learned from them."""

import h5py
import numpy as np
import pytest
import torch

from selfstudy.configuration import configured
from selfstudy.errors import ConfigurationError
from selfstudy.evaluation.features import Features, pixel_features, save_features
from selfstudy.evaluation.linear import fit, linear_evaluation
from selfstudy.training.session import make_network, open_dataset

DENSE = ["BaseDataset.input_res = 32", "ResNet.width = 4", "session.precision = 'float32'"]


def blobs(count, classes=3, spread=0.1, seed=0):
    """Points around the corners of a simplex."""
    rng = np.random.default_rng(seed)
    labels = rng.integers(classes, size=(count, 1))
    points = 3 * np.eye(classes)[labels[:, 0]] + spread * rng.normal(size=(count, classes))
    return Features(points.astype(np.float16), labels)


def test_separable_classes_are_learned():
    result = fit(blobs(60), blobs(200, seed=1))
    assert result["accuracy"] == result["train_accuracy"] == 1
    assert 0 < result["iterations"] < 500


def test_labels_without_features_are_not_learned_for_validation():
    rng = np.random.default_rng(0)
    noise = Features(rng.normal(size=(40, 100)).astype(np.float16), rng.integers(2, size=(40, 1)))
    other = Features(rng.normal(size=(999, 100)).astype(np.float16), rng.integers(2, size=(999, 1)))
    result = fit(noise, other)
    assert result["train_accuracy"] == 1
    assert 0.4 < result["accuracy"] < 0.6


def test_one_class_is_predicted_everywhere():
    one = Features(np.zeros((5, 2), np.float16), np.ones((5, 1), np.int64))
    valid = Features(np.zeros((4, 2), np.float16), np.array([[1], [1], [1], [0]]))
    assert fit(one, valid) == {"accuracy": 0.75, "train_accuracy": 1, "iterations": 0}


def test_budgets_have_the_images_of_finetuning(prepared):
    bindings = [*DENSE, "BaseDataset.input_res = 16", "BaseDataset.semisupervised = 30"]
    with configured(["syn/r9/classify"], bindings):
        dataset = open_dataset(prepared)
        network = make_network(dataset).eval()
        table = linear_evaluation(network, dataset, "pose", [30, 60], [0, 1])
        from selfstudy.data.splits import hash_rows

        subsets = table.set_index(["labels", "seed"])["label_subset"]
        assert subsets[30, 1] == hash_rows(dataset.rows("train", seed=1))
    assert len(set(subsets)) == 4
    assert table["accuracy"].between(0, 1).all()


@pytest.fixture
def dense(prepared_multi):
    with configured(["dense/r50/segment"], DENSE):
        dataset = open_dataset(prepared_multi)
        yield make_network(dataset).eval(), dataset


def test_places_are_those_of_their_labels(dense):
    """With features that are the labels themselves, the pairs must agree."""
    network, dataset = dense
    rows = dataset.rows("train", seed=0)[:5]

    class Labels(torch.nn.Module):
        def forward(self, images, indices):
            targets = dataset.read(indices.numpy(), torch.device("cpu")).targets
            return images[:, :1, 0, 0], targets[:, 1:2, ::2, ::2].half(), None

    network.model = Labels()
    features, labels = pixel_features(network, dataset, rows, pixels=50, seed=0)
    assert features.shape == labels.shape == (50, 1)
    assert (features == labels).all()
    assert len(np.unique(labels)) > 3
    again, _ = pixel_features(network, dataset, rows, pixels=50, seed=0)
    other, _ = pixel_features(network, dataset, rows, pixels=50, seed=1)
    assert (features == again).all()
    assert (features != other).any()


def test_dense_features_are_evaluated_on_pixels(dense):
    table = linear_evaluation(*dense, "segment", [4, 40], [0])
    assert table["labels"].tolist() == [4, 40]
    assert table["accuracy"].between(0, 1).all()
    with pytest.raises(ConfigurationError, match="of 'classify': it has those of segment"):
        linear_evaluation(*dense, "classify", [4], [0])


def test_features_of_scenes_come_with_their_objects(dense, tmp_path):
    network, dataset = dense
    (tmp_path / "snapshot.pt").write_bytes(b"whatever it was made by")
    path = save_features(network, dataset, tmp_path)
    with h5py.File(path) as file:
        assert file["valid/labels"].shape == (4, 2), "two objects a scene"
        assert file["train/features"].shape == (40, 512)
    made = path.stat().st_mtime_ns
    assert save_features(network, dataset, tmp_path).stat().st_mtime_ns == made
    (tmp_path / "snapshot.pt").write_bytes(b"another network")
    assert save_features(network, dataset, tmp_path).stat().st_mtime_ns != made
