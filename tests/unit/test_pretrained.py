"""Starts that are pretrained on some images, on another dataset, or from weights."""

import copy

import numpy as np
import pandas as pd
import pytest

from selfstudy.analysis.figures import fig11, list_figures
from selfstudy.analysis.figures.style import LOOKS, assign_looks, title_start
from selfstudy.configuration import CONFIG
from selfstudy.errors import ConfigurationError
from selfstudy.planning.plan import Needs
from selfstudy.sweep.check import check, read_configuration
from selfstudy.sweep.fingerprints import find_modules
from selfstudy.sweep.gin_files import configure_finetuning, configure_pretraining, configure_search
from selfstudy.sweep.pretrained import Pretrained
from selfstudy.sweep.runs import Sweep
from selfstudy.sweep.searches import find_search_snapshot
from selfstudy.sweep.starts import check_weights

PLACE = {"backbone": "r50", "task": "classify"}
IMAGENET = {"imagenet": {"torchvision": "resnet50", "backbones": ["r50"]}}
NAMED = [
    "scratch",
    "cmc",
    {"vae-elsewhere": {"pretext": "vae", "images": "1111"}},
    {"rotate-on": {"pretext": "rotate", "from": "imagenet"}},
    {"both": {"pretext": "rotate", "from": "imagenet", "images": "1111"}},
]


def make_config(**changes):
    return copy.deepcopy(read_configuration(CONFIG / "config.yaml")) | changes


def make_sweep(**changes):
    return Sweep(make_config(**changes))


def test_each_number_of_images_is_a_start():
    sweep = make_sweep(pretext=["scratch", "cmc", "vae"], pretrain_images=[1000, "all"])
    assert sweep.starts == ["scratch", "cmc-1000", "cmc", "vae-1000", "vae"]
    assert sweep.methods == ["cmc", "vae"]
    assert sweep.pretraining == sweep.pretrained
    assert sweep.find_starts("cmc-1000", dataset="0110", **PLACE) == {
        0: "results/pretrain/0110/r50/cmc-1000/seed0/snapshot.pt"
    }
    few, every = (configure_pretraining(sweep, "0110", "r9", name) for name in ("cmc-1000", "cmc"))
    assert few == (every[0], [*every[1], "session.images = 1000"])
    assert not [line for line in every[1] if "session.images" in line]
    finetuning = [
        configure_finetuning(sweep, 100, dataset="0110", pretext=name, **PLACE)
        for name in ("cmc-1000", "cmc")
    ]
    assert finetuning[0] == finetuning[1]
    assert find_modules(sweep, "cmc-1000", **PLACE)["pretext"] == "cmc"


def test_without_numbers_nothing_is_named_anew():
    assert make_sweep().starts == make_sweep(pretrain_images=["all"]).starts
    assert make_sweep().starts == ["scratch", "vae", "rotate", "cmc", "amdim"]


def test_starts_of_their_own_names():
    sweep = make_sweep(pretext=NAMED, weights=IMAGENET)
    assert sweep.starts == ["scratch", "cmc", "vae-elsewhere", "rotate-on", "both", "imagenet"]
    assert sweep.list_starts("r9") == ["scratch", "cmc", "vae-elsewhere"]
    assert sweep.list_starts("r50", "1111") == ["scratch", "cmc", "rotate-on", "imagenet"]
    assert sweep.list_starts("r50", "0110") == sweep.starts
    assert sweep.pretraining == {
        "cmc": Pretrained("cmc"),
        "vae": Pretrained("vae"),
        "rotate-on": Pretrained("rotate", weights="imagenet"),
        "both": Pretrained("rotate", weights="imagenet"),
    }
    found = [
        sweep.list_snapshots("0110", "r50", name)[0].removeprefix("results/pretrain/")
        for name in ("vae-elsewhere", "rotate-on", "both")
    ]
    assert found == [
        "1111/r50/vae/seed0/snapshot.pt",
        "0110/r50/rotate-on/seed0/snapshot.pt",
        "1111/r50/both/seed0/snapshot.pt",
    ]
    assert sweep.find_weights("both") == sweep.find_weights("rotate-on") == "imagenet"
    assert sweep.find_weights("vae") is sweep.find_weights("rotate-on", "classify") is None
    assert sweep.find_weights("imagenet", "classify") == "imagenet"
    assert sweep.locate_network("0110", "scratch") == ("0110", "scratch")
    assert find_modules(sweep, "vae-elsewhere", **PLACE)["pretext"] == "vae"
    begins = [find_modules(sweep, name, backbone="r50")["start"] for name in ("vae", "both")]
    assert begins == ["", "imagenet"]
    paths = [*sweep.list_finetuned(), *sweep.list_linear(), *sweep.list_frozen(), *sweep.tuned]
    assert not [path for path in paths if "/1111/" in path and "vae-elsewhere" in path]
    assert [path for path in paths if "/0110/r50/both/" in path]


def test_each_number_of_images_is_a_start_of_these_too():
    sweep = make_sweep(pretext=NAMED[2:], weights=IMAGENET, pretrain_images=[500, "all"])
    names = ["vae-elsewhere", "rotate-on", "both"]
    assert list(sweep.pretrained) == [each for name in names for each in (f"{name}-500", name)]
    assert sweep.pretraining == {
        "vae-500": Pretrained("vae", 500),
        "vae": Pretrained("vae"),
        "rotate-on-500": Pretrained("rotate", 500, weights="imagenet"),
        "rotate-on": Pretrained("rotate", weights="imagenet"),
        "both-500": Pretrained("rotate", 500, weights="imagenet"),
        "both": Pretrained("rotate", weights="imagenet"),
    }
    assert sweep.find_weights("both-500") == "imagenet"
    for name, network in (("vae-elsewhere", "vae-500"), ("both", "both-500")):
        (snapshot,) = sweep.list_snapshots("0110", "r50", f"{name}-500")
        assert snapshot == f"results/pretrain/1111/r50/{network}/seed0/snapshot.pt"
        assert configure_pretraining(sweep, "1111", "r50", network)[1][-1] == "session.images = 500"
    config = make_config(pretext=["scratch", *NAMED[2:]], weights=IMAGENET)
    check(config | {"pretrain_images": [500, "all"]})
    config["pretext"].append({"both-500": {"pretext": "vae", "images": "1111"}})
    with pytest.raises(ConfigurationError, match="both-500: is the name of two starts"):
        check(config | {"pretrain_images": [500, "all"]})


def test_images_are_counted_where_they_are():
    """The dataset that pretrains has fewer than the one that is finetuned on."""
    config = make_config(pretext=["scratch", NAMED[2]], pretrain_images=[300, "all"])
    for dataset, images in (("0110", 400), ("1111", 300)):
        config["datasets"][dataset] |= {"images": images * 6 // 5}
    config["datasets"] = {name: config["datasets"][name] for name in ("0110", "1111")}
    config["tasks"] = {"classify": {"labels": [100]}}
    for key in ("frozen", "longer", "searches"):
        config.pop(key, None)
    training = Sweep(config).datasets["1111"].training_images
    check(config | {"pretrain_images": [training]})
    with pytest.raises(ConfigurationError, match=f"{training + 1} images, but dataset '1111' has"):
        check(config | {"pretrain_images": [training + 1]})


def test_searches_know_these_starts():
    place = {"dataset": "0110", "backbone": "r50", "trials": 4}
    searches = {
        "before": place | {"pretext": "rotate-on"},
        "after": place | {"pretext": "vae-elsewhere", "task": "classify", "labels": 100},
    }
    config = make_config(pretext=NAMED, weights=IMAGENET, searches=searches)
    check(config)
    sweep = Sweep(config)
    assert configure_search(sweep, "before")[0] == ["syn/r50/rotate"]
    assert sweep.find_weights(**searches["before"]) == "imagenet"
    snapshot = "results/pretrain/1111/r50/vae/seed0/snapshot.pt"
    assert find_search_snapshot(sweep, "after") == snapshot
    searches["after"]["dataset"] = "1111"
    with pytest.raises(ConfigurationError, match="after: pretext: 'vae-elsewhere' is not in"):
        check(config)
    searches["after"] = place | {"pretext": "vae-elsewhere"}
    with pytest.raises(ConfigurationError, match="'vae-elsewhere' pretrains nothing here"):
        check(config)


MISTAKES = {
    "more images than there are": (
        {"pretrain_images": [1000, 400_001]},
        "pretrain_images: 400001 images, but dataset '0000' has 400000 to pretrain on",
    ),
    "no number": ({"pretrain_images": ["al"]}, "pretrain_images: 0: did you mean 'all'"),
    "half an image": ({"pretrain_images": [0.5]}, "pretrain_images: 0: 0.5: expected a whole"),
    "no images": ({"pretrain_images": [0]}, "pretrain_images: 0: 0 is less than the minimum of 1"),
    "a number twice": ({"pretrain_images": [7, 7]}, "pretrain_images: .* non-unique"),
    "a method": ({"a": {"pretext": "vea", "images": "1111"}}, "a: pretext: 'vea' .*'vae'"),
    "no method": ({"a": {"images": "1111"}}, "pretext: 1: a: 'pretext' is a required property"),
    "a dataset": ({"a": {"pretext": "vae", "images": "1112"}}, "a: images: '1112' .*'1111'"),
    "a start": ({"a": {"pretext": "vae", "from": "imagnet"}}, "from: 'imagnet' .*'imagenet'"),
    "nothing else": ({"a": {"pretext": "vae"}}, "a: is 'vae' again: expected images, from"),
    "a key": ({"a": {"pretext": "vae", "form": "b"}}, "unknown key 'form': did you mean 'from'"),
    "a method's name": ({"vae": {"pretext": "vae", "images": "1111"}}, "vae: is the name of a pre"),
    "such a name": (
        {"vae-7": {"pretext": "vae", "images": "1111"}},
        "vae-7: .* method, vae, on 7 images",
    ),
    "scratch": ({"scratch": {"pretext": "vae", "images": "1111"}}, "scratch: is the name of a pre"),
    "weights": ({"imagenet": {"pretext": "vae", "images": "1111"}}, "the name of two starts"),
    "a list": ([["vae"]], r"pretext: 1: \['vae'\] is not of type 'string'"),
    "a name": ({"a b": {"pretext": "vae", "images": "1111"}}, "'a b': expected a name of letters"),
}


@pytest.mark.parametrize(("said", "message"), MISTAKES.values(), ids=MISTAKES)
def test_mistakes_are_named_in_one_line(said, message):
    config = make_config(weights=IMAGENET)
    if "pretrain_images" in said:
        config |= said
    else:
        config["pretext"] = ["scratch", *(said if isinstance(said, list) else [said])]
    with pytest.raises(ConfigurationError, match=message) as error:
        check(config)
    assert "\n" not in str(error.value)


def test_another_dataset_is_needed():
    config = make_config(pretext=["scratch", {"a": {"pretext": "vae", "images": "0110"}}])
    config["datasets"] = {"0110": config["datasets"]["0110"]}
    config["tasks"] = {"classify": {"labels": [100]}}
    del config["frozen"]
    with pytest.raises(ConfigurationError, match="a: images: '0110' is the only dataset, and no"):
        check(config)


def test_weights_have_to_fit_the_method():
    """CMC has two encoders, of half of the channels each."""
    pretext = ["scratch", {"cmc-on": {"pretext": "cmc", "from": "imagenet"}}]
    sweep = make_sweep(pretext=pretext, weights=IMAGENET)
    with pytest.raises(ConfigurationError, match=r"^pretext: cmc-on: on 0000: torchvision: resne"):
        check_weights(sweep)


def test_networks_from_elsewhere_have_to_be_those_that_are_finetuned():
    config = make_config(pretext=NAMED, weights=IMAGENET)
    with pytest.raises(ConfigurationError, match=r"pretext: vae-elsewhere: on 1111-multi: .*dila"):
        check_weights(Sweep(config))
    config["datasets"] = {name: config["datasets"][name] for name in ("0110", "1111")}
    check_weights(Sweep(config))
    config["gin"]["finetune"] = ["ResNet.width = 32"]
    with pytest.raises(ConfigurationError, match=r"elsewhere: on 0110: .*has width = 64: expected"):
        check_weights(Sweep(config))


def test_plans_know_how_long_few_images_take():
    config = make_config(pretext=["scratch", "vae"], pretrain_images=[1000, "all"])
    needs, kinds = Needs(Sweep(config)), []
    needs.measure_pace = lambda kind, threads: kinds.append(kind) or Pace
    place = {"dataset": "0110", "backbone": "r9"}
    few, every = (needs.estimate("pretrain", place | {"pretext": n}) for n in ("vae-1000", "vae"))
    assert few == every, "as many steps"
    assert kinds[0] == kinds[1]
    assert few[0] > 0


class Pace:
    train, valid, parameters = 1.0, 0.0, 7


def make_runs():
    """Accuracy rises with labels; the more images pretrain, the more it is worth."""
    rows = []
    for name, images, shift in (("scratch", None, 0), ("cmc-100", 100, 0.5), ("cmc", 1000, 1)):
        for labels in (100, 1000, 10_000):
            for seed in range(3):
                accuracy = 0.2 + 0.1 * np.log10(labels * 2**shift) + 0.001 * seed
                rows.append(("0110", "r9", name, "classify", labels, seed, accuracy, images))
    columns = ["dataset", "backbone", "pretext", "task", "labels", "seed", "accuracy"]
    return pd.DataFrame(rows, columns=[*columns, "pretrain_images"]).assign(collapsed=False)


def test_utility_is_drawn_against_the_number_of_images():
    (panel,) = fig11.draw(make_runs(), assign_looks(["scratch", "cmc-100", "cmc"])).axes
    line = next(line for line in panel.lines if line.get_label() == "CMC")
    assert line.get_xdata().tolist() == [100, 1000]
    assert line.get_ydata() == pytest.approx([2**0.5 - 1, 1], rel=0.02)
    assert line.get_color() == LOOKS["cmc"].color
    assert [tick.get_text() for tick in panel.get_xticklabels()] == ["100", "1k"]
    assert panel.get_ylabel() == "Utility at 1k labels"


def test_bounds_end_where_utility_can_be_measured():
    runs = make_runs()
    runs.loc[runs["pretext"] == "cmc", "accuracy"] += 0.5
    (panel,) = fig11.draw(runs, LOOKS | assign_looks(["cmc-100"])).axes
    ends = np.concatenate([bars.get_segments() for bars in panel.collections])[..., 1]
    assert np.isfinite(ends).all()
    assert [line.get_marker() for line in panel.lines if "^" in line.get_marker()] == ["^"]
    assert max(panel.get_ylim()) < 20


def test_there_is_such_a_figure_where_their_number_differs():
    named = ["scratch", "cmc", {"own-1": {"pretext": "vae", "images": "1111"}}]
    assert "fig11" not in list_figures(make_sweep(pretext=named))
    sweep = make_sweep(pretext=named, pretrain_images=[1000, "all"])
    paths = list_figures(sweep)["fig11"].inputs["runs"]
    assert {path.split("/")[4] for path in paths} == {
        *("scratch", "cmc-1000", "cmc", "own-1-1000", "own-1")
    }


def test_a_name_of_ones_own_may_end_with_a_number():
    runs = make_runs().replace({"pretext": {"cmc-100": "own-7-100", "cmc": "own-7"}})
    (panel,) = fig11.draw(runs, assign_looks(["own-7-100", "own-7"])).axes
    line = next(line for line in panel.lines if line.get_label() == "own-7")
    assert line.get_xdata().tolist() == [100, 1000]


def test_titles_say_how_many_images():
    assert title_start("cmc-1000") == "CMC, 1,000 images"
    assert title_start("own-7") == "own-7"
