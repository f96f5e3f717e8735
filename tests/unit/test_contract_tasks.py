"""Every task does what tasks promise; a new one is tested by being there."""

import copy
import re

import numpy as np
import pytest
import tiny
import torch
from torch import nn

from selfstudy.backbones.base import Features
from selfstudy.configuration import load_configuration
from selfstudy.data.images import prepare_images
from selfstudy.data.kinds import open_dataset
from selfstudy.description import is_literal
from selfstudy.errors import DataError, InterruptionError
from selfstudy.measures import UNKNOWN
from selfstudy.methods.base import Method
from selfstudy.registry import list_names
from selfstudy.snapshots import read_snapshot
from selfstudy.tasks.base import find_task
from selfstudy.training.learners import Finetuning, Pretraining, gather_labels, make_finetuning
from selfstudy.training.run import Run, train

FEATURES = 8
DATASETS = []

pytestmark = [
    pytest.mark.usefixtures("one_thread"),
    pytest.mark.parametrize("name", list_names("tasks")),
]


@pytest.fixture
def datasets(request, tmp_path):
    """Prepared files of single objects, of scenes, and of images that nothing is known of."""
    if not DATASETS:  # no test here changes them
        names = ("prepared", "prepared_multi", "source")
        *paths, source = map(request.getfixturevalue, names)
        prepare_images(source, tmp_path / "images.h5", resolution=20, space="rgb", seed=0)
        DATASETS.extend(map(open_dataset, [*paths, tmp_path / "images.h5"]))
    return DATASETS


def read_labels(task, datasets):
    """The first dataset that has a task's labels, these, and what is said of the others."""
    found, refusals = [], []
    for dataset in datasets:
        try:
            found.append((dataset, task.read_labels(dataset)))
        except DataError as error:
            refusals.append((dataset, str(error)))
    return *found[0], refusals


def make_block(dataset, task):
    """A batch of a dataset as a learner of a task reads it."""
    rows = dataset.rows("train")[: tiny.IMAGES]
    return dataset.read(rows, torch.device("cpu"), gather_labels([task], dataset))


def make_learner(name, datasets, frozen=False):
    kind = find_task(name)
    dataset, _, _ = read_labels(kind, datasets)
    backbone = tiny.make_small("resnet9", out_feats=FEATURES)
    return make_finetuning(backbone, kind, dataset, frozen=frozen), dataset


def find_changes(before, module):
    """The parameters that have changed."""
    now = dict(module.named_parameters())
    return {key for key, value in now.items() if not torch.equal(value, before[key])}


def test_it_reads_its_labels_where_there_are_some(name, datasets):
    task = find_task(name)
    dataset, labels, refusals = read_labels(task, datasets)
    assert labels.outputs >= 1
    if task.dense:
        assert labels.values is None
    else:
        assert len(labels.values) == sum(dataset.splits)
    assert refusals, "no dataset without its labels is tried"
    for other, message in refusals:
        assert message.startswith(f"{other.path}: ")
        assert re.search("needs|expected", message)
        assert "\n" not in message


@pytest.mark.parametrize("hidden", [False, True])
def test_its_head_predicts_its_outputs(name, hidden, datasets):
    kind = find_task(name)
    outputs = read_labels(kind, datasets)[1].outputs
    task = kind(FEATURES, outputs, hidden)
    features = Features(torch.randn(4, FEATURES), torch.randn(4, FEATURES, 3, 5), [])
    assert task(features).shape == ((4, outputs, 3, 5) if task.dense else (4, outputs))
    assert isinstance(task.head, nn.Sequential) == hidden
    assert task.arguments["outputs"] == outputs


@pytest.mark.slow
def test_its_loss_falls_on_a_fixed_batch(name, datasets):
    learner, dataset = make_learner(name, datasets)
    block, step = make_block(dataset, learner.task), tiny.make_step(learner)
    losses = []
    for i in range(30):
        metrics, _ = step.train(block, 3e-3, i / 30)
        losses.append(metrics["loss"].item())
        assert 0 <= metrics["accuracy"] <= 1
    assert np.isfinite(losses).all()
    assert np.mean(losses[-5:]) < np.mean(losses[:5])
    means = {key: value.detach().double() for key, value in metrics.items()}
    reported = learner.summarise(means)
    assert {"loss", "accuracy"} <= reported.keys()
    assert all(type(value) is float for value in reported.values())


def test_unknown_classes_count_for_nothing(name, datasets):
    kind = find_task(name)
    labels = read_labels(kind, datasets)[1]
    if kind.dense:
        pytest.skip("every pixel has its target")
    task = kind(FEATURES, labels.outputs)
    predictions = torch.randn(40, labels.outputs, requires_grad=True)
    wanted = torch.from_numpy(labels.values[:40]).clone()
    wanted[::3] = UNKNOWN
    known = wanted != UNKNOWN
    found, expected = (
        task.evaluate(predictions[rows], wanted[rows]) for rows in (slice(None), known)
    )
    assert found.keys() == expected.keys()
    for key in expected:
        torch.testing.assert_close(found[key], expected[key])
    none = task.evaluate(predictions, torch.full_like(wanted, UNKNOWN))
    assert {value.item() for value in none.values()} == {0}
    (found["loss"] + none["loss"]).backward()
    assert not predictions.grad[~known].any()
    assert predictions.grad[known].any(1).all()


def test_finetuning_trains_backbone_and_head(name, datasets):
    learner, dataset = make_learner(name, datasets)
    before = tiny.copy_weights(learner)
    tiny.make_step(learner).train(make_block(dataset, learner.task), 1e-3, 1.0)
    changed = find_changes(before, learner)
    assert any(key.startswith("task.") for key in changed)
    assert any(key.startswith("backbone.stem.") for key in changed)


def test_frozen_the_head_alone_is_trained(name, datasets):
    learner, dataset = make_learner(name, datasets, frozen=True)
    before = tiny.copy_weights(learner)
    tiny.make_step(learner).train(make_block(dataset, learner.task), 1e-3, 1.0)
    changed = find_changes(before, learner)
    assert changed
    assert {key.partition(".")[0] for key in changed} == {"task"}


class Idle(Method):
    """Learns nothing."""

    def forward(self, batch):
        features = self.backbone(batch.views[0])
        return features, features.pooled

    def loss(self, output, batch):
        return {"loss": 0 * output.float().sum()}


def test_as_a_probe_it_watches(name, datasets):
    finetuning, dataset = make_learner(name, datasets)
    learner = Pretraining(Idle(finetuning.backbone), {"mine": finetuning.task})
    before = tiny.copy_weights(learner)
    block, step = make_block(dataset, finetuning.task), tiny.make_step(learner)
    metrics = [step.train(block, 1e-3, i / 3)[0] for i in range(3)][-1]
    assert {key.partition(".")[0] for key in find_changes(before, learner)} == {"probes"}
    assert metrics["loss_mine"].isfinite()
    assert 0 <= metrics["accuracy"] <= 1


@pytest.mark.slow
def test_a_stopped_run_ends_as_if_never_stopped(name, datasets, tmp_path):
    kind = find_task(name)
    dataset, _, _ = read_labels(kind, datasets)

    def finetune(folder, stop=lambda row: False):
        def make():
            return make_finetuning(tiny.make_small("resnet9"), kind, dataset)

        run = Run(dataset, make, tiny.make_tiny_recipe(batch_size=8, min_round=16), labels=10)
        return train(run, folder, 0, "", keep_snapshot=True, stop=stop)

    whole = finetune(tmp_path / "whole")
    with pytest.raises(InterruptionError):
        finetune(tmp_path / "broken", tiny.ask_to_stop)
    resumed = finetune(tmp_path / "broken")
    tiny.assert_equal(whole.learner.state_dict(), resumed.learner.state_dict())
    first, second = (tmp_path / each / "metrics.csv" for each in ("whole", "broken"))
    assert first.read_text() == second.read_text()
    assert 0 <= whole.metrics["accuracy"] <= 1
    content = read_snapshot(tmp_path / "whole" / "snapshot.pt")
    tiny.assert_equal(content["weights"], whole.learner.backbone.state_dict())


def test_a_copy_is_another_of_its_kind(name, datasets):
    task = make_learner(name, datasets)[0].task
    twin = copy.deepcopy(task)
    tiny.assert_equal(task.state_dict(), twin.state_dict())
    assert twin.arguments == task.arguments


def test_a_gin_file_can_say_its_arguments(name, datasets):
    learner, dataset = make_learner(name, datasets)
    told = learner.task.describe_arguments()
    assert all(is_literal(value) for value in told.values())
    bindings = [f"{key} = {value!r}" for key, value in told.items()]
    configuration = load_configuration([], [f"session.task = '{name}'", *bindings])
    made = configuration.make_learner(dataset)
    assert isinstance(made, Finetuning)
    assert type(made.task) is find_task(name)
    assert made.task.describe_arguments() == told
