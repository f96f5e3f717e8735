"""The configuration of the workflow: every mistake is named, with what was expected."""

import copy
import re

import pytest
import yaml

from selfstudy.configuration import CONFIG as FOLDER
from selfstudy.errors import ConfigurationError
from selfstudy.sweep.check import check, read_configuration
from selfstudy.sweep.runs import Sweep
from selfstudy.sweep.schema import DEFAULT, load_yaml, merge, merge_arguments, require_sound
from selfstudy.sweep.starts import check_weights

CONFIG = read_configuration(FOLDER / "config.yaml")
OURS = sorted(path for path in FOLDER.glob("*.yaml") if path.stem not in ("schema", "default"))


@pytest.mark.parametrize("path", OURS, ids=lambda path: path.name)
def test_our_configurations_are_sound(path):
    read_configuration(path)


@pytest.mark.parametrize("path", OURS, ids=lambda path: path.name)
def test_configurations_say_only_what_is_theirs(path):
    """Nothing that the shared one says already, at any depth."""
    own, shared = (yaml.safe_load(each.read_text()) for each in (path, DEFAULT))

    def list_repeated(own, shared):
        for key in own.keys() & shared.keys():
            if isinstance(own[key], dict):
                yield from list_repeated(own[key], shared[key])
            elif own[key] == shared[key]:
                yield key

    assert set(list_repeated(own, shared)) <= {"threads", "mem_mb", "runtime"}
    assert not {key for key in own if own[key] == shared.get(key)}


def test_a_configuration_is_merged_over_the_shared_one():
    assert merge({"a": {"b": 1, "c": 2}, "d": [1]}, {"a": {"c": 3}, "d": [2], "e": 4}) == {
        "a": {"b": 1, "c": 3},
        "d": [2],
        "e": 4,
    }
    assert merge({"a": 1}, {"a": {"b": 2}}) == {"a": {"b": 2}}
    assert merge({"a": {"b": 2}}, {"a": None}) == {"a": None}
    assert merge({"a": 1}, "no mapping") == "no mapping"
    assert CONFIG["seed"] == 0
    assert CONFIG["gin"]["all"] == []


def test_the_full_configuration_is_the_papers():
    datasets = "0000 1000 0100 0010 0001 1100 0110 0101 0111 1110 1011 1111 1111-multi"
    assert " ".join(CONFIG["datasets"]) == datasets
    assert len(CONFIG["pretext"]) == 5
    assert len(CONFIG["backbones"]) == 2
    labels = [100, 250, 1000, 4000, 20000, 50000, 100000, 200000]
    assert CONFIG["tasks"]["classify"]["labels"] == labels


MISTAKES = {
    "seds: [1]": ("seds", [1], "configuration: unknown key 'seds': did you mean 'seeds'?"),
    "results outside": ("results", "../elsewhere", "results: '../elsewhere': expected a folder"),
    "data elsewhere": ("data", "/scratch/me", "data: '/scratch/me': expected a folder below the"),
    "no data": ("data", None, "data: None is not of type 'string'"),
    "seeds empty": ("seeds", [], "seeds: "),
    "negative seed": ("seed", -1, "seed: -1 is less than the minimum of 0"),
    "no datasets": ("datasets", {}, "datasets: "),
    "unknown method": ("pretext", ["scratch", "vea"], "pretext: 'vea' is not known: .*'vae'"),
    "no scratch": ("pretext", ["vae"], "pretext: 'scratch' is missing"),
    "the old key": ("colour", "lab", "unknown key 'colour': did you mean 'color'?"),
    "interpolation": ("interpolation", "chord", "interpolation: expected one of curve, paper"),
    "frozen": ("frozen", {"layers": [0], "labels": [7]}, "frozen: labels: 7: expected one of the"),
    "longer": ("longer", {"labels": [7]}, "longer: labels: 7: expected one of the labels of tasks"),
    "longer of nothing": ("longer", {}, "longer: 'labels' is a required property"),
    "weights of a method": ("weights", {"vae": {"timm": "a"}}, "weights: vae: is the name of a"),
    "weights of scratch": ("weights", {"scratch": {"timm": "a"}}, "weights: scratch: is the name"),
    "weights of nothing": ("weights", {"a": {}}, "weights: a: expected just one of .* timm, file"),
    "weights of two": ("weights", {"a": {"timm": "b", "file": "c"}}, "just one of the keys torch"),
    "weights' key": ("weights", {"a": {"tim": "b"}}, "weights: a: .* 'tim': did you mean 'timm'"),
    "weights' backbone": (
        "weights",
        {"a": {"timm": "b", "backbones": ["r51"]}},
        "weights: a: backbones: 'r51': did you mean 'r50'",
    ),
    "weights' name": ("weights", {"a/b": {"timm": "c"}}, "weights: 'a/b': expected a name of let"),
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
        "datasets: '../own': expected a name of letters, digits, - and _",
    ),
    "cifar's budget": (
        "datasets",
        {"cifar10": {"source": "cifar10", "folder": "a"}},
        "labels: 200000 labels, but dataset 'cifar10' has 45000",
    ),
    "label that is no whole number": (
        "tasks",
        {"classify": {"labels": [6.0]}},
        "tasks: classify: labels: 0: 6.0: expected a whole number",
    ),
    "seed that is no whole number": ("seeds", [0, 1.0], "seeds: 1: 1.0: expected a whole number"),
    "seed of more than 32 bits": ("seeds", [2**32], "seeds: 0: 4294967296 is greater than"),
    "no network": ("pretrain_seeds", [], r"pretrain_seeds: \[\] should be non-empty"),
    "a network twice": ("pretrain_seeds", [1, 1], r"pretrain_seeds: \[1, 1\] has non-unique"),
    "a network's seed": ("pretrain_seeds", [0.5], "pretrain_seeds: 0: 0.5: expected a whole"),
    "no list of networks": ("pretrain_seeds", 2, "pretrain_seeds: 2 is not of type 'array'"),
    "networks without a run": (
        "pretrain_seeds",
        [0, 1, 2, 3],
        "pretrain_seeds: 4 networks of each method, but seeds: 3 to start from them: expected no",
    ),
    "the other seed": ("seed", 2**32, "seed: 4294967296 is greater than the maximum"),
    "rendering's seed": ("rendering", {"resolution": 64, "seed": 2**32}, "rendering: seed: 42"),
    "no number": (
        "rendering",
        {"resolution": 64, "seed": 0, "tint": float("nan")},
        "rendering: tint: nan is not of type 'number'",
    ),
    "measure": ("measure", "f1", "measure: expected one of accuracy, macro_f1, balanced"),
    "a measure that pixels have not": (
        "measure",
        "auroc",
        "measure: 'auroc': the task 'segment' has none: expected accuracy, or a configuration",
    ),
    "subset": ("subset", "first", "subset: expected one of balanced, random: 'first' is"),
    "gin": ("gin", {"al": []}, "gin: unknown key 'al': did you mean 'all'"),
}


@pytest.mark.parametrize(("key", "value", "message"), MISTAKES.values(), ids=MISTAKES)
def test_mistakes_are_named(key, value, message):
    config = copy.deepcopy(CONFIG)
    config[key] = value
    with pytest.raises(ConfigurationError, match=message):
        check(config)


def test_the_largest_seed_is_taken():
    check(CONFIG | {"seeds": [2**32 - 1]})


UNQUOTED = {
    "datasets: {0110: {source: render, images: 24, resolution: 16}}": "datasets: 72",
    "datasets: {2024: {source: images, folder: a, resolution: 16}}": "datasets: 2024",
    "datasets: {no: {source: images, folder: a, resolution: 16}}": "datasets: False",
    "datasets: {2024-01-01: {source: images, folder: a, resolution: 16}}": "datasets: 2024-01-01",
    "datasets: {~: {source: images, folder: a, resolution: 16}}": "datasets: None",
    "datasets: {a: {source: images, folder: 0110, resolution: 16}}": "datasets: a: folder: 72",
    "datasets: {a: {source: no}}": "datasets: a: source: False",
    "datasets: {a: {source: images, 1: b}}": "datasets: a: 1",
    "pretext: [scratch, no]": "pretext: 1: False",
    "backbones: [50]": "backbones: 0: 50",
    "tasks: {yes: {labels: [1]}}": "tasks: True",
    "tasks: {classify: {labels: [1], backbones: [9]}}": "tasks: classify: backbones: 0: 9",
    "weights: {1: {timm: a}}": "weights: 1",
    "weights: {a: {timm: 50}}": "weights: a: timm: 50",
    "searches: {on: {}}": "searches: True",
    "searches: {a: {dataset: 0110, backbone: r9, pretext: vae, trials: 1}}": "a: dataset: 72",
    "gin: {all: [1]}": "gin: all: 0: 1",
    "results: 2024": "results: 2024",
    "1: 2": "mine.yaml: 1",
}


@pytest.mark.parametrize(("text", "place"), UNQUOTED.items())
def test_names_need_quotes_where_yaml_reads_something_else(text, place, tmp_path):
    path = tmp_path / "mine.yaml"
    config = {key: CONFIG[key] for key in ("datasets", "backbones", "pretext", "tasks", "seeds")}
    config.pop(text.split(":")[0], None)
    path.write_text(yaml.safe_dump(config) + text)
    with pytest.raises(ConfigurationError, match=f"{place} is no text: put the name in quotes"):
        read_configuration(path)


TWICE = {
    "seeds: [0]\npartial: true\nseeds: [1]\n": "'seeds' is given twice, in lines 1 and 3",
    "tasks:\n  pose: {labels: [9]}\n  pose: {}\n": "'pose' is given twice, in lines 2 and 3",
    "gin: {all: [], all: []}\n": "'all' is given twice, in lines 1 and 1",
}


@pytest.mark.parametrize(("text", "message"), TWICE.items())
def test_a_key_that_is_given_twice_is_named_with_its_lines(text, message, tmp_path):
    path = tmp_path / "mine.yaml"
    path.write_text(text)
    for read in (read_configuration, lambda path: require_sound([path])):
        with pytest.raises(ConfigurationError, match=rf"mine\.yaml: {message}"):
            read(path)


def test_a_key_may_replace_what_is_merged_into_its_place(tmp_path):
    path = tmp_path / "mine.yaml"
    path.write_text("a: &a {x: 1, y: 1}\nb: {<<: *a, x: 2}\n")
    assert load_yaml(path)["b"] == {"x": 2, "y": 1}
    require_sound([path, tmp_path / "none.yaml"])


def test_the_command_line_is_read_as_yaml():
    """What Snakemake makes of it stands beside."""
    given = {
        "partial=true": "true",
        "seeds=[0, 1]": ["0", "1"],
        "data='2024'": "2024",
        "gin={all: [ResNet.width = 8]}": {"all": ["ResNet.width = 8"]},
        "tracking=tensorboard": "tensorboard",
        "datasets={'0110': {images: 480012}}": {"0110": {"images": "480012"}},
    }
    theirs = {argument.split("=")[0]: value for argument, value in given.items()}
    config = merge_arguments(merge(CONFIG, theirs), given)
    check(config)
    assert (config["partial"], config["seeds"], config["data"]) == (True, [0, 1], "2024")
    assert config["gin"] == CONFIG["gin"] | {"all": ["ResNet.width = 8"]}
    assert config["datasets"]["0110"] == {"source": "render", "images": 480012, "resolution": 64}
    assert config["datasets"].keys() == CONFIG["datasets"].keys()


@pytest.mark.parametrize(
    ("argument", "message"),
    [
        ("results=a: b: c", "--config results=a: b: c: cannot be read as YAML"),
        ("gin={all: [], all: []}", "--config gin={all: [], all: []}: 'all' is given twice"),
        ("results=2024", "results: 2024 is no text"),
        ("datasets={0110: {images: 24}}", "datasets: 72 is no text: put the name in quotes"),
        ("seeds=[0.0]", "seeds: 0: 0.0: expected a whole number"),
    ],
)
def test_mistakes_on_the_command_line_are_named(argument, message):
    with pytest.raises(ConfigurationError, match=re.escape(message)):
        check(merge_arguments(CONFIG, [argument]))


def test_missing_keys_are_named():
    config = copy.deepcopy(CONFIG)
    del config["seeds"]
    with pytest.raises(ConfigurationError, match="'seeds' is a required property"):
        check(config)


def test_a_study_need_not_say_how_it_is_rendered():
    config = read_configuration(FOLDER / "own_images.yaml")
    config["datasets"]["0110"] = {"source": "render", "images": 1200, "resolution": 64}
    check(config)
    del config["rendering"]
    with pytest.raises(ConfigurationError, match="'rendering' is a required property"):
        check(config)


def test_a_file_is_named_that_is_no_configuration(tmp_path):
    path = tmp_path / "mine.yaml"
    with pytest.raises(ConfigurationError, match=r"mine\.yaml: there is no such file"):
        read_configuration(path)
    for text, message in (("- 1", "is not of type 'object'"), ("a: [", "cannot be read as YAML")):
        path.write_text(text)
        with pytest.raises(ConfigurationError, match=rf"mine\.yaml: .*{message}"):
            read_configuration(path)


@pytest.fixture
def checked(monkeypatch):
    """What is asked whether it fits; r9 fits nothing from torchvision."""
    calls = []

    def check_start(start, files, bindings):
        calls.append((dict(start), files, bindings))
        if "torchvision" in start and "r9" in files[0]:
            raise ConfigurationError("resnet50 is no resnet9")

    monkeypatch.setattr("selfstudy.sweep.starts.check_start", check_start)
    return calls


def test_weights_are_checked_once_for_each_way_they_are_used(checked, tmp_path):
    config = CONFIG | {"tasks": {"classify": {"labels": [100]}, "depth": {"labels": [100]}}}
    config["tasks"]["depth"]["backbones"] = ["r50"]
    check_weights(Sweep(config))
    assert not checked
    imagenet = {"torchvision": "resnet50", "backbones": ["r50"]}
    check_weights(Sweep(config | {"weights": {"imagenet": imagenet}}))
    assert [(start, files) for start, files, _ in checked] == [
        ({"torchvision": "resnet50"}, ["syn/r50/classify"]),
        ({"torchvision": "resnet50"}, ["dense/r50/depth"]),
    ]
    assert "BaseDataset.input_res = 64" in checked[0][2]
    del imagenet["backbones"]
    with pytest.raises(ConfigurationError, match=r"^weights: imagenet: resnet50 is no resnet9$"):
        check_weights(Sweep(config | {"weights": {"imagenet": imagenet}}))
    path = tmp_path / "mine.safetensors"
    sweep = Sweep(config | {"weights": {"mine": {"file": str(path)}}})
    with pytest.raises(ConfigurationError, match=r"^weights: mine: file: .*mine.safetensors: ther"):
        check_weights(sweep)
    path.touch()
    check_weights(sweep)
    assert checked[-1][0] == {"file": str(path)}
