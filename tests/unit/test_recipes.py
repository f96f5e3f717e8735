"""Bindings of a method's own, several recipes of one method, and names that nothing knows."""

import copy

import pytest

from selfstudy.configuration import CONFIG, load_configuration
from selfstudy.errors import ConfigurationError
from selfstudy.planning.plan import Needs
from selfstudy.sweep.bindings import check_bindings
from selfstudy.sweep.check import check, read_configuration
from selfstudy.sweep.gin_files import configure_finetuning, configure_pretraining
from selfstudy.sweep.runs import Sweep

PRETEXT = [
    "scratch",
    "simclr",
    "rotate",
    {"warmer": {"pretext": "simclr"}},
    {"elsewhere": {"pretext": "simclr", "images": "1111"}},
    {"warmer-elsewhere": {"pretext": "simclr", "images": "1111"}},
]
RECIPES = {
    "simclr": ["SimCLR.hidden = 64", "SimCLR.temperature = 0.1"],
    "warmer": ["SimCLR.temperature = 0.5"],
    "warmer-elsewhere": ["SimCLR.temperature = 0.5"],
}


def make_config(**gin):
    config = copy.deepcopy(read_configuration(CONFIG / "config.yaml"))
    datasets = {name: config["datasets"][name] for name in ("0110", "1111")}
    config["gin"] |= {"pretrain": ["SimCLR.hidden = 32"], "pretext": RECIPES} | gin
    return config | {"datasets": datasets, "pretext": PRETEXT}


def test_own_bindings_come_over_those_of_the_method_and_these_over_those_of_all():
    sweep = Sweep(make_config())
    found = {
        name: load_configuration(*configure_pretraining(sweep, "0110", "r9", name)).bound["SimCLR"]
        for name in ("simclr", "warmer")
    }
    assert {name: about["hidden"] for name, about in found.items()} == {"simclr": 64, "warmer": 64}
    temperatures = {name: about["temperature"] for name, about in found.items()}
    assert temperatures == {"simclr": 0.1, "warmer": 0.5}
    _, others = configure_pretraining(sweep, "0110", "r9", "rotate")
    assert others[-1] == "SimCLR.hidden = 32"


def test_only_pretraining_has_them():
    sweep = Sweep(make_config())
    place = {"dataset": "0110", "backbone": "r9", "task": "classify"}
    of = [configure_finetuning(sweep, 100, pretext=name, **place) for name in ("simclr", "warmer")]
    assert of[0] == of[1]


def test_a_recipe_of_its_own_makes_a_network_of_its_own():
    sweep = Sweep(make_config())
    names = {
        start: sweep.locate_network("0110", start)
        for start in ("warmer", "elsewhere", "warmer-elsewhere")
    }
    assert names == {
        "warmer": ("0110", "warmer"),
        "elsewhere": ("1111", "simclr"),
        "warmer-elsewhere": ("1111", "warmer-elsewhere"),
    }


def test_a_plan_times_the_recipe_that_will_run():
    config = make_config(pretext={"simclr": ["dataloader.batch_size = 16"]})
    kinds = []
    needs = Needs(Sweep(config | {"pretext": ["scratch", "simclr"], "pretrain_images": [1000]}))
    needs.measure_pace = lambda kind, threads: kinds.append(kind) or Pace
    needs.estimate("pretrain", {"dataset": "0110", "backbone": "r9", "pretext": "simclr-1000"})
    assert [kind.bindings[-1] for kind in kinds] == ["dataloader.batch_size = 16"]


class Pace:
    train, valid, parameters = 1.0, 0.0, 7


@pytest.mark.parametrize(
    ("pretext", "recipes", "message"),
    [
        (PRETEXT[:3], {"simcrl": []}, "gin: pretext: 'simcrl' is not known: did you mean 'simclr'"),
        (PRETEXT[:1], RECIPES, "gin: pretext: 'simclr' is not known"),
        (PRETEXT, {}, "pretext: warmer: is 'simclr' again: expected images, from, or bindings"),
        (PRETEXT, {"warmer": []}, "pretext: warmer: is 'simclr' again"),
        (PRETEXT, {"warmer": "a = 1"}, "gin: pretext: warmer: 'a = 1' is not of type 'array'"),
    ],
)
def test_names_are_known_and_say_something(pretext, recipes, message):
    with pytest.raises(ConfigurationError, match=message):
        check(make_config(pretext=recipes) | {"pretext": pretext})


@pytest.mark.parametrize(
    "gin",
    [
        {"all": ["SimCLR.hiden = 3"]},
        {"pretrain": ["SimCLR.hiden = 3"]},
        {"finetune": ["SimCLR.hiden = 3"]},
        {"few_labels": {"below": 1000, "bindings": ["SimCLR.hiden = 3"]}},
        {"pretext": {"rotate": ["SimCLR.hiden = 3"], "warmer": ["SimCLR.temperature = 0.5"]}},
    ],
    ids=lambda gin: next(iter(gin)),
)
def test_a_slip_shows_before_anything_runs(gin):
    with pytest.raises(ConfigurationError, match=r"^gin: .*'SimCLR.hiden = 3'.*'SimCLR.hidden'"):
        check_bindings(Sweep(make_config(**gin)))


def test_what_is_sound_passes():
    check_bindings(Sweep(make_config()))
