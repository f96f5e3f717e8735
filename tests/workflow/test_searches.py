"""Searches in the workflow, for pretraining and for finetuning, which they may tune."""

import pandas as pd
import pytest

PRETRAINING = {"dataset": "0110", "backbone": "r9", "pretext": "rotate", "trials": 4, "jobs": 2}
FINETUNING = {**PRETRAINING, "task": "classify", "labels": 50, "sampler": "cmaes", "jobs": 1}
SHORT = {"rounds": 3, "grace": 2}


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


def test_tuned_runs_train_by_the_best_recipe_of_their_search(study):
    study.config |= {"pretext": ["scratch", "rotate"], "tuning": {"labels": 50, "trials": 2}}
    del study.config["frozen"]
    table = "results/tables/tuning.csv"
    jobs = {"search_worker": 2, "search": 2, "finetune": 4, "tables": 1}
    assert study.planned(table) == jobs
    study.snakemake(table)
    tuning = pd.read_csv(study.folder / table)
    assert tuning[["pretext", "labels", "trials"]].to_numpy().tolist() == [
        ["scratch", 50, 2],
        ["rotate", 50, 2],
    ]
    runs = pd.read_csv(study.folder / "results/tables/runs.csv")
    assert runs["tuned"].tolist() == [2] * 4
    recipes = dict(zip(tuning["pretext"], tuning["recipe"], strict=True))
    for run in runs.itertuples():
        bindings = (study.folder / recipes[run.pretext]).read_text().splitlines()
        assert len(bindings) == 3
        config = (study.folder / run.folder / "config.gin").read_text().splitlines()
        assert set(bindings) <= set(config)
        assert run.rounds == {10: 3, 100: 2}[run.labels], "its own"
    assert study.planned(table) == {}

    # Another recipe repeats the runs that train by it.
    (study.folder / recipes["rotate"]).write_text("optimizer.weight_decay = 0.5\n")
    assert study.planned(table) == {"finetune": 2, "tables": 1}
