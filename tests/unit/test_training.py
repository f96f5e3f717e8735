"""Runs: every method trains, repeats exactly, and hands on its backbone and nothing else."""

import csv
import re
from functools import partial

import h5py
import pandas as pd
import pytest
import torch
from own_runs import make_run

from selfstudy.backbones.base import make_backbone
from selfstudy.configuration import load_configuration
from selfstudy.data.dataset import BaseDataset
from selfstudy.data.prepare import prepare
from selfstudy.errors import ConfigurationError, DataError, TrainingError
from selfstudy.measures import measure_classes
from selfstudy.snapshots import load, read_snapshot
from selfstudy.training.checkpoint import read_checkpoint
from selfstudy.training.failure import read_failure
from selfstudy.training.loop import Step
from selfstudy.training.run import train
from selfstudy.training.seeds import train_seeds
from selfstudy.training.watch import Watch

METHODS = ("vae", "rotate", "cmc", "amdim")
TINY = [
    "session.precision = 'float32'",
    "BaseDataset.input_res = 16",
    "BaseDataset.min_round = 32",
    "ResNet.width = 4",
    "dataloader.batch_size = 16",
    "scheduler.milestones = [1, 2]",
    "VAEModel.output_res = 16",
    "VAEModel.decoder_width = 8",
    "CMCModel.nce_k = 16",
]


def pretrain(method, data, folder, seed=0, bindings=()):
    run = make_run(data, [f"syn/r9/{method}"], [*TINY, *bindings])
    train(run, folder, seed, code="", keep_snapshot=True, keep_checkpoint=True)
    return pd.read_csv(folder / "history.csv")


def learner(folder):
    """All that a run has trained: the method and its probes."""
    return read_checkpoint(folder / "checkpoint.pt")["learner"]


@pytest.mark.parametrize("method", METHODS)
def test_pretraining_writes_its_results(method, prepared, tmp_path):
    history = pretrain(method, prepared, tmp_path / "run")
    assert history["round"].tolist() == [1, 2]
    assert history.notna().all(axis=None)
    assert ("valid_accuracy" in history) == (method != "cmc")
    metrics = pd.read_csv(tmp_path / "run" / "metrics.csv").iloc[0]
    assert metrics["seed"] == 0
    assert metrics["labels"] == 100
    assert {"train_loss_fc_classify", "train_acc_mlp_pose"} <= set(history)
    trained = read_snapshot(tmp_path / "run" / "snapshot.pt")["trained"]
    assert (trained["method"], trained["task"], trained["seed"]) == (method, None, 0)
    assert trained["rounds"] == 2
    operative = (tmp_path / "run" / "config.gin").read_text()
    assert f"session.method = '{method}'" in operative
    assert "ResNet.width = 4" in operative


@pytest.mark.slow
@pytest.mark.parametrize("method", METHODS)
def test_labels_never_reach_the_backbone(method, prepared, tmp_path):
    """A pretraining run's backbone is the same, bit for bit, whatever the labels are."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    pretrain(method, prepared, tmp_path / "a")
    with h5py.File(prepared, "r+") as file:
        file["targets"][:] = (file["targets"][:] * 3 + 1) % 10
    pretrain(method, prepared, tmp_path / "b")
    torch.set_num_threads(threads)
    first, second = learner(tmp_path / "a"), learner(tmp_path / "b")
    for key in first:
        same = torch.equal(first[key], second[key])
        if key.startswith("method."):
            assert same, key
    probe = "probes.fc_classify.head.weight"
    assert not torch.equal(first[probe], second[probe])


DENSE = [*TINY, "BaseDataset.input_res = 32", "dataloader.batch_size = 8"]


@pytest.mark.parametrize("method", METHODS)
def test_dense_pretraining_watches_segmentation_and_depth(method, prepared_multi, tmp_path):
    run = make_run(prepared_multi, [f"dense/r50/{method}"], DENSE)
    train(run, tmp_path, seed=0, code="", keep_snapshot=True)
    history = pd.read_csv(tmp_path / "history.csv")
    assert history.notna().all(axis=None)
    assert {"train_acc_mlp_segment", "train_acc_fc_depth"} <= set(history)


@pytest.mark.parametrize(
    ("task", "metrics"),
    [("segment", {"valid_mean_iou"}), ("depth", {"valid_rmse", "valid_accuracy_strict"})],
)
def test_dense_finetuning(task, metrics, prepared_multi, tmp_path):
    bindings = [*DENSE, "BaseDataset.semisupervised = 10"]
    train(make_run(prepared_multi, [f"dense/r50/{task}"], bindings), tmp_path, seed=0, code="")
    history = pd.read_csv(tmp_path / "history.csv")
    assert metrics <= set(history)
    assert history[sorted(metrics)].ge(0).all(axis=None)


def test_amdims_own_encoder_trains(packed, tmp_path):
    prepare(packed, tmp_path / "data.h5", "0110", 32, "lab", seed=0)
    bindings = [*TINY, "BaseDataset.input_res = 32", "AMDIMRefModel.encoder_size = 32"]
    run = make_run(
        tmp_path / "data.h5",
        ["syn/r9/common", "pretext/amdim_ref"],
        [*bindings, "AMDIMRefModel.ndf = 4"],
    )
    train(run, tmp_path / "run", seed=0, code="", keep_snapshot=True)
    assert pd.read_csv(tmp_path / "run" / "history.csv").notna().all(axis=None)


def test_a_seed_fixes_a_run(prepared, tmp_path):
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    for folder, seed in (("a", 0), ("b", 0), ("c", 1)):
        pretrain("vae", prepared, tmp_path / folder, seed)
    torch.set_num_threads(threads)
    first, again, other = (learner(tmp_path / folder) for folder in "abc")
    assert all(torch.equal(first[key], again[key]) for key in first)
    probe = "probes.fc_classify.head.weight"
    assert not torch.equal(first[probe], other[probe])


def start_from(snapshot, data, files, bindings=()):
    """What finetuning begins with."""
    configuration = load_configuration(
        files, [*TINY, *bindings, f"Wrapper.pretrained = {str(snapshot)!r}"]
    )
    torch.manual_seed(0)
    return configuration.make_learner(configuration.open_dataset(data))


def test_finetuning_starts_from_exactly_the_backbone(prepared, tmp_path):
    pretrain("cmc", prepared, tmp_path / "run")
    snapshot, files = tmp_path / "run" / "snapshot.pt", ["syn/r9/cmc", "syn/r9/classify"]
    begun = start_from(snapshot, prepared, files)
    saved = read_snapshot(snapshot)["weights"]
    assert begun.backbone.state_dict().keys() == saved.keys()
    for key, value in begun.backbone.state_dict().items():
        assert torch.equal(value, saved[key]), key
    torch.manual_seed(0)
    scratch = make_run(prepared, files, TINY).make()
    assert torch.equal(begun.task.head.weight, scratch.task.head.weight), "a seed's head is one"
    assert not torch.equal(begun.backbone.l.fc.weight, scratch.backbone.l.fc.weight)
    assert not [key for key in begun.state_dict() if "memory" in key]
    assert all(key.startswith(("backbone.", "task.")) for key in begun.state_dict())


@pytest.mark.parametrize(
    ("files", "bindings", "message"),
    [
        (["syn/r9/classify"], [], "is two_encoders: expected resnet9, which is configured"),
        (
            ["syn/r9/cmc", "syn/r9/classify"],
            ["ResNet.width = 8"],
            "resnet9 has width = 4: expected 8, which is configured",
        ),
    ],
)
def test_another_backbone_is_refused(prepared, tmp_path, files, bindings, message):
    pretrain("cmc", prepared, tmp_path / "run")
    with pytest.raises(ConfigurationError, match=rf"snapshot.pt: its backbone {message}"):
        start_from(tmp_path / "run" / "snapshot.pt", prepared, files, bindings)


def test_weights_that_are_not_the_backbones_are_refused(prepared, tmp_path):
    pretrain("vae", prepared, tmp_path / "run")
    snapshot = tmp_path / "run" / "snapshot.pt"
    whole = torch.load(snapshot, weights_only=True)
    weights = whole["weights"]
    rest = {key: value for key, value in weights.items() if not key.startswith("stem.")}
    changes = {
        "missing: stem.0.weight, .* and [0-9]+ more; unexpected: memory$": rest
        | {"memory": torch.zeros(2)},
        r"of another shape: stem.0.weight \(2, 3, 3, 3\) in place of \(4, 3, 3, 3\)$": weights
        | {"stem.0.weight": weights["stem.0.weight"][:2]},
    }
    for message, changed in changes.items():
        torch.save(whole | {"weights": changed}, snapshot)
        with pytest.raises(DataError, match=f"snapshot.pt: its backbone is not .*{message}"):
            start_from(snapshot, prepared, ["syn/r9/classify"])
        with pytest.raises(DataError, match=f"snapshot.pt: its backbone is not .*{message}"):
            load(snapshot)


def test_damaged_snapshots_are_refused(prepared, tmp_path):
    pretrain("vae", prepared, tmp_path / "run")
    whole = (tmp_path / "run" / "snapshot.pt").read_bytes()
    snapshot = tmp_path / "snapshot.pt"

    def refuse(message):
        for take in (partial(start_from, data=prepared, files=["syn/r9/classify"]), load):
            with pytest.raises(DataError, match=message) as caught:
                take(snapshot)
            assert "\n" not in str(caught.value)

    for content in (b"", b"PK\x03\x04 not a zip", b"hello", whole[: len(whole) // 2]):
        snapshot.write_bytes(content)
        refuse(r"snapshot.pt: damaged, or not a snapshot")
    for content in ([1.0], make_backbone("resnet9", width=2).state_dict()):
        torch.save(content, snapshot)
        refuse(r"snapshot.pt: not a snapshot: expected 'backbone', found ")
    torch.save({"network": {"fc.weight": torch.zeros(2)}}, snapshot)
    refuse(r"snapshot.pt: a snapshot of selfstudy 0.1, .*: train the run again$")


@pytest.mark.parametrize(
    ("gin", "bindings", "error", "message"),
    [
        ("syn/r9/pose", ["session.task = 'DepthTask'"], DataError, "one target per image: Depth n"),
        ("dense/r50/segment", [], DataError, "one target per image: Segment needs one for every"),
        ("syn/r9/classify", ["Wrapper.out_classes = [9, 5]"], ConfigurationError, "has 10 classes"),
        ("syn/r9/amdim", ["BaseDataset.double_sample = False"], ConfigurationError, "2 views"),
        ("syn/r9/vae", ["BaseDataset.double_sample = True"], ConfigurationError, "1 view:"),
        ("syn/r9/vae", ["session.train_iters = 0"], ConfigurationError, "train_iters = 0"),
    ],
)
def test_what_does_not_fit_together_is_named(prepared, tmp_path, gin, bindings, error, message):
    with pytest.raises(error, match=message):
        train(make_run(prepared, [gin], [*TINY, *bindings]), tmp_path / "run", seed=0, code="")
    assert not (tmp_path / "run").exists()


def test_images_without_a_pose_teach_none(prepared, tmp_path):
    with h5py.File(prepared, "r+") as file:
        del file["rot_mat"]
    with pytest.raises(DataError, match=r"data_16_lab.h5: no pose to learn: expected 'rot_mat'"):
        train(make_run(prepared, ["syn/r9/pose"], TINY), tmp_path / "run", seed=0, code="")
    assert not (tmp_path / "run").exists()
    assert set(make_run(prepared, ["syn/r9/vae"], TINY).make().probes) == {
        "fc_classify",
        "mlp_classify",
    }


def test_a_damaged_pose_is_not_taken_for_none(prepared, tmp_path):
    with h5py.File(prepared, "r+") as file:
        rotations = file["rot_mat"][:-1]
        del file["rot_mat"]
        file["rot_mat"] = rotations
    with pytest.raises(DataError, match=r"data_16_lab.h5: 119 rows in 'rot_mat' for 120 images"):
        pretrain("vae", prepared, tmp_path / "run")


def test_a_diverging_run_stops_and_keeps_its_last_good_checkpoint(prepared, tmp_path):
    bindings = ["scheduler.target_lrs = [0, 1e9, 1e9]", "session.checkpoint_minutes = 0"]
    message = r"run: round 1, step \d, learning rate 4e\+08: the loss is no longer finite \(last"
    with pytest.raises(TrainingError, match=message):
        pretrain("vae", prepared, tmp_path / "run", bindings=bindings)
    assert not (tmp_path / "run" / "metrics.csv").exists()
    assert "the loss is no longer finite" in read_failure(tmp_path / "run")
    kept = read_checkpoint(tmp_path / "run" / "checkpoint.pt")["learner"]
    assert all(torch.isfinite(value).all() for value in kept.values())


def test_gradients_are_watched(tmp_path):
    watch = Watch(tmp_path)
    watch.add(1, 1, 0.1, torch.tensor(2.0), torch.tensor(3.0))
    watch.add(1, 2, 0.2, torch.tensor(1.5), torch.tensor(float("inf")))
    message = r"step 2, learning rate 0.2: the gradient is .* loss 2, gradient's norm 3\)"
    with pytest.raises(TrainingError, match=message):
        watch.check()


def test_a_full_gpu_names_what_to_lower(prepared, tmp_path, monkeypatch):
    def full(*arguments):
        raise torch.OutOfMemoryError("CUDA out of memory")

    message = (
        "out of GPU memory with batches of 16 images of 16 x 16 pixels, and up to 50000 held "
        "there: lower dataloader.batch_size, or rounds.max_images"
    )
    for place, name in ((Step, "train"), (BaseDataset, "read")):
        with monkeypatch.context() as patch:
            patch.setattr(place, name, full)
            with pytest.raises(TrainingError, match=f"^{re.escape(message)}$"):
                pretrain("vae", prepared, tmp_path / name)
        assert read_failure(tmp_path / name) == f"TrainingError: {message}"


@pytest.mark.parametrize(
    ("binding", "message"),
    [
        (
            "session.task = 'ClasifyTask'",
            "session.task = 'ClasifyTask' is not known: did you mean 'cl",
        ),
        ("session.precision = 'half'", "session.precision = 'half'"),
        ("Wrapper.model_choice = 'vea'", "did you mean 'vae'"),
        ("init_resnet.choice = 'resnet10'", "backbone = 'resnet10' is not known: did you mean"),
        ("optimizer.optim_fn = 'Adm'", "did you mean 'Adam'"),
        ("scheduler.milestones = [5, 2]", "expected rising milestones"),
    ],
)
def test_bad_values_are_named(prepared, tmp_path, binding, message):
    with pytest.raises(ConfigurationError, match=message):
        pretrain("vae", prepared, tmp_path / "run", bindings=[binding])


def finetune(data, folder, seeds, labels=20, code="as it is"):
    bindings = [*TINY, f"BaseDataset.semisupervised = {labels}"]
    run = make_run(data, ["syn/r9/classify"], bindings)
    train_seeds({None: run}, folder, dict.fromkeys(seeds), code)
    with (folder / "metrics.csv").open() as file:
        return list(csv.DictReader(file))


def test_adding_a_seed_trains_that_seed_alone(prepared, tmp_path):
    first = finetune(prepared, tmp_path / "n20", [0])
    trained = (tmp_path / "n20" / "seed0" / "metrics.csv").stat().st_mtime_ns
    rows = finetune(prepared, tmp_path / "n20", [0, 1])
    assert (tmp_path / "n20" / "seed0" / "metrics.csv").stat().st_mtime_ns == trained
    assert [row["seed"] for row in rows] == ["0", "1"]
    assert rows[0] == first[0]
    assert rows[0]["label_subset"] != rows[1]["label_subset"]
    backbone = load_configuration(["syn/r9/classify"], TINY).make_backbone()
    head = 10 * (256 + 1)
    assert rows[0]["parameters"] == str(sum(p.numel() for p in backbone.parameters()) + head)
    history = pd.read_csv(tmp_path / "n20" / "history.csv")
    assert history.groupby("seed").size().to_dict() == {0: 2, 1: 2}


def test_classes_are_measured_and_those_with_labels_counted(prepared, tmp_path, caplog):
    caplog.set_level("INFO", "selfstudy")
    bindings = [*TINY, "session.labels = 7", "session.subset = 'random'", "session.test_iters = -1"]
    run, folder = make_run(prepared, ["syn/r9/classify"], bindings), tmp_path / "run"
    trained = train(run, folder, 3, code="")
    classes = len(set(run.dataset.targets[run.dataset.labelled_rows(7, 3, "random")]))
    assert trained.metrics["classes"] == classes < 7
    assert f"{folder}: 7 labels of {classes} of 10 classes: " in caplog.text
    last = pd.read_csv(folder / "history.csv").iloc[-1]
    rows = run.dataset.rows("valid")
    valid = run.dataset.read(rows, torch.device("cpu"), {"Classify": run.dataset.targets})
    learner = trained.learner.eval()
    with torch.no_grad():
        logits = learner.task(learner.backbone(valid.images.float()))
    expected = measure_classes(logits.numpy(), run.dataset.targets[rows])
    for name, value in expected.items():
        assert trained.metrics[name] == last[f"valid_{name}"] == pytest.approx(value)
        assert 0 <= trained.metrics[f"test_{name}"] <= 1


def test_adding_a_network_trains_the_seeds_that_start_from_it(prepared, tmp_path):
    """And a seed that is added, that seed."""
    files, runs = ["syn/r9/vae", "syn/r9/classify"], {}
    for network in (0, 7):
        pretrain("vae", prepared, tmp_path / f"vae{network}", seed=network)
        bindings = [*TINY, f"session.start = '{tmp_path}/vae{network}'", "session.labels = 20"]
        runs[network] = make_run(prepared, files, bindings)

    def train_again(networks):
        chosen = {network: runs[network] for network in networks.values()}
        train_seeds(chosen, tmp_path / "n20", networks, "")
        table = pd.read_csv(tmp_path / "n20/metrics.csv")
        assert dict(zip(table["seed"], table["pretrain_seed"], strict=True)) == networks
        return {
            seed: (tmp_path / f"n20/seed{seed}/metrics.csv").stat().st_mtime_ns for seed in networks
        }

    first = train_again({0: 0, 1: 0, 2: 0})
    second = train_again({0: 0, 1: 7, 2: 0})
    assert [seed for seed in first if first[seed] != second[seed]] == [1]
    third = train_again({0: 0, 1: 7, 2: 0, 3: 7})
    assert third.items() > second.items()
    operative = (tmp_path / "n20/seed3/config.gin").read_text()
    assert f"session.start = '{tmp_path}/vae7'" in operative


def test_a_changed_configuration_trains_anew(prepared, tmp_path):
    finetune(prepared, tmp_path / "run", [0], labels=20)
    trained = (tmp_path / "run" / "seed0" / "metrics.csv").stat().st_mtime_ns
    rows = finetune(prepared, tmp_path / "run", [0], labels=30)
    retrained = (tmp_path / "run" / "seed0" / "metrics.csv").stat().st_mtime_ns
    assert retrained != trained
    assert rows[0]["labels"] == "30"
    finetune(prepared, tmp_path / "run", [0], labels=30, code="changed")
    assert (tmp_path / "run" / "seed0" / "metrics.csv").stat().st_mtime_ns != retrained
