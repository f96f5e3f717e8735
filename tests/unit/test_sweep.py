"""The configuration of the workflow: every mistake is named, with what was expected."""

import copy

import pytest
import yaml

from selfstudy.configuration import GIN
from selfstudy.errors import ConfigurationError
from selfstudy.sweep import check, dataset_bindings, fits, gin_files

CONFIG = yaml.safe_load((GIN.parent / "config.yaml").read_text())


@pytest.mark.parametrize("path", sorted(GIN.parent.glob("[!s]*.yaml")), ids=lambda path: path.name)
def test_our_configurations_are_sound(path):
    check(yaml.safe_load(path.read_text()))


def test_the_full_configuration_is_the_papers():
    datasets = "0000 1000 0100 0010 0001 1100 0110 0101 0111 1110 1011 1111 1111-multi"
    assert " ".join(CONFIG["datasets"]) == datasets
    assert len(CONFIG["pretext"]) == 5
    assert len(CONFIG["backbones"]) == 2
    labels = [100, 250, 1000, 4000, 20000, 50000, 100000, 200000]
    assert CONFIG["tasks"]["classify"]["labels"] == labels


MISTAKES = {
    "seds: [1]": ("seds", [1], "configuration: unknown key 'seds': did you mean 'seeds'?"),
    "results outside": ("results", "../elsewhere", "results: '../elsewhere' does not match"),
    "seeds empty": ("seeds", [], "seeds: "),
    "negative seed": ("seed", -1, "seed: -1 is less than the minimum of 0"),
    "no datasets": ("datasets", {}, "datasets: "),
    "unknown method": ("pretext", ["scratch", "vea"], "pretext: 'vea' is not known: .*'vae'"),
    "no scratch": ("pretext", ["vae"], "pretext: 'scratch' is missing"),
    "no labels": ("tasks", {"classify": {"labels": [1]}}, "'1111-multi': none of the tasks is for"),
    "no poses": ("tasks", {"pose": {"labels": [1]}}, "'0000': none of .* all poses are alike"),
    "unknown backbone": (
        "backbones",
        ["r50", "r8"],
        "config/gin/syn/r8/classify.gin.*did you mean",
    ),
    "budget": ("tasks", {"classify": {"labels": [400001]}}, "400001 labels, but .*'0000'"),
    "task's backbone": (
        "tasks",
        {"segment": {"labels": [1], "backbones": ["r51"]}, "classify": {"labels": [1]}},
        "tasks: segment: backbones: 'r51': did you mean 'r50'",
    ),
    "task": ("tasks", {"clasify": {"labels": [1]}}, "unknown key 'clasify': .*'classify'"),
    "dataset": (
        "datasets",
        {"0112": {"source": "render", "images": 12, "resolution": 64}},
        "dataset '0112'",
    ),
    "buckets": (
        "datasets",
        {"0110": {"source": "render", "images": 13, "resolution": 64}},
        "images: 13 cannot",
    ),
    "source": (
        "datasets",
        {"0110": {"source": "rende", "images": 12, "resolution": 64}},
        "did you mean 'render'",
    ),
    "no source": ("datasets", {"0110": {"images": 12}}, "'source' is a required property"),
    "no rendering": ("rendering", None, "rendering"),
    "images of one's own": (
        "datasets",
        {"own": {"source": "images", "resolution": 64, "folder": "a", "table": "b"}},
        "datasets: own: .*expected just one of the keys folder, table",
    ),
    "key of another source": (
        "datasets",
        {"cifar10": {"source": "cifar10", "folder": "a", "images": 12}},
        "datasets: cifar10: .*unknown key 'images'",
    ),
    "name with a slash": (
        "datasets",
        {"../own": {"source": "images", "resolution": 64, "folder": "a"}},
        "'../own' does not match",
    ),
    "cifar's budget": (
        "datasets",
        {"cifar10": {"source": "cifar10", "folder": "a"}},
        "labels: 200000 labels, but dataset 'cifar10' has 45000",
    ),
    "gin": ("gin", {"al": []}, "gin: unknown key 'al': did you mean 'all'"),
}


@pytest.mark.parametrize(("key", "value", "message"), MISTAKES.values(), ids=MISTAKES)
def test_mistakes_are_named(key, value, message):
    config = copy.deepcopy(CONFIG)
    config[key] = value
    with pytest.raises(ConfigurationError, match=message):
        check(config)


def test_missing_keys_are_named():
    config = copy.deepcopy(CONFIG)
    del config["seeds"]
    with pytest.raises(ConfigurationError, match="'seeds' is a required property"):
        check(config)


def test_an_unrendered_study_needs_no_rendering():
    config = yaml.safe_load((GIN.parent / "own_images.yaml").read_text())
    check(config)
    config["datasets"]["0110"] = {"source": "render", "images": 1200, "resolution": 64}
    with pytest.raises(ConfigurationError, match="rendering: is missing: dataset '0110' is rend"):
        check(config)


RENDER, OWN = {"source": "render", "resolution": 32}, {"source": "images", "resolution": 48}
CIFAR = {"source": "cifar100"}


def test_tasks_fit_the_datasets_that_they_have_a_configuration_for():
    datasets = (("0110", RENDER), ("1111-multi", RENDER), ("own", OWN), ("c", CIFAR))
    fitting = [[fits(task, *each) for each in datasets] for task in ("classify", "pose", "depth")]
    assert fitting == [
        [True, False, True, True],
        [True, False, False, False],
        [False, True, False, False],
    ]
    names = ("1101", "TC-L", "0010", "----", "theirs")
    assert [fits("pose", name, RENDER) for name in names] == [False, False, True, False, True]


def test_gin_files_of_a_run():
    assert gin_files("0110", RENDER, "r9", "vae") == ["syn/r9/vae"]
    assert gin_files("1111-multi", RENDER, "r50", "depth") == ["dense/r50/depth"]
    assert gin_files("own", OWN, "r50", "classify") == ["images/r50/classify"]
    # A method without files of its own for each family, and a backbone likewise.
    assert gin_files("c", CIFAR, "r9", "amdim_ref") == ["cifar/r9/common", "pretext/amdim_ref"]


def test_a_dataset_binds_what_follows_from_it():
    assert dataset_bindings(OWN, {}) == ["BaseDataset.input_res = 48"]
    expected = ["BaseDataset.input_res = 32", "Wrapper.out_classes = None"]
    assert dataset_bindings(CIFAR, {}) == expected
    assert dataset_bindings(RENDER, {"rendering": {"seed": 0}}) == [expected[0]]
    assert dataset_bindings(RENDER, {"rendering": {"meshes": "theirs"}}) == expected
