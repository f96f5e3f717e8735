"""How runs are configured: gin files and bindings."""

import numpy as np
import pytest

from selfstudy.configuration import CONFIG, load_configuration, read_gin
from selfstudy.errors import ConfigurationError
from selfstudy.sweep.check import read_configuration
from selfstudy.sweep.datasets import Dataset
from selfstudy.sweep.gin_files import (
    configure_difficulty,
    configure_finetuning,
    configure_frozen,
    configure_longer,
    configure_pretraining,
    configure_search,
    configure_task,
    list_gin_files,
)
from selfstudy.sweep.runs import Sweep
from selfstudy.training.schedule import Schedule

SINGLE = Dataset("0110", {"source": "render", "resolution": 32})
MULTI = Dataset("1111-multi", {"source": "render", "resolution": 32})
OWN = Dataset("own", {"source": "images", "resolution": 48})
CIFAR = Dataset("c", {"source": "cifar100"})
PLACE = {"dataset": "0110", "backbone": "r9"}
JOINT = ("barlow", "byol", "dino", "lejepa", "mocov3", "simclr", "vicreg")


@pytest.fixture
def sweep():
    config = read_configuration(CONFIG / "config.yaml")
    gin = {"all": ["a = 1"], "pretrain": ["p = 1"], "finetune": ["f = 1"], "pretext": {}}
    few = {"below": 1000, "bindings": ["few = 1"]}
    search = PLACE | {"pretext": "vae", "trials": 4}
    searches = {"before": search, "after": search | {"task": "classify", "labels": 100}}
    weights = {"imagenet": {"torchvision": "resnet50", "backbones": ["r50"]}}
    own = {"gin": gin | {"few_labels": few}, "searches": searches, "weights": weights}
    return Sweep(config | own)


def test_tasks_fit_the_datasets_that_they_have_a_configuration_for():
    datasets = (SINGLE, MULTI, OWN, CIFAR)
    fitting = [[each.fits(task) for each in datasets] for task in ("classify", "pose", "depth")]
    assert fitting == [
        [True, False, True, True],
        [True, False, False, False],
        [False, True, False, False],
    ]
    names = ("1101", "TC-L", "0010", "----", "theirs")
    fitting = [Dataset(name, {"source": "render"}).fits("pose") for name in names]
    assert fitting == [False, False, True, False, True]


def test_gin_files_of_a_run():
    assert list_gin_files(SINGLE, "r9", "vae") == ["syn/r9/vae"]
    assert list_gin_files(MULTI, "r50", "depth") == ["dense/r50/depth"]
    # A method without files of its own for each family, and a backbone likewise.
    assert list_gin_files(CIFAR, "r9", "amdim_ref") == ["cifar/r9/common", "pretext/amdim_ref"]


def test_images_of_ones_own_are_configured_as_rendered_ones_and_by_one_file_more():
    assert list_gin_files(OWN, "r50", "classify") == ["syn/r50/classify", "images"]
    files = ["syn/r9/common", "images", "pretext/amdim_ref"]
    assert list_gin_files(OWN, "r9", "amdim_ref") == files
    assert "session.dataset = 'ImageDataset'" in read_gin("images")


def test_bindings_of_the_configuration_follow_those_of_the_dataset(sweep):
    own, subset = "BaseDataset.input_res = 64", "session.subset = 'balanced'"
    expected = ["syn/r9/vae"], [own, "a = 1", "p = 1"]
    assert configure_pretraining(sweep, pretext="vae", **PLACE) == expected
    place = PLACE | {"pretext": "vae", "task": "classify"}
    files = ["syn/r9/vae", "syn/r9/classify"]
    assert configure_task(sweep, **place) == (files, [subset, own, "a = 1", "f = 1"])
    few = (files, [subset, own, "a = 1", "f = 1", "few = 1"])
    assert configure_finetuning(sweep, "250", **place) == few
    assert configure_finetuning(sweep, 1000, **place) == configure_task(sweep, **place)
    assert configure_frozen(sweep, "2", labels="250", **place) == (
        files,
        [*few[1], "ResNet.freeze_at_k = 2"],
    )
    assert configure_difficulty(sweep, "0110") == (["syn/r9/classify", "difficulty"], [own])


@pytest.mark.parametrize("start", ["scratch", "imagenet"])
def test_starts_that_are_no_methods_have_no_files_of_theirs(sweep, start):
    files, _ = configure_task(sweep, "0110", "r50", start, "classify")
    assert files == ["syn/r50/classify"]


def test_longer_runs_differ_in_their_length_alone(sweep):
    place = {"dataset": "0110", "backbone": "r9", "pretext": "vae", "task": "classify"}
    files, bindings = configure_finetuning(sweep, labels=100, **place)
    longer = (files, [*bindings, "scheduler.stretch = 2"])
    assert configure_longer(sweep, labels=100, **place) == longer


def test_a_stretched_schedule_has_its_milestones_later():
    usual, later = (2, 10), (4, 20)
    doubled = Schedule(usual, (0, 1e-3, 1e-6), 0.5, stretch=2).list_rates(5)
    assert np.array_equal(doubled, Schedule(later, (0, 1e-3, 1e-6), 0.5).list_rates(5))
    with pytest.raises(ConfigurationError, match=r"stretch = 0: expected 1 or more"):
        Schedule(stretch=0).list_rates(5)


def test_a_search_is_configured_as_the_runs_that_it_is_for(sweep):
    assert configure_search(sweep, "before") == configure_pretraining(sweep, "0110", "r9", "vae")
    files, bindings = configure_search(sweep, "after")
    assert files == ["syn/r9/vae", "syn/r9/classify"]
    assert bindings[-2:] == ["few = 1", "session.labels = 100"]


@pytest.mark.parametrize(
    "method", ["barlow", "byol", "dino", "lejepa", "mocov3", "simclr", "vicreg"]
)
def test_a_methods_recipe_does_not_reach_finetuning(method):
    for family, backbone, tasks in (
        ("syn", "r9", ("classify", "pose")),
        ("syn", "r50", ("classify", "pose")),
        ("cifar", "r9", ("classify",)),
        ("dense", "r50", ("segment", "depth")),
    ):
        pretext = [f"{family}/{backbone}/common", f"pretext/{method}"]
        assert load_configuration(pretext, []).recipe.optimizer.optim_fn == "AdamW"
        for task in (f"{family}/{backbone}/{task}" for task in tasks):
            after = load_configuration([*pretext, task], [])
            assert after.recipe == load_configuration([task], []).recipe
