"""Which jobs `selfstudy plan` finds; what they cost is timed in `tests/workflow`."""

from collections import Counter

import pytest
import torch
import yaml
from own_images import write_images

from selfstudy.configuration import CONFIG
from selfstudy.errors import ConfigurationError
from selfstudy.planning import calibration
from selfstudy.planning import plan as planning
from selfstudy.planning.calibration import Kind, Pace, count_images
from selfstudy.planning.images import Counts, count_splits
from selfstudy.planning.jobs import list_jobs
from selfstudy.planning.plan import TRAINING, Needs, find_stage
from selfstudy.sweep.check import read_configuration
from selfstudy.sweep.datasets import Dataset
from selfstudy.sweep.runs import Sweep
from selfstudy.training.loop import Step


def test_jobs_are_those_of_a_dry_run(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    jobs = list_jobs(CONFIG / "demo.yaml", force=True)
    counts = Counter(rule for rule, _ in jobs)
    assert counts == {
        "render": 12,
        "prepare": 1,
        "pretrain": 6,
        "finetune": 12,
        "linear": 2,
        "tables": 1,
        "about": 1,
        "decision": 1,
        "figure": 10,
    }
    place = {"dataset": "0100", "backbone": "r9", "pretext": "rotate", "task": "classify"}
    assert ("finetune", (*place.items(), ("labels", "300"))) in jobs
    assert sorted(list_jobs(CONFIG / "demo.yaml", force=False)) == sorted(jobs)


def test_hours_that_are_left_are_those_of_open_jobs(monkeypatch):
    place = {"dataset": "0100", "backbone": "r9", "pretext": "vae", "task": "classify"}
    every = [("finetune", (*place.items(), ("labels", n))) for n in ("100", "300", "1000")]
    monkeypatch.setattr(planning, "list_jobs", lambda path, force: every[not force :])
    monkeypatch.setattr(Needs, "estimate", lambda needs, rule, job: (int(job["labels"]), 2.0))
    (row,) = planning.plan(str(CONFIG / "demo.yaml")).to_dict("records")
    expected = {"rule": "finetune", "jobs": 3, "done": 1, "hours": 1400, "hours_left": 1300}
    assert row == expected | {"gigabytes": 6}


def test_what_is_done_is_left_out(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "theirs.h5").touch()
    theirs = {"source": "prepared", "file": "theirs.h5", "resolution": 32}
    config = {
        "datasets": {"a": theirs},
        "backbones": ["r9"],
        "pretext": ["scratch"],
        "tasks": {"classify": {"labels": [10, 20]}},
        "seeds": [0],
    }
    path = tmp_path / "mine.yaml"
    path.write_text(yaml.safe_dump(config))
    done = tmp_path / "results/finetune/a/r9/scratch/classify/n10"
    done.mkdir(parents=True)
    for name in ("metrics.csv", "history.csv", "config.gin"):
        (done / name).touch()
    assert Counter(rule for rule, _ in list_jobs(path, force=True))["finetune"] == 2
    left = [dict(job) for rule, job in list_jobs(path, force=False) if rule == "finetune"]
    assert [job["labels"] for job in left] == ["20"]
    (tmp_path / "theirs.h5").unlink()
    with pytest.raises(ConfigurationError, match=r"mine\.yaml: Snakemake refuses it: theirs\.h5"):
        list_jobs(path, force=True)
    path.write_text(yaml.safe_dump(config | {"seds": 1}))
    with pytest.raises(ConfigurationError, match=r"refuses it: .* 'seds': did you mean 'seeds'"):
        list_jobs(path, force=True)


def test_every_kind_of_training_is_estimated():
    needs = Needs(Sweep(read_configuration(CONFIG / "config.yaml")))
    kinds = []
    needs.count_images = lambda kind, images, labels: kinds.append((kind, labels)) or Amounts
    needs.measure_pace = lambda kind, threads: kinds.append((kind, threads)) or Amounts
    place = {"dataset": "0110", "backbone": "r9", "pretext": "vae"}
    task = {"task": "classify", "labels": "100"}
    assert needs.estimate("pretrain", place | {"pretrain_seed": "0"}) == (2, 7 * 4 / 1e9)
    assert needs.estimate("finetune", place | task) == (3 * 2, 0)
    assert needs.estimate("finetune_frozen", place | task | {"layer": "2"}) == (3 * 2, 0)
    assert needs.estimate("finetune", place | task | {"pretext": "scratch"}) == (3 * 2, 0)
    assert needs.estimate("longer", place | task) == (3 * 2, 0)
    assert kinds[8][0].bindings[-1] == "scheduler.stretch = 2"
    assert kinds[9] == kinds[3], "timed alike"
    assert kinds[4][0].bindings[-1] == kinds[5][0].bindings[-1] == "ResNet.freeze_at_k = 2"
    assert kinds[6][0].files == ("syn/r9/classify",)
    assert needs.estimate("tables", {}) == (0, 0)
    assert needs.estimate("prepare", {"dataset": "0110"})[1] == 480_000 * 64**2 * 6 / 1e9


def test_a_search_is_estimated_as_if_no_trial_was_pruned():
    tuning = {"labels": 1000, "trials": 20, "jobs": 4}
    config = read_configuration(CONFIG / "demo.yaml")
    place = {"search": "0100.r9.rotate.classify", "worker": "0"}
    for rounds, last in ((None, "[1, 10]"), (9, "[1, 9]")):
        needs, kinds = Needs(Sweep(config | {"tuning": tuning | {"rounds": rounds}})), []
        needs.count_images = lambda *kind, kinds=kinds: kinds.append(kind) or Amounts
        needs.measure_pace = lambda kind, threads: Amounts
        assert needs.estimate("search_worker", place) == (2 * 20 / 4, 0)
        ((kind, splits, labels),) = kinds
        assert (splits, labels) == ((10_000, 1000, 1000, 0), 1000)
        assert kind.bindings[-1] == f"scheduler.milestones = {last}"


def count(source, **settings):
    return count_splits(Dataset("own", {"source": source, **settings}), seed=0)


def test_own_images_are_counted(tmp_path):
    source = write_images(tmp_path / "source", ["cat", "dog"], images=20)
    assert count("images", folder=str(source)) == (32, 4, 4, 0)
    assert count("images", folder=str(source), valid=0.25, test=0.05) == (28, 10, 2, 0)
    for split, images in (("train", 6), ("valid", 3)):
        write_images(tmp_path / "split" / split, ["cat", "dog"], images)
    assert count("images", folder=str(tmp_path / "split")) == (10, 6, 2, 0)
    table = tmp_path / "source" / "labels.csv"
    table.write_text("file,label\n" + "".join(f"cat/{2 * n}.png,{n % 2}\n" for n in range(10)))
    assert count("images", table=str(table)) == (6, 2, 2, 0)


def test_what_others_made_is_counted(prepared, tmp_path):
    assert count("prepared", file=str(prepared)) == (100, 10, 10, 0)
    images = tmp_path / "rendered" / "img"
    images.mkdir(parents=True)
    for number in range(24):
        for suffix in ("png", "npy"):
            (images / f"{number:05d}.{suffix}").touch()
    assert count("rendered", folder=str(images.parent)) == (20, 2, 2, 0)
    assert count("render", images=120) == (100, 10, 10, 0)
    assert count("cifar10", folder="a") == (45_000, 5_000, 10_000, 0)


def test_a_plan_is_about_the_images_that_there_are(tmp_path):
    """Not about as many as the largest budget."""
    write_images(tmp_path / "source", ["cat", "dog"], images=50)
    config = read_configuration(CONFIG / "own_images.yaml")
    config["datasets"]["own"]["folder"] = str(tmp_path / "source")
    needs, seen = Needs(Sweep(config)), []
    needs.count_images = lambda kind, splits, labels: seen.append(splits) or Amounts
    needs.measure_pace = lambda kind, threads: Amounts
    place = {"dataset": "own", "backbone": "r9", "pretext": "vae"}
    needs.estimate("pretrain", place)
    needs.estimate("finetune", place | {"task": "classify", "labels": "50"})
    assert seen == [(80, 10, 10, 0)] * 2
    assert needs.estimate("prepare_images", {"dataset": "own"})[1] == 100 * 64**2 * 6 / 1e9
    with pytest.raises(
        ConfigurationError, match="labels: 100 labels of classify, but dataset 'own' has 80 "
    ):
        needs.estimate("finetune", place | {"task": "classify", "labels": "100"})


def test_a_run_sees_all_images_of_a_round():
    kind = Kind(("syn/r9/rotate", "images"), ("scheduler.milestones = [1, 4]",), 64, False, 2)
    bindings = ("session.valid_iters = -1", "dataloader.batch_size = 20", *kind.bindings)
    amount = count_images(kind._replace(bindings=bindings), Counts(80, 10, 10), None)
    rounds = amount.valid // 10
    assert rounds > 1
    assert amount.train % (80 * rounds) == 0


@pytest.mark.parametrize("device", ["cpu", "cuda"])
def test_a_gpu_is_timed_with_the_batch_that_will_run(device, monkeypatch):
    asked = 2 * calibration.CPU_BATCH
    timed, sizes, train = calibration.choose_batch(asked, torch.device(device)), [], Step.train
    assert timed == (asked if device == "cuda" else calibration.CPU_BATCH)
    monkeypatch.setattr(calibration, "SECONDS", 0)
    monkeypatch.setattr(calibration, "choose_batch", lambda *given: timed)

    def note(step, block, *given):
        sizes.append(len(block.images))
        return train(step, block, *given)

    monkeypatch.setattr(Step, "train", note)
    bindings = (f"dataloader.batch_size = {asked}", "session.precision = 'float32'")
    kind = Kind(("syn/r9/classify", "demo"), bindings, 16, False, 2)
    assert calibration.measure_pace(kind, threads=1).train > 0
    assert set(sizes) == {timed}


class Amounts:
    """As many images and seconds as make two hours."""

    train, valid, parameters = 60, 60, 7


def test_rules_stand_in_the_images_order():
    rules = ["tables", "finetune", "render", "pretrain", "prepare"]
    expected = ["render", "prepare", "pretrain", "finetune", "tables"]
    assert sorted(rules, key=find_stage) == expected


@pytest.mark.slow
@pytest.mark.parametrize("name", ["study_small", "study_gpu"])
def test_studies_are_whole_and_have_as_many_images_as_labels(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    jobs = list_jobs(CONFIG / f"{name}.yaml", force=True)
    sweep = Sweep(read_configuration(CONFIG / f"{name}.yaml"))
    needs = Needs(sweep)
    needs.measure_pace = lambda kind, threads: Pace(1, 1, 1)
    hours = [
        needs.estimate(*job)[0]
        for rule, of in jobs
        if rule in TRAINING
        for job in [(rule, dict(of))]
    ]
    assert len(hours) == len(sweep.list_finetuned()) + len(sweep.longer) + sum(
        len(sweep.list_snapshots(dataset, backbone, method))
        for dataset in sweep.datasets
        for backbone in sweep.backbones
        for method in sweep.methods
    )
    assert min(hours) > 0
    factors = {factor for dataset in sweep.datasets for factor in enumerate(dataset)}
    varied = {place for place, _ in factors if {(place, "0"), (place, "1")} <= factors}
    assert len(sweep.datasets) >= max(5, len(varied) + 2)  # what claims over datasets need
