"""Every method does what methods promise; a new one is tested by being there."""

import copy
from inspect import signature

import numpy as np
import pytest
import tiny
import torch

import selfstudy.methods.base as methods
from selfstudy.augment import Augmentation
from selfstudy.configuration import load_configuration
from selfstudy.data.kinds import open_dataset
from selfstudy.data.prepare import prepare
from selfstudy.errors import InterruptionError
from selfstudy.registry import list_names
from selfstudy.snapshots import read_snapshot
from selfstudy.starts.base import Snapshot
from selfstudy.tasks.base import find_task
from selfstudy.training.learners import Pretraining, make_finetuning
from selfstudy.training.run import Run, train

CLASSES = 5
DATASETS = []
# Whose similarities are summed in bfloat16, as when the published numbers were computed.
COARSE = {"cmc"}

pytestmark = [
    pytest.mark.usefixtures("one_thread"),
    pytest.mark.parametrize("name", list_names("methods")),
]


@pytest.fixture
def dataset(request, tmp_path):
    if not DATASETS:  # no test here changes it
        packed = request.getfixturevalue("packed")
        prepare(packed, tmp_path / "data.h5", "0110", tiny.SIZE, "lab", seed=0)
        DATASETS.append(open_dataset(tmp_path / "data.h5"))
    return DATASETS[0]


def pretrain(name, dataset, folder, stop=lambda row: False, spy=None):
    def make():
        method = tiny.make_method(name, dataset.training_images)
        if spy is not None:
            method.after_step = spy
        task = find_task("classify")
        return Pretraining(method, {"fc": task(method.backbone.out_feats, dataset.classes)})

    run = Run(dataset, make, tiny.make_tiny_recipe())
    return train(run, folder, seed=0, code="", keep_snapshot=True, stop=stop)


@pytest.mark.slow
def test_its_loss_falls_on_a_fixed_batch(name):
    learner = Pretraining(tiny.make_method(name), {})
    step, block = tiny.make_step(learner), tiny.draw_block()
    losses = [step.train(block, 3e-3, i / 30)[0]["loss"].item() for i in range(1, 31)]
    assert np.isfinite(losses).all()
    assert np.mean(losses[-5:]) < np.mean(losses[:5])


def test_it_is_handed_the_views_that_it_wants(name):
    seen = {}

    class Spy(Augmentation):
        def __call__(self, images, maps, views, share_flip, given):
            seen.update(asked=views, share_flip=share_flip)
            drawn, maps = super().__call__(images, maps, views, share_flip, given)
            seen["drawn"] = drawn
            return drawn, maps

    method = tiny.make_method(name)
    prepare_batch = method.prepare

    def prepare(batch):
        seen["given"] = batch.views
        return prepare_batch(batch)

    method.prepare = prepare
    tiny.make_step(Pretraining(method, {}), Spy()).train(tiny.draw_block(), 1e-3, 1.0)
    assert seen["asked"] == method.views
    assert seen["share_flip"] == method.share_flip
    assert len(seen["given"]) == len(method.views) >= 1
    assert all(given is drawn for given, drawn in zip(seen["given"], seen["drawn"], strict=True))


def test_its_views_are_flipped_as_it_says(name):
    method = methods.find_method(name)
    images = tiny.draw_block().images.float()
    flips = Augmentation(False, False, True, False, False)
    views = tuple(view._replace(blur=0.0) for view in method.views)
    drawn, _ = flips(images, None, views, method.share_flip, tiny.GIVEN)
    alike = all(torch.equal(view, drawn[0]) for view in drawn)
    assert alike == (method.share_flip or len(views) == 1)


def test_validation_hands_it_one_view(name):
    method = tiny.make_method(name).eval()
    block = tiny.draw_block()
    batch = method.prepare(methods.Batch((block.images.float(),), block.indices))
    with torch.no_grad():
        features, output = method(batch)
        assert features.pooled.shape == (tiny.IMAGES, method.backbone.out_feats)
        if output is not None:
            assert method.loss(output, batch)["loss"].isfinite()


def test_labels_never_reach_the_backbone(name):
    found = []
    for labels in (torch.zeros(tiny.IMAGES).long(), torch.arange(tiny.IMAGES) % CLASSES):
        torch.manual_seed(0)
        method = tiny.make_method(name)
        probe = find_task("classify")(method.backbone.out_feats, CLASSES)
        learner = Pretraining(method, {"fc": probe})
        step = tiny.make_step(learner, Augmentation())
        for i in range(3):
            step.train(tiny.draw_block({"Classify": labels}), 3e-3, i / 3)
        found.append((tiny.copy_weights(method), tiny.copy_weights(probe)))
    (method, probe), (other_method, other_probe) = found
    tiny.assert_equal(method, other_method)
    assert not torch.equal(probe["head.weight"], other_probe["head.weight"])


@pytest.mark.slow
def test_a_stopped_run_ends_as_if_never_stopped(name, dataset, tmp_path):
    whole = pretrain(name, dataset, tmp_path / "whole")
    with pytest.raises(InterruptionError):
        pretrain(name, dataset, tmp_path / "broken", tiny.ask_to_stop)
    resumed = pretrain(name, dataset, tmp_path / "broken")
    tiny.assert_equal(whole.learner.state_dict(), resumed.learner.state_dict())
    first, second = (tmp_path / each / "history.csv" for each in ("whole", "broken"))
    assert first.read_text() == second.read_text()


def test_it_hands_on_its_backbone_and_nothing_else(name, dataset, tmp_path):
    learner = pretrain(name, dataset, tmp_path).learner
    content = read_snapshot(tmp_path / "snapshot.pt")
    tiny.assert_equal(content["weights"], learner.method.backbone.state_dict())
    start = Snapshot(tmp_path)
    finetuning = make_finetuning(start.make_backbone(), find_task("classify"), dataset)
    assert {key.partition(".")[0] for key in finetuning.state_dict()} == {"backbone", "task"}
    of_method = type(learner.method).__module__
    assert all(type(part).__module__ != of_method for part in finetuning.modules())
    tiny.assert_equal(finetuning.backbone.state_dict(), content["weights"])


@pytest.mark.slow
def test_it_is_told_of_each_step(name, dataset, tmp_path):
    told = []
    pretrain(name, dataset, tmp_path, spy=told.append)
    steps = 2 * (100 // 25)
    assert told == pytest.approx([i / steps for i in range(steps + 1)])


def test_a_copy_is_another_of_its_kind(name):
    method = tiny.make_method(name).eval()
    twin = copy.deepcopy(method)
    tiny.assert_equal(method.state_dict(), twin.state_dict())
    assert twin.describe_arguments() == method.describe_arguments()
    before = tiny.copy_weights(method)
    tiny.make_step(Pretraining(twin, {})).train(tiny.draw_block(), 1e-2, 1.0)
    tiny.assert_equal(before, method.state_dict())
    assert any(not torch.equal(value, before[key]) for key, value in twin.state_dict().items())


def test_it_trains_in_bfloat16(name):
    step = tiny.make_step(Pretraining(tiny.make_method(name), {}), Augmentation(), "bfloat16")
    for i in range(2):
        metrics, norm = step.train(tiny.draw_block(), 1e-3, i / 2)
        assert metrics["loss"].dtype == torch.float32 or name in COARSE
        assert metrics["loss"].isfinite()
        assert norm.isfinite()


def test_a_gin_file_can_say_its_arguments(name):
    method = methods.find_method(name)
    public = {
        key: parameter.default
        for key, parameter in signature(method.__init__).parameters.items()
        if key not in ("self", *method.handed)
    }
    bindings = [f"{method.__name__}.{key} = {value!r}" for key, value in public.items()]
    configuration = load_configuration([], [f"session.method = '{name}'", *bindings])
    assert dict(configuration.bound[method.__name__]) == public
