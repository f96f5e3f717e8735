"""The commands, as a user gives them."""

import json
import os
import re
import shutil
import subprocess
import sys
from signal import SIGTERM

import h5py
import numpy as np
import pandas as pd
import pytest
import torch
from own_runs import NARROW

from selfstudy import cli
from selfstudy.training.loop import Step
from selfstudy.training.progress import Progress

TINY = [
    *NARROW,
    "scheduler.milestones = [1, 4]",
    "VAEModel.output_res = 16",
    "VAEModel.decoder_width = 8",
    "CMCModel.nce_k = 16",
]


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    """An empty folder to work in, and sums in one order."""
    path = tmp_path / "work"
    path.mkdir()
    monkeypatch.chdir(path)
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield path
    torch.set_num_threads(threads)


@pytest.fixture
def train(prepared, folder):
    """Train; give the run's folder."""

    def train(name, gin, *bindings, options=()):
        words = ["train", "-q", "-e", name, "-g", gin, "--data", str(prepared), *options]
        cli.main([*words, "-p", *TINY, *bindings])
        return folder / "results/runs" / name

    return train


def fails(capsys, *words):
    """The one line with which a command ends."""
    capsys.readouterr()
    with pytest.raises(SystemExit) as stop:
        cli.main(list(words))
    assert stop.value.code == 1
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 1
    return lines[0]


def metrics(run):
    return pd.read_csv(run / "metrics.csv").iloc[0]


def weights(run):
    return torch.load(run / "snapshot.pt", weights_only=True)["weights"]


def same(one, other):
    first, second = weights(one), weights(other)
    return first.keys() == second.keys() and all(
        torch.equal(first[key], second[key]) for key in first
    )


def test_help_imports_nothing_heavy():
    script = (
        "import sys; from selfstudy.cli import main\n"
        "try: main(['--help'])\n"
        "except SystemExit: print('HEAVY', [m for m in sys.modules if m.partition('.')[0] in "
        "('torch', 'numpy', 'pandas', 'h5py', 'gin', 'sklearn', 'matplotlib')])"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert all(name in done.stdout for name in cli.COMMANDS)
    assert done.stdout.splitlines()[-1] == "HEAVY []"


def test_train_leaves_a_run(train, capsys):
    run = train("mine/first", "syn/r9/classify", options=["--seed", "3"])
    assert re.fullmatch(
        r"results/runs/mine/first: accuracy 0\.\d+, best_accuracy [01]\.\d+\n",
        capsys.readouterr().out,
    )
    assert metrics(run)["seed"] == 3
    assert len(pd.read_csv(run / "history.csv")) == 4
    assert json.loads((run / "command.json").read_text())["gin"] == ["syn/r9/classify"]
    assert "round 4 of 4" in (run / "train.log").read_text()
    for name in ("config.gin", "snapshot.pt", "checkpoint.pt"):
        assert (run / name).is_file()


@pytest.mark.slow
def test_python_m_selfstudy_is_the_same(folder):
    command = [sys.executable, "-m", "selfstudy", "params", "-g", "syn/r9/vae"]
    done = subprocess.run(command, capture_output=True, text=True, cwd=folder, check=True)
    assert done.stdout.splitlines()[-1].startswith("total ")


def test_a_run_is_never_overwritten(train, prepared, capsys):
    run = train("mine", "syn/r9/classify")
    before = (run / "snapshot.pt").read_bytes()
    words = ["-g", "syn/r9/classify", "--data", str(prepared), "-p", *TINY]
    message = fails(capsys, "train", "-e", "mine", *words)
    assert message.startswith("error: results/runs/mine: there is a run already")
    message = fails(capsys, "train", "-e", "mine", "--resume", *words, "ResNet.width = 5")
    assert "was begun with other arguments" in message
    assert (run / "snapshot.pt").read_bytes() == before


@pytest.mark.parametrize("name", ["../out", "/out", "a//b", "", ".hidden"])
def test_runs_stay_in_their_folder(name, capsys):
    assert "expected a name of letters" in fails(capsys, "train", "-e", name)


@pytest.mark.slow
def test_resume_goes_on_from_the_last_checkpoint(train, prepared, monkeypatch):
    """That it ends as if never interrupted is shown in test_resume.py."""
    whole = train("whole", "syn/r9/classify")
    real = Step.train

    def stopped(*arguments):
        os.kill(os.getpid(), SIGTERM)
        return real(*arguments)

    monkeypatch.setattr(Step, "train", stopped)
    with pytest.raises(SystemExit) as stop:
        train("broken", "syn/r9/classify")
    assert stop.value.code == 75
    monkeypatch.setattr(Step, "train", real)
    broken = whole.parent / "broken"
    assert not (broken / "metrics.csv").exists()
    cli.main(["train", "-q", "-e", "broken", "--resume"])
    assert same(whole, broken)
    assert (whole / "history.csv").read_text() == (broken / "history.csv").read_text()


def test_resume_with_other_data_begins_anew(train, prepared):
    run = train("mine", "syn/r9/classify")
    with h5py.File(prepared, "r+") as file:
        file["targets"][:] = (file["targets"][:] + 1) % 10
    cli.main(["train", "-q", "-e", "mine", "--resume"])
    assert "begun anew: another dataset" in (run / "train.log").read_text()


def test_restore_session_goes_on_from_a_run(train, capsys):
    first = train("first", "syn/r9/classify")
    longer = ["session.restore_session = 'first'", "scheduler.milestones = [1, 6]"]
    second = train("second", "syn/r9/classify", *longer)
    assert pd.read_csv(second / "history.csv")["round"].tolist() == [5, 6]
    assert not same(first, second)
    with pytest.raises(SystemExit):
        train("third", "syn/r9/classify", longer[0])
    message = capsys.readouterr().err
    assert "it has trained 4 rounds, and scheduler.milestones ends at 4" in message


@pytest.mark.slow
@pytest.mark.parametrize("given", ["first", "results/runs/first", "results/runs/first/snapshot.pt"])
def test_pretrained_takes_a_name_a_folder_or_a_snapshot(given, train):
    first = train("first", "syn/r9/vae")
    none = "scheduler.target_lrs = [0, 0, 0]"
    second = train("second", "syn/r9/classify", f"Wrapper.pretrained = '{given}'", none)
    for key, value in weights(second).items():
        if key.endswith("conv1.weight"):
            assert torch.equal(value, weights(first)[key]), key


def test_missing_runs_are_named(train, capsys):
    with pytest.raises(SystemExit):
        train("second", "syn/r9/classify", "Wrapper.pretrained = 'frist'")
    message = capsys.readouterr().err
    assert "session.start = 'frist': there is no such snapshot.pt" in message
    assert "-e = 'frist': there is no such" in fails(capsys, "features", "-e", "frist")


def test_the_test_split_is_evaluated_once_at_the_end(train, monkeypatch):
    splits = []
    real = Progress.read_held_out
    monkeypatch.setattr(
        Progress,
        "read_held_out",
        lambda self, split: splits.append(split) or real(self, split),
    )
    run = train("mine", "syn/r9/classify", "session.test_iters = -1")
    assert splits == ["valid"] * 4 + ["test"] + ["valid"], "the last for the features' spread"
    assert 0 <= metrics(run)["test_accuracy"] <= 1
    assert "test_accuracy" not in metrics(train("other", "syn/r9/classify"))


def test_params_counts_by_part(capsys, reference):
    cli.main(["params", "-g", "syn/r50/vae"])
    rows = dict(line.split() for line in capsys.readouterr().out.splitlines())
    counts = {part: int(count.replace(",", "")) for part, count in rows.items()}
    expected = reference("models")["syn/r50/vae"]
    assert counts.pop("total") == expected["total_params"] == sum(counts.values())
    probes = {f"{head}_{task}" for head in ("fc", "mlp") for task in ("classify", "pose")}
    assert counts.keys() == {"backbone", "mu", "logvar", "decoder", *probes}
    model = [count for part, count in counts.items() if part not in probes]
    assert sum(model) == expected["backbone_params"]


def test_params_counts_the_head_that_is_finetuned(capsys, reference):
    cli.main(["params", "-g", "dense/r50/segment"])
    rows = dict(line.split() for line in capsys.readouterr().out.splitlines())
    backbone, head = (int(rows[part].replace(",", "")) for part in ("backbone", "head"))
    assert backbone == reference("models")["dense/r50/segment"]["backbone_params"]
    assert head == 11 * (512 + 1)
    assert int(rows["total"].replace(",", "")) == backbone + head


def test_loading_times_rounds(prepared, capsys):
    words = ["loading", "--rounds", "2", "-g", "syn/r9/amdim", "--data", str(prepared)]
    cli.main([*words, "-p", *TINY])
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith(f"{prepared}: 100 images")
    assert [line.split(":")[0] for line in lines[1:]] == ["round 1", "round 2"]


def test_features_and_linear_evaluation(train, prepared, capsys):
    run = train("mine", "syn/r9/rotate")
    cli.main(["features", "-e", "mine"])
    assert capsys.readouterr().out.splitlines()[-1] == "results/runs/mine/features.h5"
    with h5py.File(run / "features.h5") as file, h5py.File(prepared) as data:
        for split, size in (("train", 100), ("valid", 10), ("test", 10)):
            rows = file[f"{split}/rows"][:]
            assert file[f"{split}/features"].shape == (size, 256)
            assert (file[f"{split}/labels"][:] == data["targets"][:][rows]).all()
            assert np.isfinite(file[f"{split}/features"][:]).all()
    cli.main(["linear", "-e", "mine", "--labels", "20", "100", "--seeds", "0", "1"])
    table = pd.read_csv(run / "linear.csv")
    assert table[["labels", "seed"]].to_numpy().tolist() == [[20, 0], [100, 0], [20, 1], [100, 1]]
    assert table[["accuracy", "train_accuracy"]].stack().between(0, 1).all()
    assert "101 labels asked for: expected 1 to 100" in fails(
        capsys, "linear", "-e", "mine", "--labels", "101"
    )
    assert "no labels for linear evaluation of 'segment'" in fails(
        capsys, "linear", "-e", "mine", "--labels", "20", "--task", "segment"
    )


def test_a_runs_data_is_looked_for_from_here(prepared, folder, monkeypatch, capsys):
    shutil.copy(prepared, "mine.h5")
    words = ["train", "-q", "-e", "mine", "-g", "syn/r9/classify", "--data", "mine.h5"]
    cli.main([*words, "-p", *TINY])
    elsewhere, run = folder / "elsewhere", "../results/runs/mine"
    elsewhere.mkdir()
    monkeypatch.chdir(elsewhere)
    for command in (
        ["linear", "--labels", "20"],
        ["features"],
        ["export", "--format", "safetensors"],
    ):
        assert fails(capsys, *command, "-e", run) == (
            f"error: mine.h5: there is no such file here, which {run} trained on: say where it is "
            f"by --data"
        )
    cli.main(["linear", "--labels", "20", "-e", run, "--data", "../mine.h5"])
    assert (folder / "results/runs/mine/linear.csv").is_file()


@pytest.mark.parametrize("seed", ["-1", "4294967296"])
def test_seeds_that_generators_do_not_take_are_refused(seed, train, prepared, folder, capsys):
    expected = f"{seed}: expected 0 or more, a whole number below 2**32"
    words = ["-g", "syn/r9/classify", "--data", str(prepared), "--seed", seed, "-p", *TINY]
    assert fails(capsys, "train", "-q", *words) == f"error: --seed {expected}"
    assert fails(capsys, "train", "-q", "--seed", seed) == f"error: --seed {expected}"  # no data
    assert fails(capsys, "search", "s", "--trials", "1", *words) == f"error: --seed {expected}"
    assert not (folder / "results").exists()
    train("mine", "syn/r9/classify")
    words = ["linear", "-e", "mine", "--labels", "20", "--seeds", "0", seed]
    assert fails(capsys, *words) == f"error: --seeds {expected}"


def write_table(path, text):
    path.write_text(text)
    return str(path)


def test_utility_of_ones_own_numbers(folder, capsys):
    rows = ["scratch,100,0,0.2", "scratch,1000,0,0.5", "mine,100,0,0.35", "mine,1000,0,0.6"]
    path = write_table(folder / "a.csv", "\n".join(["method,labels,seed,accuracy", *rows]))
    cli.main(["utility", path, "-o", "out.csv", "--interpolation", "paper"])
    table = pd.read_csv("out.csv").set_index("labels")
    assert table.loc[100, "utility"] == pytest.approx(4.5)
    assert table.loc[1000, "censored"] == 1
    assert "dataset" not in table
    printed = capsys.readouterr().out
    assert "mine" in printed
    assert "4.5" in printed
    cli.main(["utility", path, "-o", "out.csv"])  # of two points, in the logarithm of labels
    curve = pd.read_csv("out.csv").set_index("labels")
    assert curve.loc[100, "utility"] == pytest.approx(np.sqrt(10) - 1)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("method,labels,seed\n", "column 'accuracy' is missing"),
        ("method,labels,seed,accuracy\nscratch,1e2,0,high\n", "line 2: accuracy is 'high'"),
        ("method,labels,seed,accuracy\nscratch,0,0,0.5\n", "line 2: labels is '0'"),
        ("method,labels,seed,accuracy\nmine,100,0,0.5\n", "no row has the method 'scratch'"),
        ("", "cannot be read as a table"),
    ],
)
def test_tables_that_are_none(text, message, folder, capsys):
    path = write_table(folder / "a.csv", text)
    assert message in fails(capsys, "utility", path)


@pytest.mark.slow
def test_render_goes_on_where_it_was(folder, capsys):
    words = ["render", "0100", "--resolution", "16", "--jobs", "1", "--data", "d"]
    cli.main([*words, "--images", "24"])
    place = folder / "d/packed/0100"
    assert capsys.readouterr().out == "d/packed/0100: 24 images in 12 files, and preview.png\n"
    assert (place / "preview.png").read_bytes().startswith(b"\x89PNG")
    times = {path: path.stat().st_mtime_ns for path in place.glob("*.h5")}
    (place / "imgs_07.h5").unlink()
    cli.main([*words, "--images", "24"])
    changed = [path.name for path, time in times.items() if path.stat().st_mtime_ns != time]
    assert changed == ["imgs_07.h5"]
    message = fails(capsys, *words, "--images", "36")
    assert "imgs_00.h5: is there already, with images 2 in place of 3: remove it" in message
    assert "expected a number that 12 divides" in fails(capsys, *words, "--images", "25")
