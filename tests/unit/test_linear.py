"""Linear evaluation: features of places and images, and what is learned from them."""

from functools import partial

import h5py
import numpy as np
import pytest
import torch
from sklearn.neighbors import KNeighborsClassifier

from selfstudy.backbones.base import Features
from selfstudy.configuration import load_configuration
from selfstudy.data.splits import hash_rows
from selfstudy.errors import ConfigurationError
from selfstudy.evaluation.features import Extracted, extract_pixels, save_features
from selfstudy.evaluation.linear import evaluate_linearly, fit
from selfstudy.evaluation.nearest import measure_nearest

DENSE = ["BaseDataset.input_res = 32", "ResNet.width = 4", "session.precision = 'float32'"]


def blobs(count, classes=3, spread=0.1, seed=0):
    """Points around the corners of a simplex."""
    rng = np.random.default_rng(seed)
    labels = rng.integers(classes, size=count)
    points = 3 * np.eye(classes)[labels] + spread * rng.normal(size=(count, classes))
    return Extracted(points.astype(np.float16), labels)


def test_separable_classes_are_learned():
    result = fit(blobs(60), blobs(200, seed=1), classes=3)
    assert result["accuracy"] == result["train_accuracy"] == 1
    assert result["macro_f1"] == result["balanced_accuracy"] == result["auroc"] == 1
    assert 0 < result["iterations"] < 500


def test_labels_without_features_are_not_learned_for_validation():
    rng = np.random.default_rng(0)
    noise = Extracted(rng.normal(size=(40, 100)).astype(np.float16), rng.integers(2, size=40))
    other = Extracted(rng.normal(size=(999, 100)).astype(np.float16), rng.integers(2, size=999))
    result = fit(noise, other, classes=2)
    assert result["train_accuracy"] == 1
    assert 0.4 < result["accuracy"] < 0.6
    assert 0.4 < result["auroc"] < 0.6


def test_classes_without_labels_are_measured_too():
    """The class in three that has no labels is never found, and counts as the others do."""
    chosen, valid = blobs(90), blobs(600, seed=1)
    few = Extracted(*(part[chosen.labels != 1] for part in chosen))
    result = fit(few, valid, classes=3)
    assert result["balanced_accuracy"] == pytest.approx(2 / 3)
    assert result["auroc"] == pytest.approx((1 + 0.5 + 1) / 3, abs=0.01)


def test_of_pixels_accuracy_is_all():
    result = fit(blobs(60), blobs(200, seed=1), None)
    assert set(result) == {"accuracy", "train_accuracy", "iterations"}


def test_one_class_is_predicted_everywhere():
    one = Extracted(np.zeros((5, 2), np.float16), np.ones(5, np.int64))
    valid = Extracted(np.zeros((4, 2), np.float16), np.array([1, 1, 1, 0]))
    constant = {"accuracy": 0.75, "train_accuracy": 1, "iterations": 0}
    assert fit(one, valid, None) == constant
    measures = {"macro_f1": pytest.approx(3 / 7), "balanced_accuracy": 0.5, "auroc": 0.5}
    assert fit(one, valid, classes=2) == constant | measures


@pytest.mark.parametrize(("labelled", "spread"), [(90, 2.0), (7, 2.0), (200, 0.1)])
def test_nearest_neighbours_vote_by_their_similarity(labelled, spread):
    chosen, valid = blobs(labelled, spread=spread), blobs(500, spread=spread, seed=1)
    model = KNeighborsClassifier(
        min(20, labelled), metric="cosine", weights=lambda d: np.exp((1 - d) / 0.07)
    )
    expected = model.fit(chosen.features.astype(float), chosen.labels).score(
        valid.features.astype(float), valid.labels
    )
    assert measure_nearest(chosen, valid) == pytest.approx(expected, abs=0.003)
    shifted = Extracted(chosen.features, chosen.labels + 5)
    assert measure_nearest(shifted, Extracted(valid.features, valid.labels + 5)) == pytest.approx(
        expected, abs=0.003
    )


def test_budgets_have_the_images_of_finetuning(prepared):
    bindings = [*DENSE, "BaseDataset.input_res = 16", "session.labels = 30"]
    configuration = load_configuration(["syn/r9/classify"], bindings)
    backbone, dataset = make_both(configuration, prepared)
    table = evaluate_linearly(backbone, dataset, "pose", [30, 60], [0, 1], precision="float32")
    subsets = table.set_index(["labels", "seed"])["label_subset"]
    cpu = torch.device("cpu")
    run = configuration.make_run(dataset)
    assert subsets[30, 1] == hash_rows(run.make_rounds(run.make(), 1, cpu).rows)
    assert len(set(subsets)) == 4
    assert table["accuracy"].between(0, 1).all()
    assert table["knn_accuracy"].between(0, 1).all()


def test_random_budgets_have_the_images_of_finetuning(prepared):
    bindings = [*DENSE, "BaseDataset.input_res = 16", "session.subset = 'random'"]
    configuration = load_configuration(["syn/r9/classify"], [*bindings, "session.labels = 7"])
    backbone, dataset = make_both(configuration, prepared)
    evaluate = partial(evaluate_linearly, backbone, dataset, "classify", [7], range(9))
    table, balanced = (evaluate(subset=subset) for subset in ("random", "balanced"))
    run, cpu = configuration.make_run(dataset), torch.device("cpu")
    rows = [run.make_rounds(run.make(), seed, cpu).rows for seed in range(9)]
    assert table["label_subset"].tolist() == list(map(hash_rows, rows))
    assert table["classes"].tolist() == [len(set(dataset.targets[each])) for each in rows]
    assert balanced["classes"].tolist() == [7] * 9
    assert table["classes"].min() < 7
    assert {"macro_f1", "balanced_accuracy", "auroc"} <= set(table)


def make_both(configuration, data):
    """A new backbone, ready for a dataset, and that dataset."""
    dataset = configuration.open_dataset(data)
    backbone = configuration.make_backbone()
    backbone.accept(dataset.input)
    return backbone.eval(), dataset


@pytest.fixture
def dense(prepared_multi):
    return make_both(load_configuration(["dense/r50/segment"], DENSE), prepared_multi)


def test_places_are_those_of_their_labels(dense):
    """With features that are the labels themselves, the pairs must agree."""
    _, dataset = dense
    rows = dataset.labelled_rows(None, seed=0)
    block = dataset.read(rows, torch.device("cpu"), {})
    assert len(block.images[:, 0, 0, 0].unique()) == len(rows), "each scene is known by its pixel"

    class Labels(torch.nn.Module):
        def forward(self, images):
            same = images[:, None, 0, 0, 0] == block.images[None, :, 0, 0, 0].float()
            targets = block.maps[same.int().argmax(1)]
            return Features(images[:, :1, 0, 0], targets[:, 1:2, ::2, ::2].half(), [])

    extract = partial(extract_pixels, Labels(), dataset, rows[:5], pixels=50)
    features, labels = extract(seed=0)
    assert features.shape == (50, 1)
    assert labels.shape == (50,)
    assert (features[:, 0] == labels).all()
    assert len(np.unique(labels)) > 3
    again, _ = extract(seed=0)
    other, _ = extract(seed=1)
    assert (features == again).all()
    assert (features != other).any()


def test_dense_features_are_evaluated_on_pixels(dense):
    table = evaluate_linearly(*dense, "segment", [4, 40], [0], precision="float32")
    assert table["labels"].tolist() == [4, 40]
    assert table["accuracy"].between(0, 1).all()
    message = "of 'classify': .*data_32.h5: a target for every pixel: Classify needs one per image"
    with pytest.raises(ConfigurationError, match=message):
        evaluate_linearly(*dense, "classify", [4], [0])
    with pytest.raises(ConfigurationError, match="of 'depth': expected a task that tells classes"):
        evaluate_linearly(*dense, "depth", [4], [0])


def test_features_of_scenes_come_with_their_objects(dense, tmp_path):
    (tmp_path / "snapshot.pt").write_bytes(b"whatever it was made by")
    path = save_features(*dense, tmp_path)
    with h5py.File(path) as file:
        assert file["valid/labels"].shape == (4, 2), "two objects a scene"
        assert file["train/features"].shape == (40, 512)
    made = path.stat().st_mtime_ns
    assert save_features(*dense, tmp_path).stat().st_mtime_ns == made
    (tmp_path / "snapshot.pt").write_bytes(b"another network")
    assert save_features(*dense, tmp_path).stat().st_mtime_ns != made
