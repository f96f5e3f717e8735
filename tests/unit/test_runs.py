"""Which runs there are, and where their files lie."""

import subprocess
import sys
from collections import Counter
from pathlib import Path

from selfstudy.configuration import CONFIG
from selfstudy.sweep.check import read_configuration
from selfstudy.sweep.fingerprints import fingerprint_job, fingerprint_run
from selfstudy.sweep.paths import match_any, require
from selfstudy.sweep.runs import Sweep
from selfstudy.sweep.searches import (
    complete_settings,
    find_search_resources,
    find_search_snapshot,
)

IMAGENET = {"imagenet": {"torchvision": "resnet50", "backbones": ["r50"]}}
MINE = {"mine": {"file": "backbone.safetensors"}}


def make_sweep(name="config", **changes):
    return Sweep(read_configuration(CONFIG / f"{name}.yaml") | changes)


def test_the_papers_sweep():
    sweep = make_sweep()
    assert sweep.rendered == list(sweep.datasets)
    assert sweep.classified == sweep.judged == list(sweep.datasets)[:-1]
    assert sweep.linear_tasks == ["classify", "pose", "segment"]
    curves = Counter(curve.task for curve in sweep.list_curves())
    assert curves == {"classify": 24, "pose": 12, "segment": 1, "depth": 1}
    assert {curve.backbone for curve in sweep.list_curves(["depth"])} == {"r50"}
    assert len(sweep.list_finetuned()) == 5 * ((24 + 12) * 8 + 2 * 6)
    assert len(sweep.list_finetuned(["classify", "nothing"], ["r9"])) == 5 * 12 * 8
    assert sweep.list_compared() == sweep.list_finetuned()
    assert len(sweep.list_frozen()) == 3 * 12 * 4
    assert len(sweep.list_linear()) == 4 * (24 + 12 + 1)
    assert sweep.list_finetuned()[8] == "results/finetune/0000/r9/vae/classify/n100/metrics.csv"
    assert sweep.list_frozen()[0] == "results/frozen/k0/0000/r9/vae/classify/n1000/metrics.csv"
    assert sweep.list_linear()[0] == "results/linear/0000/r9/vae/classify/metrics.csv"
    assert [len(found) for found in sweep.pairs.values()] == [4, 5, 4, 4]


def test_each_start_is_trained_for_longer_at_the_budgets_that_are_asked_for():
    sweep = make_sweep(longer={"labels": [250]})
    assert len(sweep.longer) == 5 * (24 + 12 + 2)
    usual = "results/finetune/0000/r9/vae/classify/n250/metrics.csv"
    assert sweep.longer[usual] == "results/longer/0000/r9/vae/classify/n250/metrics.csv"
    assert set(sweep.longer) <= set(sweep.list_finetuned())
    assert sweep.list_longer(["results/other", usual]) == [sweep.longer[usual]]
    assert make_sweep().longer == {}


def test_where_data_lies():
    sweep = make_sweep()
    assert sweep.find_prepared("0110") == "data/prepared/0110/data_64_lab.h5"
    assert len(sweep.list_packed("0110")) == 12
    assert sweep.list_packed("0110")[0] == "data/packed/0110/imgs_00.h5"
    assert sweep.list_from("render") == list(sweep.datasets)
    theirs = {"source": "prepared", "file": "theirs.h5", "resolution": 64}
    assert make_sweep(datasets={"a": theirs}).find_prepared("a") == "theirs.h5"
    assert sweep.require_prepared("0110") == sweep.find_prepared("0110")
    assert make_sweep(color="rgb").find_prepared("0110") == "data/prepared/0110/data_64.h5"


def test_what_users_bring_to_be_rendered_is_collected_first():
    sweep = make_sweep(rendering={"resolution": 64, "seed": 0, "meshes": "theirs"})
    assert sweep.collected == {"meshes": "data/meshes.h5"}
    assert sweep.rendering == {"resolution": 64, "seed": 0}
    assert make_sweep().collected == {}


def test_weights_are_starts_beside_the_methods():
    sweep = make_sweep(weights=IMAGENET | MINE)
    assert sweep.methods == ["vae", "rotate", "cmc", "amdim"]
    assert sweep.starts == ["scratch", *sweep.methods, "imagenet", "mine"]
    assert sweep.list_starts("r9") == ["scratch", *sweep.methods, "mine"]
    assert sweep.list_starts("r50") == sweep.starts
    paths = sweep.list_finetuned() + sweep.list_linear() + sweep.list_frozen()
    assert "results/linear/0110/r50/imagenet/classify/metrics.csv" in paths
    assert "results/frozen/k2/0110/r9/mine/classify/n1000/metrics.csv" in paths
    assert not [path for path in paths if "/r9/imagenet/" in path]


def test_what_a_run_starts_from():
    sweep = make_sweep(weights=IMAGENET | MINE)
    place = {"dataset": "0110", "backbone": "r50", "task": "classify"}
    snapshot = "results/pretrain/0110/r50/vae/seed0/snapshot.pt"
    assert sweep.list_snapshots(**place, pretext="vae") == [snapshot]
    for start in ("scratch", "imagenet", "mine"):
        assert sweep.list_snapshots(**place, pretext=start) == []
    found = [sweep.find_starts(start, **place) for start in ("scratch", "vae", "imagenet", "mine")]
    imagenet = {"torchvision": "resnet50"}
    assert found == [{None: None}, {0: snapshot}, {None: imagenet}, {None: MINE["mine"]}]


def test_seeds_start_from_networks_in_turn():
    sweep = make_sweep(weights=MINE, seeds=[5, 0, 7], pretrain_seeds=[3, 1])
    place = {"dataset": "0110", "backbone": "r9", "task": "classify", "labels": "100"}
    assert sweep.assign_networks("vae") == {5: 3, 0: 1, 7: 3}
    folder = "results/pretrain/0110/r9/vae"
    third, first = f"{folder}/seed3/snapshot.pt", f"{folder}/seed1/snapshot.pt"
    assert sweep.list_snapshots(**place, pretext="vae") == [third, first]
    assert sweep.find_starts(**place, pretext="vae") == {3: third, 1: first}
    for start in ("scratch", "mine"):
        assert sweep.assign_networks(start) == {5: None, 0: None, 7: None}
    assert sweep.count_networks() == 2
    assert (
        make_sweep(pretext=["scratch"], seeds=[0, 1], pretrain_seeds=[0, 1]).count_networks() == 1
    )


def test_another_network_starts_as_few_seeds_as_can_be():
    """Those that the ones before it keep do not train again."""
    one, two = (
        make_sweep(seeds=[0, 1, 2, 3], pretrain_seeds=networks).assign_networks("vae")
        for networks in ([0], [0, 1])
    )
    more = make_sweep(seeds=[0, 1, 2, 3, 4], pretrain_seeds=[0, 1]).assign_networks("vae")
    assert [seed for seed in one if one[seed] != two[seed]] == [1, 3]
    assert two.items() < more.items()


def test_a_backbone_without_a_start_is_compared_with_nothing():
    sweep = make_sweep(pretext=["scratch"], weights=IMAGENET)
    compared = sweep.list_compared()
    assert compared
    assert all("/r50/" in path for path in compared)
    assert sweep.list_compared(backbones=["r9"]) == []
    assert sweep.list_frozen() == []


def test_a_part_is_enough_if_asked_for(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("a").touch()
    assert make_sweep().keep_present(["a", "b"]) == ["a", "b"]
    assert make_sweep(partial=True).keep_present(["a", "b"]) == ["a"]


def test_searches():
    before = {"dataset": "0110", "backbone": "r9", "pretext": "vae", "trials": 4, "seed": 1}
    after = before | {"task": "classify", "labels": 100}
    sweep = make_sweep(searches={"before": before, "after": after}, pretrain_seeds=[2, 0])
    expected = {"sampler": "tpe", "seed": 1, "rounds": 100, "grace": 20}
    assert complete_settings(before) == expected
    assert find_search_snapshot(sweep, "before") == []
    assert find_search_snapshot(sweep, "after") == "results/pretrain/0110/r9/vae/seed2/snapshot.pt"
    assert find_search_resources(sweep, "before") == sweep.config["resources"]["pretrain"]
    assert find_search_resources(sweep, "after") == sweep.config["resources"]["finetune"]


def test_a_run_depends_on_its_own_method_and_task():
    place = {"backbone": "r9", "pretext": "vae", "dataset": "0110"}
    base = fingerprint_run("finetune", "sweep.paths", **place)
    assert (
        fingerprint_run("finetune", "sweep.paths", **place | {"dataset": "0111", "labels": 4})
        == base
    )
    assert fingerprint_run("finetune", "sweep.paths", **place | {"pretext": "cmc"}) != base
    bare = {"backbone": "r9", "pretext": "scratch"}
    without = fingerprint_run("finetune", "sweep.paths", **bare)
    assert fingerprint_run("finetune", "sweep.paths", **bare, task="depth") != without


def test_a_job_depends_on_its_script():
    first, second = (fingerprint_job(script, "sweep.paths") for script in ("pack", "prepare"))
    assert first != second


def test_what_a_user_has_brought_is_no_input(tmp_path):
    place = str(tmp_path / "im {x}")
    folders = {"folder": place, "resolution": 16}
    sweep = make_sweep(
        datasets={
            "own": {"source": "images", **folders},
            "table": {"source": "images", "table": place, "resolution": 16},
            "0110": {"source": "rendered", **folders},
            "theirs": {"source": "prepared", "file": place, "resolution": 16},
            "cifar": {"source": "cifar10", "folder": place},
        }
    )
    places = [dataset.place for dataset in sweep.datasets.values()]
    assert places == [place, place, f"{place}/img", place, None]
    assert require(places[0]) == [str(tmp_path / "im [x]")]
    assert sweep.require_prepared("theirs") == [str(tmp_path / "im [x]")]
    Path(place).mkdir()
    assert require(places[0]) == require() == sweep.require_prepared("theirs") == []


def test_patterns_of_names():
    assert match_any(["a", "b"]) == "a|b"
    assert match_any([]) == "(?!)"


def test_nothing_heavy_is_loaded_to_know_the_runs():
    """Every job of the workflow reads its rules, whose imports these are."""
    modules = [
        "check",
        "fingerprints",
        "gin_files",
        "paths",
        "runs",
        "schema",
        "searches",
        "starts",
    ]
    imports = [f"import selfstudy.sweep.{name}" for name in modules]
    imports += ["import selfstudy.analysis.figures as figures, sys"]
    read = "figures.list_names()"
    heavy = "{'torch', 'torchvision', 'pandas', 'matplotlib', 'scipy', 'optuna'}"
    code = "\n".join([*imports, read, f"print(sorted({heavy} & sys.modules.keys()))"])
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
