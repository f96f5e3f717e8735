"""One process trains in a folder; others touch nothing, and what it makes appears at its end."""

import errno
import fcntl
import json
import os
import re
import time
from dataclasses import asdict, replace
from signal import SIGTERM

import numpy as np
import pandas as pd
import pytest
import torch
from own_runs import NARROW, make_run

from selfstudy import cli
from selfstudy.errors import ConfigurationError, DataError, InterruptionError, TrainingError
from selfstudy.files import DAY, name_place, write_whole
from selfstudy.holders import Holder
from selfstudy.training.holding import LOCK, hold
from selfstudy.training.loop import Step
from selfstudy.training.run import Run, train
from selfstudy.training.seeds import train_seeds

TINY = [
    *NARROW,
    "scheduler.milestones = [1, 3]",
]
DECLARED = {"snapshot.pt", "metrics.csv", "history.csv", "config.gin"}


@pytest.fixture
def run(prepared):
    return make_run(prepared, ["syn/r9/classify"], TINY)


@pytest.fixture
def work(tmp_path, monkeypatch):
    """A folder to work in, and where its run `mine` lies."""
    (tmp_path / "work").mkdir()
    monkeypatch.chdir(tmp_path / "work")
    return tmp_path / "work/results/runs/mine"


def read_all(folder):
    """The content of all files below a folder."""
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def fails(capsys, *words):
    """The one line with which a command ends."""
    capsys.readouterr()
    with pytest.raises(SystemExit) as stop:
        cli.main(list(words))
    assert stop.value.code not in (0, None)
    lines = capsys.readouterr().err.splitlines() or [stop.value.code]
    assert len(lines) == 1
    return lines[0]


def begin(prepared, name="mine", *bindings):
    """Begin a run, and stop it in its first round."""
    with pytest.MonkeyPatch.context() as patched:
        real = Step.train

        def stopped(*arguments):
            os.kill(os.getpid(), SIGTERM)
            return real(*arguments)

        patched.setattr(Step, "train", stopped)
        words = ["train", "-q", "-e", name, "-g", "syn/r9/classify", "--data", str(prepared)]
        with pytest.raises(SystemExit) as stop:
            cli.main([*words, "-p", *TINY, *bindings])
        assert stop.value.code == 75


def test_outputs_appear_at_the_end(run, tmp_path):
    found = []

    def look(row):
        found.append({path.name for path in tmp_path.iterdir()})
        assert len(pd.read_csv(tmp_path / "progress.csv")) == row["round"]
        return False

    train(run, tmp_path, 0, "", keep_snapshot=True, stop=look)
    assert len(found) == 3
    assert not DECLARED & set().union(*found)
    assert {path.name for path in tmp_path.iterdir()} >= DECLARED
    assert not (tmp_path / "progress.csv").exists()
    assert pd.read_csv(tmp_path / "history.csv")["round"].tolist() == [1, 2, 3]
    assert pd.read_csv(tmp_path / "times.csv")["round"].tolist() == [1, 2, 3]


def test_what_was_deleted_meanwhile_is_there_at_the_end(run, tmp_path):
    """Snakemake deletes what a job declares before it starts, and after it failed."""

    def delete(row):
        for name in (*DECLARED, "progress.csv"):
            (tmp_path / name).unlink(missing_ok=True)
        return False

    train(run, tmp_path, 0, "", keep_snapshot=True, stop=delete)
    assert {path.name for path in tmp_path.iterdir()} >= DECLARED
    assert len(pd.read_csv(tmp_path / "history.csv")) == 3


def test_who_has_lost_the_folder_writes_nothing_more(run, tmp_path):
    left = {}

    def lose(row):
        other = replace(Holder.make(), host="node7", pid=5, place="elsewhere")
        (tmp_path / LOCK).write_text(json.dumps(asdict(other)))
        left.update(read_all(tmp_path))
        return False

    calm = replace(run.recipe.session, checkpoint_minutes=1000)
    run = replace(run, recipe=replace(run.recipe, session=calm))
    with pytest.raises(InterruptionError, match="taken over by process 5 on node7"):
        train(run, tmp_path, 0, "", keep_snapshot=True, stop=lose)
    assert read_all(tmp_path) == left


@pytest.mark.slow
@pytest.mark.parametrize("number", [errno.ENOSYS, errno.EOPNOTSUPP, errno.ENOLCK])
def test_a_file_system_without_flock(number, run, tmp_path, monkeypatch):
    def missing(file, kind):
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(fcntl, "flock", missing)
    refused = []

    def look(row):
        with pytest.raises(ConfigurationError, match="another process is training") as error:
            train(run, tmp_path, 0, "")
        refused.append(str(error.value))
        return True

    train(run, tmp_path, 0, "", stop=look)
    assert re.fullmatch(
        rf"{re.escape(str(tmp_path))}: another process is training here \(\S+\.lock: held by "
        rf"process {os.getpid()} on \S+\): wait for it, or stop it; if there is none, remove that "
        rf"file",
        refused[0],
    )
    assert (tmp_path / "metrics.csv").is_file()
    assert not (tmp_path / "failed.txt").exists()


def test_a_folder_that_cannot_be_held(run, tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(DataError, match="file/run: cannot be made: Not a directory"):
        train(run, tmp_path / "file/run", 0, "")
    (tmp_path / "run" / LOCK).mkdir(parents=True)
    with pytest.raises(DataError, match=r"run/\.lock: cannot be opened or written, to tell who"):
        train(run, tmp_path / "run", 0, "")


@pytest.mark.slow
def test_a_job_that_is_refused_leaves_the_seeds_alone(run, tmp_path):
    run = replace(run, labels=20)
    train_seeds({None: run}, tmp_path, {0: None}, code="")
    before = read_all(tmp_path)
    for held in (tmp_path, tmp_path / "seed0"):
        with hold(held), pytest.raises(ConfigurationError, match="another process is training"):
            train_seeds({None: run}, tmp_path, {0: None, 1: None}, code="changed")
        assert read_all(tmp_path) == before


def test_a_command_that_is_refused_touches_nothing(work, prepared, capsys):
    begin(prepared)
    (work / "checkpoint.pt").rename(work / "kept.pt")  # as before its first one
    before = read_all(work)
    other = ["--data", str(prepared), "-g", "syn/r9/rotate", "-p", *TINY]
    with hold(work):
        assert "mine: another process is training" in fails(
            capsys, "train", "-q", "-e", "mine", *other
        )
        assert read_all(work).items() >= before.items()
    assert read_all(work) == before
    (work / "kept.pt").rename(work / "checkpoint.pt")
    cli.main(["train", "-q", "-e", "mine", "--resume"])
    assert "session.task = 'classify'" in (work / "config.gin").read_text()
    assert "begun anew" not in (work / "train.log").read_text()


def test_a_run_that_another_process_has_ended_meanwhile(work, prepared, capsys, monkeypatch):
    real = Run.make_step

    def slow(*arguments):
        (work / "snapshot.pt").write_text("of the other process")
        return real(*arguments)

    work.mkdir(parents=True)
    monkeypatch.setattr(Run, "make_step", slow)
    words = ["-g", "syn/r9/classify", "--data", str(prepared), "-p", *TINY]
    assert "there is a run already" in fails(capsys, "train", "-q", "-e", "mine", *words)
    assert [path.name for path in work.iterdir()] == ["snapshot.pt"]


def test_resuming_what_is_not_there(work, prepared, capsys):
    message = fails(capsys, "train", "-e", "mine", "--resume")
    assert message == (
        "error: results/runs/mine/command.json: there is no run to go on with: "
        "there are no runs in results/runs yet"
    )
    begin(prepared, "mine/first")
    message = fails(capsys, "train", "-e", "mine/frist", "--resume")
    assert message == (
        "error: results/runs/mine/frist/command.json: there is no run to go on with: "
        "did you mean 'mine/first'?"
    )
    assert not (work / "frist").exists()


def test_resuming_with_other_arguments(work, prepared, capsys):
    begin(prepared)
    before = read_all(work)
    for words in (["--data", "other.h5"], ["--data", "data"], ["--seed", "1"]):
        message = fails(capsys, "train", "-q", "-e", "mine", "--resume", *words)
        name = words[0].removeprefix("--")
        assert f"results/runs/mine: was begun with other arguments, {name} = " in message
    assert read_all(work) == before
    same = ["--data", str(prepared), "--seed", "0", "-g", "syn/r9/classify", "-p", *TINY]
    cli.main(["train", "-q", "-e", "mine", "--resume", *same])
    assert (work / "metrics.csv").is_file()


@pytest.mark.parametrize("allocate", [torch.empty, np.empty])
def test_too_little_memory(allocate, run, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(Step, "train", lambda *arguments: allocate(2**50))
    message = "^out of memory with batches of 16 images of 16 x 16 pixels, .*: lower dataloader"
    with pytest.raises(TrainingError, match=message):
        train(run, tmp_path, 0, "")
    monkeypatch.setattr("selfstudy.commands.params.run", lambda arguments: allocate(2**50))
    with pytest.raises(SystemExit) as stop:
        cli.main(["params"])
    assert stop.value.code.startswith("error: not enough memory: ")
    assert "allocate" in stop.value.code


def test_two_may_write_the_same_file(tmp_path):
    path, left = tmp_path / "data.h5", tmp_path / ".data.h5.other1.7.part"
    left.write_text("of a process elsewhere")
    with write_whole(path) as temporary:
        temporary.write_text("whole")
        assert temporary != left
    assert left.exists()
    assert path.read_text() == "whole"


def test_what_killed_processes_left_is_removed(tmp_path):
    path = tmp_path / "data.h5"
    names = {
        f".data.h5.{name_place()}.{2**22 + 1}.part": False,  # no process has that number
        f".data.h5.{name_place()}.{os.getppid()}.part": True,
        f".other.h5.{name_place()}.{2**22 + 1}.part": True,
        ".data.h5.other1.7.part": True,
        ".data.h5.other1.8.part": False,
    }
    for name in names:
        (tmp_path / name).touch()
    yesterday = time.time() - 2 * DAY
    os.utime(tmp_path / ".data.h5.other1.8.part", (yesterday, yesterday))
    with write_whole(path) as temporary:
        temporary.touch()
    kept = {name for name, stays in names.items() if stays}
    assert {each.name for each in tmp_path.iterdir()} == {"data.h5", *kept}
