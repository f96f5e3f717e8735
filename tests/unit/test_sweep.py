"""The configuration of the workflow: every mistake is named, with what was expected."""

import copy

import pytest
import yaml

from selfstudy.configuration import GIN
from selfstudy.errors import ConfigurationError
from selfstudy.sweep import check, prepared_name

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
    "no labels": ("tasks", {"pose": {"labels": [1]}}, "'1111-multi': none of the tasks is for"),
    "unknown backbone": ("backbones", ["r8"], "config/gin/syn/r8/classify.gin.*did you mean"),
    "budget": ("tasks", {"classify": {"labels": [400001]}}, "400001 labels, but .*'0000'"),
    "task's backbone": (
        "tasks",
        {"segment": {"labels": [1], "backbones": ["r51"]}, "pose": {"labels": [1]}},
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


def test_prepared_names():
    assert prepared_name(64, "lab") == "data_64_lab.h5"
    assert prepared_name(64, "rgb") == "data_64.h5"
