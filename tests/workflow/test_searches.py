"""Searches in the workflow, for pretraining and for finetuning."""

import pandas as pd
import pytest

PRETRAINING = {"dataset": "0110", "backbone": "r9", "pretext": "rotate", "trials": 4, "jobs": 2}
FINETUNING = {**PRETRAINING, "task": "classify", "labels": 50, "sampler": "cmaes", "jobs": 1}
SHORT = {"rounds": 3, "grace": 2}
MISTAKES = {
    "pretext": (
        {"pretext": "rotation"},
        "pretext: 'rotation' is not in pretext: did you mean 'rot",
    ),
    "dataset": ({"dataset": "0111"}, "dataset: '0111' is not in datasets: did you mean '0110'"),
    "labels": ({"task": "classify"}, "searches: s: 'labels' is a dependency of 'task'"),
    "budget": (
        {"task": "classify", "labels": 201},
        "labels: 201 labels, but dataset '0110' has 200",
    ),
    "scratch": ({"pretext": "scratch"}, "task: is missing: 'scratch' pretrains nothing"),
    "grace": ({"grace": 4}, "grace: 4 rounds: expected 1 to 3"),
    "sampler": ({"sampler": "tpa"}, "searches: s: sampler: did you mean 'tpe'?"),
    "key": ({"trails": 4}, "searches: s: unknown key 'trails': did you mean 'trials'?"),
}


@pytest.fixture
def searches(study):
    study.config["searches"] = {"s": PRETRAINING | SHORT, "tuned": FINETUNING | SHORT}
    return study


def test_searches_are_asked_for_by_name(searches):
    assert searches.planned() == {}
    assert searches.planned("results/search/s/trials.csv") == {"search_worker": 2, "search": 1}
    targets = [f"results/search/{name}/best.gin" for name in ("s", "tuned")]
    searches.snakemake(*targets)
    for name in ("s", "tuned"):
        folder = searches.folder / "results/search" / name
        table = pd.read_csv(folder / "trials.csv")
        assert len(table) == 4
        assert "running" not in set(table["state"])
        assert "session.method = 'rotate'" in (folder / "best.gin").read_text()
        assert (folder / "parallel.png").is_file()
        # A worker that starts late may find all trials done.
        logs = (searches.folder / f"logs/results/search/{name}/workers").glob("*.log")
        assert any("trials/" in log.read_text() for log in logs)
    best = (searches.folder / "results/search/tuned/best.gin").read_text()
    assert "session.labels = 50" in best
    assert "rotate/seed0/snapshot.pt'" in best
    assert searches.planned(*targets) == {}

    # More trials are added to those that there are; another configuration is another search.
    searches.config["searches"]["s"]["trials"] = 5
    searches.snakemake(targets[0])
    table = pd.read_csv(searches.folder / "results/search/s/trials.csv")
    assert table["number"].tolist() == list(range(5))
    searches.config["searches"]["s"]["seed"] = 1
    output = searches.snakemake(targets[0], fails=True)
    assert "error: results/search/s: this search was begun with another seed" in output
    assert "Traceback" not in output


@pytest.mark.parametrize(("change", "message"), MISTAKES.values(), ids=MISTAKES)
def test_mistakes_are_named(searches, change, message):
    searches.config["searches"]["s"] |= change
    output = searches.snakemake("--dry-run", fails=True)
    assert message in output
    assert "Traceback" not in output
