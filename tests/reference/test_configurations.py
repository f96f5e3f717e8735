"""Our gin files say what the authors' configurations say."""

import json
from functools import cache
from pathlib import Path

import numpy as np
import pytest
import torch

from selfstudy.backbones.two_encoders import TwoEncoders
from selfstudy.configuration import load_configuration
from selfstudy.configuration.authors import BACKBONE, DERIVED, PRETEXT_TASKS, RENAMED, TASK
from selfstudy.tasks.base import find_task
from selfstudy.training.learners import Finetuning, Pretraining, make_probes

CONFIGS = json.loads((Path(__file__).parent / "configs.json").read_text())
FINETUNING = "Wrapper.finetune_classifier"


class Source:
    """What a run asks a dataset for its labels, such as the authors'; it has no images."""

    path, targets, classes, unlabelled = "theirs", np.zeros(4, np.int64), 10, 0

    def __init__(self, dense, posed, images):
        self.dense, self.posed = dense, posed
        self.training_images = self.pretraining_images = images

    def has_field(self, name):
        return name == "rot_mat" and self.posed

    def read_field(self, name):
        return np.tile(np.eye(3), (4, 1, 1))


@cache
def theirs(name, folder):
    """The authors' configuration, of a gin file that is written here."""
    path = folder / f"{name.replace('/', '-')}.gin"
    path.write_text("".join(f"{key} = {value!r}\n" for key, value in CONFIGS[name].items()))
    return load_configuration([str(path)])


def make_source(name):
    """Data as the authors have it."""
    images = CONFIGS[name].get("CMCModel.dataset_size", 4)
    return Source(name.startswith("dense"), name.startswith("syn"), images)


def make_learner(name, configuration):
    """What is trained, without weights."""
    with torch.device("meta"):
        return configuration.make_learner(make_source(name))


def plain(value):
    """The value with lists in place of tuples, which mean the same here."""
    return list(value) if isinstance(value, tuple) else value


def describe(name, configuration):
    """All that a run is configured by, by our gin names."""
    learner = make_learner(name, configuration)
    said = configuration.recipe.describe() | configuration.describe() | learner.describe()
    return {key: plain(value) for key, value in said.items()}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("gin")


@pytest.mark.parametrize("name", CONFIGS)
def test_our_files_and_theirs_are_one_configuration(name, folder):
    ours, other = load_configuration([name]), theirs(name, folder)
    found, expected = describe(name, ours), describe(name, other)
    if ours.task is None:  # their probes' gradient never reaches the backbone; nor do ours
        assert (found.pop("session.frozen"), expected.pop("session.frozen")) == (False, True)
    assert found == expected
    with torch.device("meta"):
        assert ours.make_backbone().describe() == other.make_backbone().describe()
    learners = [make_learner(name, each) for each in (ours, other)]
    assert str(learners[0]) == str(learners[1])


@pytest.mark.parametrize("name", CONFIGS)
def test_values_equal_the_authors(name):
    ours = load_configuration([name])
    found, followed = describe(name, ours), follow(name, ours)
    for binding, wanted in CONFIGS[name].items():
        if binding in followed:
            assert followed[binding] == wanted, binding
        else:
            keys = [key for key in RENAMED.get(binding, (binding,)) if key in found]
            assert keys, binding
            assert [found[key] for key in keys] == [wanted] * len(keys), binding
    derived = {*DERIVED, *TASK, *BACKBONE, FINETUNING, "Wrapper.model_choice"}
    assert followed.keys() <= derived, "all others are looked up"


def follow(name, ours):
    """What follows from ours for the authors' flags that say nothing new here."""
    learner = make_learner(name, ours)
    pretext = isinstance(learner, Pretraining)
    assert pretext == (not isinstance(learner, Finetuning))
    dense = [task.dense for task in learner.tasks]
    assert len(set(dense)) == 1
    tasks = ("segment", "depth") if dense[0] else ("classify", "pose")
    source = Source(dense[0], posed=True, images=4)
    backbone = learner.backbone
    if isinstance(backbone, TwoEncoders):
        assert backbone.l.name == backbone.ab.name
        backbone = backbone.l
    their_task = "DepthTask" if ours.task == "depth" else "ClassifyTask"
    if pretext:
        (their_task,) = (
            each for each in PRETEXT_TASKS if each.removesuffix("Task").lower() == ours.method
        )
    followed = {
        "BaseDataset.double_sample": len(learner.views) == 2,
        "BaseDataset.predict_pose": "fc_pose" in make_probes(make_source(name), backbone.out_feats),
        "ClassifyTask.is_pose": ours.task == "pose",
        "Wrapper.dense_pred": dense[0],
        "Wrapper.finetune_classifier": not pretext and not learner.frozen,
        "Wrapper.model_choice": ours.method or "resnet",
        "Wrapper.out_classes": [find_task(task).read_labels(source).outputs for task in tasks],
        "Wrapper.run_selfsup": pretext,
        "init_resnet.choice": backbone.name,
        "session.task": their_task,
    }
    if ours.method == "cmc":
        followed["CMCModel.dataset_size"] = len(learner.method.memory.l)
    return followed
