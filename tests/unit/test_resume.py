"""Runs that are killed, stopped or damaged end as if nothing had happened."""

import logging
import os
import random
import shutil
import signal
import time
from contextlib import contextmanager, suppress
from multiprocessing import get_context
from pathlib import Path

import pandas as pd
import pytest
import tiny
import torch
from own_runs import make_run

from selfstudy.errors import ConfigurationError, DataError, InterruptionError
from selfstudy.job import run_job
from selfstudy.training import checkpoint
from selfstudy.training import run as training
from selfstudy.training.checkpoint import Checkpoints
from selfstudy.training.failure import read_failure
from selfstudy.training.holding import hold
from selfstudy.training.learners import Pretraining
from selfstudy.training.seeds import train_seeds

TINY = [
    "session.precision = 'float32'",
    "session.checkpoint_minutes = 0",
    "BaseDataset.input_res = 16",
    "BaseDataset.min_round = 64",
    "ResNet.width = 4",
    "dataloader.batch_size = 16",
    "scheduler.milestones = [1, 12]",
    "VAEModel.output_res = 16",
    "VAEModel.decoder_width = 8",
    "CMCModel.nce_k = 16",
]
BLOCKS = ["BaseDataset.max_images = 40", "BaseDataset.chunk_size = 10"]
SEEDS = {0: None, 1: None}
KILLS = 5  # of each run
DATA = "data_16_lab.h5"  # the same file for all, as tables say where it lies
LIMIT = 60  # seconds that any process here may take


def train(gin, bindings, data, folder):
    """One run, or the seeds of a budget, as a job of the workflow does it."""
    with run_job(f"{folder}.log", 1):
        torch.set_num_threads(1)
        run = make_run(data, [f"syn/r9/{gin}"], [*TINY, *bindings])
        if run.labels:
            train_seeds({None: run}, folder, SEEDS, code="")
        else:
            save_learner(training.train(run, folder, 0, code="", keep_snapshot=True), folder)


def save_learner(trained, folder):
    """Save all that was trained: a snapshot holds the backbone alone."""
    torch.save(trained.learner.state_dict(), folder / "learner.pt")


@pytest.fixture(scope="module")
def processes():
    """Processes that have the package imported already, and no threads."""
    context = get_context("forkserver")
    context.set_forkserver_preload(["selfstudy.training.seeds", "selfstudy.job"])
    return context


@contextmanager
def starting(processes, data):
    """Start processes that train; kill them in the end."""
    running = []

    def start(folder, gin, bindings=()):
        process = processes.Process(target=train, args=(gin, bindings, data, folder))
        process.start()
        running.append(process)
        return process

    yield start
    for process in running:
        process.kill()
        process.join()


@pytest.fixture
def started(processes, made_once):
    """Start a process that trains; give it."""
    with starting(processes, made_once / DATA) as start:
        yield start


def until(condition, process):
    """Wait for a condition, or for the end of a process; say which it was."""
    end = time.monotonic() + LIMIT
    while time.monotonic() < end:
        if condition():
            return True
        if not process.is_alive():
            return False
        time.sleep(0.002)
    raise TimeoutError


def results(folder):
    """What runs leave, but for their times: text of tables, weights."""
    tables = {
        path.relative_to(folder).as_posix(): path.read_text()
        for path in folder.rglob("*.csv")
        if path.name != "times.csv"
    }
    weights = {
        path.relative_to(folder).as_posix(): torch.load(path, weights_only=True)
        for path in [*folder.rglob("snapshot.pt"), *folder.rglob("learner.pt")]
    }
    return tables, {name: content.get("weights", content) for name, content in weights.items()}


def assert_same(one, other):
    (tables, weights), (other_tables, other_weights) = results(one), results(other)
    assert tables == other_tables
    assert weights.keys() == other_weights.keys()
    for name, network in weights.items():
        assert all(torch.equal(value, other_weights[name][key]) for key, value in network.items())
    assert tables


@pytest.mark.slow
@pytest.mark.parametrize(
    ("gin", "bindings"),
    [
        ("vae", ["VAEModel.inpainting = True"]),
        ("rotate", BLOCKS),
        ("cmc", []),
        ("amdim", [*BLOCKS, "BaseDataset.remote_loading = False"]),
        ("classify", ["BaseDataset.semisupervised = 20"]),
        ("classify", ["session.train_iters = 9", "session.test_iters = -1"]),
    ],
)
def test_killed_runs_end_as_if_never_killed(gin, bindings, started, tmp_path):
    whole, broken = tmp_path / "whole", tmp_path / "broken"
    process = started(whole, gin, bindings)
    process.join(LIMIT)
    assert process.exitcode == 0
    assert not list(whole.rglob("checkpoint*.pt")), "nothing is left of a run that has ended"

    rng, kills = random.Random(str(bindings)), 0
    while True:
        before = newest(broken)
        process = started(broken, gin, bindings)
        # It dies when it has got a little further, often while it writes.
        if kills == KILLS or not until(lambda old=before: newest(broken) > old, process):
            process.join(LIMIT)
            break
        process.join(rng.uniform(0, 0.05))
        process.kill()
        process.join()
        kills += 1
    assert process.exitcode == 0
    assert kills >= 2
    assert_same(whole, broken)


def newest(folder):
    """When the last checkpoint below a folder was written."""
    times = [0]
    for path in folder.rglob("checkpoint.pt"):
        with suppress(FileNotFoundError):  # it is being replaced
            times.append(path.stat().st_mtime_ns)
    return max(times)


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGUSR1, signal.SIGINT])
def test_a_request_to_stop_is_answered_with_a_checkpoint(number, started, tmp_path):
    folder, whole = tmp_path / "run", tmp_path / "whole"
    bindings = ["session.checkpoint_minutes = 1000", "scheduler.milestones = [1, 60]"]
    process = started(folder, "cmc", bindings)
    assert until(lambda: lines(folder / "progress.csv") > 3, process)
    os.kill(process.pid, number)
    if number != signal.SIGINT:
        os.kill(process.pid, number)  # Slurm asks twice
    process.join(LIMIT)
    assert process.exitcode == 75
    log = Path(f"{folder}.log").read_text()
    assert f"stopped by {number.name} in round" in log
    assert "Traceback" not in log
    assert (folder / "checkpoint.pt").is_file()
    assert not (folder / "metrics.csv").exists()
    assert not read_failure(folder)
    for place in (folder, whole):
        again = started(place, "cmc", bindings)
        again.join(LIMIT)
        assert again.exitcode == 0
    assert_same(folder, whole)


def test_a_run_that_ends_when_asked_to_stop_is_not_lost(prepared, tmp_path, caplog):
    """A cluster then counts the job as failed, and the workflow deletes what it made."""

    def asked_in_the_last_round(row):
        if row["round"] == 2:
            os.kill(os.getpid(), signal.SIGTERM)
        return False

    def trained(folder, **options):
        run = make_run(prepared, ["syn/r9/rotate"], [*TINY, "scheduler.milestones = [1, 2]"])
        save_learner(training.train(run, folder, 0, "", keep_snapshot=True, **options), folder)

    folder, whole = tmp_path / "run", tmp_path / "whole"
    trained(whole)
    with pytest.raises(InterruptionError, match="stopped by SIGTERM in round 2 of 2"):
        trained(folder, stop=asked_in_the_last_round)
    (folder / "snapshot.pt").unlink()
    caplog.clear()
    with caplog.at_level(logging.INFO, "selfstudy"):
        trained(folder)
    assert " round " not in caplog.text, "none is trained again"
    assert_same(folder, whole)
    assert not list(folder.glob("checkpoint*.pt"))


def lines(path):
    return len(path.read_text().splitlines()) if path.exists() else 0


@pytest.fixture(scope="module")
def stopped_once(processes, made_once, tmp_path_factory):
    """A folder of a run that was killed when it had two checkpoints, and of one that was not."""
    place = tmp_path_factory.mktemp("stopped")
    folder, names = place / "run", ("checkpoint.pt", "checkpoint.previous.pt")

    def both():
        return all((folder / name).exists() for name in names)

    with starting(processes, made_once / DATA) as start:
        while not both():  # it may be killed while one takes the other's place
            process = start(folder, "rotate")
            assert until(both, process)
            process.kill()
            process.join()
        start(place / "whole", "rotate").join(LIMIT)
    return place


@pytest.fixture
def stopped(stopped_once, tmp_path):
    """Copies of them."""
    return [shutil.copytree(stopped_once / name, tmp_path / name) for name in ("run", "whole")]


@pytest.mark.slow
@pytest.mark.parametrize("damaged", [1, 2])
@pytest.mark.parametrize("damage", ["flipped", "truncated", "empty"])
def test_damaged_checkpoints_are_passed_over(damaged, damage, stopped, started):
    folder, whole = stopped
    for name in ("checkpoint.pt", "checkpoint.previous.pt")[:damaged]:
        content = bytearray((folder / name).read_bytes())
        content[len(content) // 2] ^= 1
        short = {"flipped": content, "truncated": content[: len(content) // 3], "empty": b""}
        (folder / name).write_bytes(short[damage])
    started(folder, "rotate").join(LIMIT)
    log = Path(f"{folder}.log").read_text()
    assert log.count("damaged: its content and its checksum do not agree") == damaged
    assert_same(folder, whole)


@pytest.mark.slow
def test_another_configuration_begins_anew(stopped, started):
    folder, _ = stopped
    process = started(folder, "rotate", ["ResNet.width = 6"])
    process.join(LIMIT)
    assert process.exitcode == 0
    assert "begun anew: another configuration" in Path(f"{folder}.log").read_text()
    assert len(pd.read_csv(folder / "history.csv")) == 12


@pytest.mark.slow
def test_other_code_begins_anew(stopped, prepared, caplog):
    folder, _ = stopped
    with caplog.at_level(logging.WARNING, "selfstudy"):
        training.train(make_run(prepared, ["syn/r9/rotate"], TINY), folder, 0, code="changed")
    assert "begun anew: another source" in caplog.text


@pytest.mark.slow
def test_a_second_process_is_refused(started, prepared, tmp_path):
    folder = tmp_path / "run"
    process = started(folder, "vae", ["scheduler.milestones = [1, 500]"])
    assert until((folder / "checkpoint.pt").exists, process)
    second = started(folder, "vae", ["scheduler.milestones = [1, 500]"])
    second.join(LIMIT)
    assert second.exitcode == 1
    assert "run: another process is training here" in Path(f"{folder}.log").read_text()
    process.kill()
    process.join()
    with hold(folder):  # the lock died with the process
        pass
    with hold(folder), pytest.raises(ConfigurationError, match="another process"), hold(folder):
        pass


def test_a_kill_between_two_renames_loses_nothing(tmp_path):
    """The last checkpoint is set aside before the new one takes its place."""
    checkpoint.write_checkpoint(tmp_path, dict.fromkeys(checkpoint.KEYS, 1))
    checkpoint.write_checkpoint(tmp_path, dict.fromkeys(checkpoint.KEYS, 2))
    assert checkpoint.read_checkpoint(tmp_path / "checkpoint.pt")["round"] == 2
    assert checkpoint.read_checkpoint(tmp_path / "checkpoint.previous.pt")["round"] == 1
    (tmp_path / "checkpoint.pt").unlink()
    with pytest.raises(DataError, match=r"checkpoint.pt: cannot be read"):
        checkpoint.read_checkpoint(tmp_path / "checkpoint.pt")


@pytest.mark.parametrize("precision", ["bfloat16", "float16"])
def test_a_run_goes_on_in_the_precision_it_began_in(precision, tmp_path):
    begun = tiny.make_step(Pretraining(tiny.make_method("rotate"), {}), precision=precision)
    _, norm = begun.train(tiny.draw_block(), 1e-3, 0.5)
    assert norm.isfinite()
    checkpoints = Checkpoints(tmp_path, {"seed": "0"}, 5)
    checkpoints.save(begun, 1, {})
    checkpoints.wait()
    elsewhere = tiny.make_step(Pretraining(tiny.make_method("rotate"), {}))
    assert elsewhere.precision == "float32"
    assert checkpoints.restore(elsewhere) == {}
    assert elsewhere.precision == precision
    assert elsewhere.autocast.fast_dtype == begun.autocast.fast_dtype
    assert elsewhere.scaler.state_dict() == begun.scaler.state_dict()
