"""Searches in the configuration: those it names, and those that tune every start."""

import pytest

from selfstudy.configuration import CONFIG
from selfstudy.errors import ConfigurationError
from selfstudy.sweep.check import check, read_configuration
from selfstudy.sweep.gin_files import configure_search
from selfstudy.sweep.runs import Sweep
from selfstudy.sweep.searches import complete_settings, find_search_snapshot

DEMO = read_configuration(CONFIG / "demo.yaml")
SEARCH = {"dataset": "0100", "backbone": "r9", "pretext": "rotate", "trials": 4}
TUNING = {"labels": 1000, "trials": 20}
WEIGHTS = {"imagenet": {"torchvision": "resnet50", "backbones": ["r50"]}}
BOTH = DEMO | {"backbones": ["r9", "r50"], "weights": WEIGHTS}
MISTAKES = {
    "pretext": (
        {"pretext": "rotation"},
        "pretext: 'rotation' is not in pretext or weights: did you mean 'rot",
    ),
    "dataset": ({"dataset": "0111"}, "dataset: '0111' is not in datasets: did you mean '0100'"),
    "no labels": ({"task": "classify"}, "'labels' is a dependency of 'task'"),
    "task": ({"task": "clasify", "labels": 9}, "task: 'clasify' is not in tasks: did you mean 'cl"),
    "labels": (
        {"task": "classify", "labels": 10_001},
        "labels: 10001 labels, but dataset '0100' has 10000",
    ),
    "scratch": ({"pretext": "scratch"}, "task: is missing: 'scratch' pretrains nothing"),
    "weights": (
        {"backbone": "r50", "pretext": "imagenet"},
        "task: is missing: 'imagenet' pretrains nothing",
    ),
    "weights' backbone": ({"pretext": "imagenet"}, "'imagenet' is not in pretext or weights"),
    "grace": ({"rounds": 3, "grace": 4}, "grace: 4 rounds: expected 1 to 3"),
    "sampler": ({"sampler": "tpa"}, "sampler: did you mean 'tpe'?"),
    "key": ({"trails": 4}, "unknown key 'trails': did you mean 'trials'?"),
}
TUNING_MISTAKES = {
    "labels": ({"labels": 10_001}, "labels: 10001 labels, but dataset '0100' has 10000 training"),
    "no trials": ({"trials": 0}, "trials: 0 is less than the minimum of 1"),
    "seed": ({"seed": 4}, "seed: 4 is one of seeds, whose run would be the best trial itself"),
    "grace": ({"rounds": 3, "grace": 4}, "grace: 4 rounds: expected 1 to 3"),
    "key": ({"trails": 4}, "unknown key 'trails': did you mean 'trials'?"),
}


@pytest.mark.parametrize(("change", "message"), MISTAKES.values(), ids=MISTAKES)
def test_mistakes_of_a_search_are_named(change, message):
    with pytest.raises(ConfigurationError) as error:
        check(BOTH | {"searches": {"s": SEARCH | change}})
    assert str(error.value).startswith("searches: s: ")
    assert message in str(error.value)


@pytest.mark.parametrize(("change", "message"), TUNING_MISTAKES.values(), ids=TUNING_MISTAKES)
def test_mistakes_of_tuning_are_named(change, message):
    with pytest.raises(ConfigurationError) as error:
        check(DEMO | {"tuning": TUNING | change})
    assert str(error.value).startswith("tuning: ")
    assert message in str(error.value)


def test_every_start_of_every_curve_is_tuned_alike():
    config = BOTH | {"tuning": TUNING, "searches": {"s": SEARCH}}
    check(config)
    sweep = Sweep(config)
    starts = [(backbone, start) for backbone in ("r9", "r50") for start in DEMO["pretext"]]
    starts.append(("r50", "imagenet"))
    assert list(sweep.tuned) == [f"0100.{backbone}.{start}.classify" for backbone, start in starts]
    assert list(sweep.searches) == ["s", *sweep.tuned]
    settings = [complete_settings(search) for search in sweep.tuned.values()]
    assert settings == [{"sampler": "tpe", "seed": 1000, "rounds": None, "grace": None}] * 7
    assert {search["trials"] for search in sweep.tuned.values()} == {20}
    first, *_ = sweep.list_snapshots("0100", "r9", "rotate")
    assert find_search_snapshot(sweep, "0100.r9.rotate.classify") == first
    assert find_search_snapshot(sweep, "0100.r50.imagenet.classify") == []
    assert sweep.list_tuned()[0] == "results/demo/search/0100.r9.scratch.classify/trials.csv"


def test_trials_train_as_runs_of_so_many_labels_do():
    few = {"below": 1000, "bindings": ["scheduler.milestones = [1, 4]"]}
    config = DEMO | {"gin": DEMO["gin"] | {"few_labels": few}}
    sweep = Sweep(config | {"tuning": TUNING | {"labels": 300}})
    bindings = configure_search(sweep, "0100.r9.rotate.classify")[1]
    assert bindings[-2:] == [*few["bindings"], "session.labels = 300"]
    many = configure_search(Sweep(config | {"tuning": TUNING}), "0100.r9.rotate.classify")[1]
    assert few["bindings"][0] not in many


def test_a_tuned_run_needs_its_recipe():
    place = {"dataset": "0100", "backbone": "r9", "pretext": "rotate", "task": "classify"}
    tuned = Sweep(DEMO | {"tuning": TUNING})
    recipe = "results/demo/search/0100.r9.rotate.classify/recipe.gin"
    assert tuned.find_recipe(**place, labels="100", layer="1") == recipe
    assert Sweep(DEMO).find_recipe(**place, labels="100") == []


def test_no_search_of_ones_own_has_a_tuned_ones_name():
    with pytest.raises(ConfigurationError, match="expected a name of letters, digits, - and _"):
        check(DEMO | {"searches": {"0100.r9.rotate.classify": SEARCH}})
