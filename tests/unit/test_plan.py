"""Which jobs `selfstudy plan` finds; what they cost is timed in `tests/workflow`."""

from collections import Counter

import pytest
import yaml

from selfstudy.configuration import CONFIG
from selfstudy.errors import ConfigurationError
from selfstudy.planning.jobs import list_jobs
from selfstudy.planning.plan import Needs, find_stage
from selfstudy.sweep.check import read_configuration
from selfstudy.sweep.runs import Sweep


def test_jobs_are_those_of_a_dry_run(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    jobs = list_jobs(CONFIG / "demo.yaml", force=True)
    counts = Counter(rule for rule, _ in jobs)
    assert counts == {
        "render": 12,
        "prepare": 1,
        "pretrain": 4,
        "finetune": 20,
        "linear": 4,
        "tables": 1,
        "about": 1,
        "figure": 10,
    }
    place = {"dataset": "0110", "backbone": "r9", "pretext": "cmc", "task": "classify"}
    assert ("finetune", (*place.items(), ("labels", "300"))) in jobs
    assert sorted(list_jobs(CONFIG / "demo.yaml", force=False)) == sorted(jobs)


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
    assert needs.estimate("pretrain", place) == (2, 7 * 4 / 1e9)
    assert needs.estimate("finetune", place | task) == (3 * 2, 0)
    assert needs.estimate("finetune_frozen", place | task | {"layer": "2"}) == (3 * 2, 0)
    assert needs.estimate("finetune", place | task | {"pretext": "scratch"}) == (3 * 2, 0)
    assert kinds[4][0].bindings[-1] == kinds[5][0].bindings[-1] == "ResNet.freeze_at_k = 2"
    assert kinds[6][0].files == ("syn/r9/classify",)
    assert needs.estimate("tables", {}) == (0, 0)
    assert needs.estimate("prepare", {"dataset": "0110"})[1] == 480_000 * 64**2 * 6 / 1e9


class Amounts:
    """As many images and seconds as make two hours."""

    train, valid, parameters = 60, 60, 7


def test_rules_stand_in_the_images_order():
    rules = ["tables", "finetune", "render", "pretrain", "prepare"]
    expected = ["render", "prepare", "pretrain", "finetune", "tables"]
    assert sorted(rules, key=find_stage) == expected
