"""Searches: what they find, and that processes that share one may come, die and go on."""

import json
import logging
import os
import signal
import time
from multiprocessing import get_context

import optuna
import pandas as pd
import pytest
import torch
from matplotlib import pyplot
from own_runs import NARROW, make_run

from selfstudy import cli
from selfstudy.drawing import save
from selfstudy.errors import ConfigurationError, DataError, DivergenceError, TrainingError
from selfstudy.search import worker
from selfstudy.search.figures import draw_importance, draw_parallel
from selfstudy.search.results import load_study, tabulate_trials, write_results
from selfstudy.search.space import SPACE
from selfstudy.search.study import SearchSettings, SharedStudy
from selfstudy.search.worker import search
from selfstudy.training.recipe import make_recipe
from selfstudy.training.run import Trained

TINY = [
    *NARROW,
    "scheduler.milestones = [1, 400]",
    "CMCModel.nce_k = 16",
]
SHORT = SearchSettings("tpe", seed=0, rounds=3, grace=1)
LIMIT = 90  # seconds that any process here may take


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    """An empty folder to work in, and sums in one order."""
    path = tmp_path / "work"
    path.mkdir()
    monkeypatch.chdir(path)
    monkeypatch.setattr(logging.getLogger("selfstudy"), "handlers", [])  # commands add theirs
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield path
    torch.set_num_threads(threads)


def searched(prepared, folder, count, settings=SHORT, gin="classify", bindings=()):
    run = make_run(prepared, [f"syn/r9/{gin}"], [*TINY, *bindings])
    search(folder, run, settings, count, code="")
    return tabulate_trials(load_study(folder))


def words(prepared, *more):
    return [
        *("search", "lr", "-g", "syn/r9/classify", "--data", str(prepared), "-p", *TINY),
        *("--rounds", "3", "--grace", "1", *more),
    ]


def fails(capsys, *words):
    """The one line with which a command ends."""
    capsys.readouterr()
    with pytest.raises(SystemExit) as stop:
        cli.main(list(words))
    assert stop.value.code == 1
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 1
    return lines[0]


@pytest.mark.slow
@pytest.mark.parametrize("sampler", ["tpe", "cmaes"])
def test_the_best_trial_can_be_trained_again(sampler, prepared, folder, capsys):
    cli.main(words(prepared, "--trials", "6", "--sampler", sampler))
    results = folder / "results/search/lr"
    table = pd.read_csv(results / "trials.csv")
    assert list(table) == ["number", "state", "value", "rounds", "seconds", *SPACE]
    assert table["number"].tolist() == list(range(6))
    assert set(table["state"]) <= {"complete", "pruned", "diverged"}
    for name, bounds in SPACE.items():
        assert table[name].between(bounds.low, bounds.high).all()
        assert table[name].nunique() == 6
    complete = table[table["state"] == "complete"]
    assert (complete["rounds"] == 3).all()
    assert (table["seconds"] > 0).all()
    # What `selfstudy status` would call stopped.
    timed = {int(path.parent.name) for path in results.glob("trials/*/times.csv")}
    assert timed == set(complete["number"])
    best = complete.loc[complete["value"].idxmax()]
    assert capsys.readouterr().out.startswith(
        f"results/search/lr: best accuracy {best['value']:.4f}"
    )
    for name in ("importance.png", "parallel.png"):
        assert (results / name).read_bytes().startswith(b"\x89PNG")
    cli.main(
        ["train", "-q", "-e", "again", "-g", "results/search/lr/best.gin", "--data", str(prepared)]
    )
    again = pd.read_csv("results/runs/again/metrics.csv").iloc[0]
    assert again["accuracy"] == best["value"]
    assert again["rounds"] == 3
    # What was searched alone, over the recipe that it was searched for.
    gin = ["-g", "syn/r9/classify", "results/search/lr/recipe.gin", "--data", str(prepared)]
    cli.main(["train", "-q", "-e", "over", *gin, "-p", *TINY, "scheduler.milestones = [1, 3]"])
    assert pd.read_csv("results/runs/over/metrics.csv")["accuracy"].item() == best["value"]
    assert not list(results.rglob("checkpoint*.pt"))


@pytest.mark.slow
def test_a_search_is_repeated_by_its_seed(prepared, folder):
    """Also where it stops and goes on in between."""
    whole = searched(prepared, folder / "whole", 5)
    searched(prepared, folder / "parts", 2)
    parts = searched(prepared, folder / "parts", 5)
    other = searched(prepared, folder / "other", 2, SearchSettings("tpe", 1, 3, 1))
    pd.testing.assert_frame_equal(whole.drop(columns="seconds"), parts.drop(columns="seconds"))
    assert not set(other["learning_rate"]) & set(whole["learning_rate"])


def test_trials_have_their_recipes_own_rounds_unless_given(prepared, folder):
    own = SearchSettings("tpe", seed=0, rounds=None, grace=None)
    table = searched(prepared, folder / "s", 1, own, bindings=["scheduler.milestones = [2, 6]"])
    assert table["rounds"].tolist() == [6]
    config = (folder / "s/trials/0/config.gin").read_text()
    assert "scheduler.milestones = [2, 6]\n" in config
    grace = [own.complete(make_recipe(milestones=[1, last])).grace for last in (3, 20, 100)]
    assert grace == [1, 4, 20]
    with pytest.raises(ConfigurationError, match=r"milestones = \[1, 2, 6\]: expected two"):
        searched(prepared, folder / "t", 1, own, bindings=["scheduler.milestones = [1, 2, 6]"])


@pytest.mark.slow
def test_a_pretext_method_is_judged_by_its_readout(prepared, folder):
    table = searched(prepared, folder / "s", 1, gin="cmc")
    history = pd.read_csv(folder / "s/trials/0/history.csv")
    assert table["value"].tolist() == [history["valid_accuracy"].iloc[-1]]
    assert write_results(folder / "s").number == 0


NINE = SearchSettings("tpe", seed=0, rounds=9, grace=3)


def falling(values):
    """A run that reports so much for each of its trials, in every round."""

    def train(run, folder, seed, code, stop):
        for number in range(1, 10):
            value = values[int(folder.name)]
            if value is None:
                raise DivergenceError(f"{folder}: no longer finite")
            if stop({"round": number, "valid_accuracy": value}):
                break
        return Trained({"accuracy": value}, None)

    return train


def test_bad_trials_are_pruned_but_not_before_their_grace(prepared, folder, monkeypatch):
    monkeypatch.setattr(worker, "train", falling([0.9, 0.8, 0.7, 0.6, 0.5, 0.4]))
    table = searched(prepared, folder / "s", 6, NINE)
    # Hyperband's brackets prune at round 3 or not at all; none but the best of one gets past it.
    assert set(table["state"]) == {"complete", "pruned"}
    assert set(table.loc[table["state"] == "pruned", "rounds"]) == {3}
    assert set(table.loc[table["state"] == "complete", "rounds"]) == {9}
    assert table["state"][0] == "complete"
    assert table["value"].tolist() == [0.9, 0.8, 0.7, 0.6, 0.5, 0.4]


def test_trials_that_diverge_do_not_end_a_search(prepared, folder, monkeypatch):
    monkeypatch.setattr(worker, "train", falling([None, 0.5]))
    table = searched(prepared, folder / "s", 1, NINE)
    assert table["state"].tolist() == ["diverged"]
    with pytest.raises(TrainingError, match=r"s: no trial is complete.*: 1 diverged"):
        write_results(folder / "s")
    table = searched(prepared, folder / "s", 2, NINE)
    assert table["state"].tolist() == ["diverged", "complete"]
    assert table["rounds"].tolist() == [0, 9]


def test_numbers_that_are_no_longer_finite_prune_a_trial(prepared, folder, monkeypatch):
    huge = optuna.distributions.FloatDistribution(1e30, 1e38, log=True)
    monkeypatch.setitem(SPACE, "learning_rate", huge)
    table = searched(prepared, folder / "s", 1)
    assert table["state"].tolist() == ["diverged"]
    assert not list((folder / "s").rglob("checkpoint*.pt"))
    assert not (folder / "s/trials/0/times.csv").exists()


@pytest.mark.slow
@pytest.mark.parametrize(
    "accuracies", [[0.5], [0.5, 0.5], [0.4, 0.5], [0.5, None], [0.4, 0.6, 0.5]]
)
def test_figures_of_few_or_equal_trials(accuracies, folder):
    study = optuna.create_study(direction="maximize", sampler=optuna.samplers.RandomSampler(seed=0))
    for accuracy in accuracies:
        pruned = optuna.trial.TrialState.PRUNED if accuracy is None else None
        study.tell(study.ask(SPACE), accuracy, state=pruned)
    for draw in (draw_importance, draw_parallel):
        save(draw(study), folder / "first.png")
        if len(accuracies) == 3:  # the same study gives the same picture
            save(draw(study), folder / "again.png")
            assert (folder / "first.png").read_bytes() == (folder / "again.png").read_bytes()
    (lines,) = draw_parallel(study).axes[0].collections
    assert len(lines.get_segments()) == len(accuracies) - accuracies.count(None)
    assert not pyplot.get_fignums()


@pytest.fixture(scope="module")
def processes():
    """Processes that have the package imported already, and no threads."""
    context = get_context("forkserver")
    context.set_forkserver_preload(["selfstudy.search.worker"])
    return context


LONG = SearchSettings("tpe", seed=0, rounds=12, grace=12)


def work(prepared, folder, count):
    torch.set_num_threads(1)
    searched(prepared, folder, count, LONG)


@pytest.fixture
def started(processes, prepared, folder):
    """Start a process that joins a search; give it."""
    running = []

    def start(name, count):
        process = processes.Process(target=work, args=(prepared, folder / name, count))
        process.start()
        running.append(process)
        return process

    yield start
    for process in running:
        process.kill()
        process.join()


def until(condition, process):
    end = time.monotonic() + LIMIT
    while not condition():
        assert process.is_alive()
        assert time.monotonic() < end
        time.sleep(0.002)


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_a_trial_whose_process_died_is_gone_on_with(number, started, folder):
    """By the next process, from the last checkpoint: the search ends as if nothing had been."""
    process = started("broken", 2)
    times = folder / "broken/trials/1/times.csv"
    until(lambda: times.is_file() and times.read_text().count("\n") > 4, process)
    os.kill(process.pid, number)
    process.join(LIMIT)
    assert process.exitcode != 0
    before = tabulate_trials(load_study(folder / "broken"))
    assert before["state"].tolist() == ["complete", "running"]
    assert before["rounds"][1] > 2
    first_round = times.read_text().splitlines()[1]
    for name in ("broken", "whole"):
        again = started(name, 2)
        again.join(LIMIT)
        assert again.exitcode == 0
    assert times.read_text().splitlines()[1] == first_round, "it is not trained again"
    tables = [
        tabulate_trials(load_study(folder / name)).drop(columns="seconds")
        for name in ("broken", "whole")
    ]
    pd.testing.assert_frame_equal(*tables)
    assert tables[0]["state"].tolist() == ["complete"] * 2
    for name in ("history.csv", "metrics.csv"):
        both = [(folder / each / "trials/1" / name).read_text() for each in ("broken", "whole")]
        assert both[0] == both[1]


@pytest.mark.slow
def test_processes_share_a_search(started, folder):
    both = [started("shared", 4) for _ in range(2)]
    for process in both:
        process.join(LIMIT)
        assert process.exitcode == 0
    table = tabulate_trials(load_study(folder / "shared"))
    assert table["state"].tolist() == ["complete"] * 4
    assert table["learning_rate"].nunique() == 4
    records = [json.loads(line) for line in (folder / "shared/journal.log").open()]
    ended = {record["worker_id"] for record in records if record["op_code"] == 6}
    assert len(ended) == 2, "both of them ran trials"


def test_a_trial_belongs_to_one_process(folder):
    first, second = (SharedStudy(folder / "s", SHORT, {}) for _ in range(2))
    trial, hold = first.claim(2)
    with hold:
        other, _ = second.claim(2)
        assert {trial.number, other.number} == {0, 1}
        assert second.claim(2) is None
    again, _ = second.claim(2)
    assert (again.number, again.params) == (trial.number, trial.params)


def test_another_configuration_of_the_same_name_is_refused(prepared, folder, monkeypatch):
    place = folder / "s"
    searched(prepared, place, 1)
    for settings, bindings, changed in (
        (SHORT, ["ResNet.width = 5"], "another configuration:"),
        (SearchSettings("cmaes", 1, 3, 1), [], "another sampler and another seed:"),
        (SearchSettings("tpe", 0, 4, 2), [], "another rounds and another grace:"),
    ):
        with pytest.raises(ConfigurationError, match=changed):
            searched(prepared, place, 2, settings, bindings=bindings)
    monkeypatch.setitem(SPACE, "exp_factor", optuna.distributions.FloatDistribution(0, 1))
    with pytest.raises(ConfigurationError, match="another space: give a new one another name"):
        searched(prepared, place, 2)
    assert len(tabulate_trials(load_study(place))) == 1


def test_what_cannot_train_begins_no_search(prepared, folder):
    with pytest.raises(ConfigurationError, match=r"Wrapper.out_classes"):
        searched(prepared, folder / "s", 1, bindings=["Wrapper.out_classes = [2, 5]"])
    assert not (folder / "s").exists()
    assert len(searched(prepared, folder / "s", 1)) == 1


@pytest.mark.slow
@pytest.mark.parametrize("damage", ["{", "[]\n", '{"op_code": 99}\n', "\0\n{}\n"])
def test_a_damaged_journal_is_named(damage, prepared, folder):
    searched(prepared, folder / "s", 1)
    journal = folder / "s/journal.log"
    lines = journal.read_text().splitlines(keepends=True)
    journal.write_text("".join([*lines[:3], damage, *lines[3:]]))
    with pytest.raises(DataError, match=r"s/journal.log: damaged") as error:
        searched(prepared, folder / "s", 2)
    assert "\n" not in str(error.value)
    with pytest.raises(DataError, match=r"s/journal.log: damaged"):
        write_results(folder / "s")


def test_a_record_that_was_cut_short_is_dropped(prepared, folder):
    searched(prepared, folder / "s", 1)
    with (folder / "s/journal.log").open("a") as file:
        file.write('{"op_code": 4, "stud')
    assert searched(prepared, folder / "s", 2)["state"].tolist() == ["complete"] * 2


def test_mistakes_are_named(prepared, folder, capsys):
    (folder / "results").mkdir()
    with pytest.raises(DataError, match=r"nothing: expected a search, with its journal.log"):
        load_study(folder / "nothing")
    for more, message in (
        (["--trials", "0"], "--trials 0: expected 1 or more"),
        (["--trials", "1", "--seed", "-1"], "--seed -1: expected 0 or more"),
        (["--trials", "1", "--grace", "4"], "grace: 4 rounds: expected 1 to 3"),
        (["--trials", "1", "--rounds", "1"], "scheduler.milestones = [1, 400]: expected the first"),
    ):
        assert message in fails(capsys, *words(prepared, *more))
    assert "NAME '../lr': expected a name" in fails(capsys, "search", "../lr", "--trials", "1")
    (folder / "results/search").write_text("")
    assert "results/search/lr: cannot be written" in fails(
        capsys, *words(prepared, "--trials", "1")
    )
