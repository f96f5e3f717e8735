"""Runs: every method trains, repeats exactly, and hands on its backbone and nothing else."""

import csv

import pandas as pd
import pytest
import torch

from selfstudy.backbones.study import Wrapper
from selfstudy.configuration import configured
from selfstudy.data.prepare import prepare
from selfstudy.errors import ConfigurationError, DataError, TrainingError
from selfstudy.training.checkpoint import read
from selfstudy.training.failure import failure
from selfstudy.training.loop import Step
from selfstudy.training.run import run
from selfstudy.training.seeds import run_seeds
from selfstudy.training.session import open_dataset
from selfstudy.training.snapshot import load_backbone
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
    with configured([f"syn/r9/{method}"], [*TINY, *bindings]):
        run(open_dataset(data), folder, seed, code="", keep_snapshot=True)
    return pd.read_csv(folder / "history.csv")


def weights(folder):
    return torch.load(folder / "snapshot.pt", weights_only=True)["network"]


@pytest.mark.parametrize("method", METHODS)
def test_pretraining_writes_its_results(method, prepared, tmp_path):
    history = pretrain(method, prepared, tmp_path / "run")
    assert history["round"].tolist() == [1, 2]
    assert history.notna().all(axis=None)
    assert ("valid_accuracy" in history) == (method != "cmc")
    metrics = pd.read_csv(tmp_path / "run" / "metrics.csv").iloc[0]
    assert metrics["seed"] == 0
    assert metrics["labels"] == 100
    operative = (tmp_path / "run" / "config.gin").read_text()
    assert f"Wrapper.model_choice = '{method}'" in operative
    assert "ResNet.width = 4" in operative


@pytest.mark.parametrize("method", METHODS)
def test_labels_never_reach_the_backbone(method, prepared, tmp_path):
    """A pretraining run's backbone is the same, bit for bit, whatever the labels are."""
    import h5py

    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    pretrain(method, prepared, tmp_path / "a")
    with h5py.File(prepared, "r+") as file:
        file["targets"][:] = (file["targets"][:] * 3 + 1) % 10
    pretrain(method, prepared, tmp_path / "b")
    torch.set_num_threads(threads)
    first, second = weights(tmp_path / "a"), weights(tmp_path / "b")
    for key in first:
        same = torch.equal(first[key], second[key])
        if key.startswith("model."):
            assert same, key
    assert not torch.equal(first["fc.0.weight"], second["fc.0.weight"])


DENSE = [*TINY, "BaseDataset.input_res = 32", "dataloader.batch_size = 8"]


@pytest.mark.parametrize("method", METHODS)
def test_dense_pretraining_watches_segmentation_and_depth(method, prepared_multi, tmp_path):
    with configured([f"dense/r50/{method}"], DENSE):
        run(open_dataset(prepared_multi), tmp_path, seed=0, code="", keep_snapshot=True)
    history = pd.read_csv(tmp_path / "history.csv")
    assert history.notna().all(axis=None)
    assert {"train_acc_mlp_segment", "train_acc_fc_depth"} <= set(history)


@pytest.mark.parametrize(
    ("task", "metrics"),
    [("segment", {"valid_mean_iou"}), ("depth", {"valid_rmse", "valid_accuracy_strict"})],
)
def test_dense_finetuning(task, metrics, prepared_multi, tmp_path):
    bindings = [*DENSE, "BaseDataset.semisupervised = 10"]
    with configured([f"dense/r50/{task}"], bindings):
        run(open_dataset(prepared_multi), tmp_path, seed=0, code="")
    history = pd.read_csv(tmp_path / "history.csv")
    assert metrics <= set(history)
    assert history[sorted(metrics)].ge(0).all(axis=None)


def test_amdims_own_encoder_trains(packed, tmp_path):
    prepare(packed, tmp_path / "data.h5", "0110", 32, "lab", seed=0)
    bindings = [*TINY, "BaseDataset.input_res = 32", "AMDIMRefModel.encoder_size = 32"]
    with configured(["syn/r9/common", "pretext/amdim_ref"], [*bindings, "AMDIMRefModel.ndf = 4"]):
        run(
            open_dataset(tmp_path / "data.h5"),
            tmp_path / "run",
            seed=0,
            code="",
            keep_snapshot=True,
        )
    assert pd.read_csv(tmp_path / "run" / "history.csv").notna().all(axis=None)


def test_a_seed_fixes_a_run(prepared, tmp_path):
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    for folder, seed in (("a", 0), ("b", 0), ("c", 1)):
        pretrain("vae", prepared, tmp_path / folder, seed)
    torch.set_num_threads(threads)
    first, again, other = (weights(tmp_path / folder) for folder in "abc")
    assert all(torch.equal(first[key], again[key]) for key in first)
    assert not torch.equal(first["fc.0.weight"], other["fc.0.weight"])


def test_finetuning_starts_from_exactly_the_backbone(prepared, tmp_path):
    pretrain("cmc", prepared, tmp_path / "run")
    snapshot = tmp_path / "run" / "snapshot.pt"
    with configured(["syn/r9/cmc", "syn/r9/classify"], TINY):
        network = Wrapper(dataset_size=100)
        readout = network.fc[0].weight.clone()
        load_backbone(snapshot, network)
    saved = weights(tmp_path / "run")
    for key, value in network.model.backbone.state_dict().items():
        assert torch.equal(value, saved[f"model.backbone.{key}"]), key
    assert torch.equal(network.fc[0].weight, readout)
    assert not [key for key in network.state_dict() if "memory" in key]


@pytest.mark.parametrize(
    ("files", "bindings", "message"),
    [
        (
            ["syn/r9/classify"],
            [],
            "missing: stem.0.weight, .* and [0-9]+ more; unexpected: l.stem.0.weight, ",
        ),
        (
            ["syn/r9/cmc", "syn/r9/classify"],
            ["ResNet.width = 8"],
            r"of another shape: l.stem.0.weight \(4, 1, 3, 3\) in place of \(8, 1, 3, 3\), ",
        ),
    ],
)
def test_another_backbone_is_refused(prepared, tmp_path, files, bindings, message):
    pretrain("cmc", prepared, tmp_path / "run")
    with configured(files, [*TINY, *bindings]):
        network = Wrapper(dataset_size=100)
        with pytest.raises(DataError, match=f"snapshot.pt: its backbone is not .*{message}"):
            load_backbone(tmp_path / "run" / "snapshot.pt", network)


def test_damaged_snapshots_are_refused(prepared, tmp_path):
    pretrain("vae", prepared, tmp_path / "run")
    whole = (tmp_path / "run" / "snapshot.pt").read_bytes()
    snapshot = tmp_path / "snapshot.pt"
    with configured(["syn/r9/classify"], TINY):
        network = Wrapper(dataset_size=100)
        for content in (b"", b"PK\x03\x04 not a zip", b"hello", whole[: len(whole) // 2]):
            snapshot.write_bytes(content)
            with pytest.raises(DataError, match=r"snapshot.pt: damaged, or not a snapshot"):
                load_backbone(snapshot, network)
        for content in ([1.0], network.state_dict()):
            torch.save(content, snapshot)
            with pytest.raises(DataError, match=r"snapshot.pt: not a snapshot: expected 'network'"):
                load_backbone(snapshot, network)


@pytest.mark.parametrize(
    ("gin", "bindings", "error", "message"),
    [
        ("syn/r9/pose", ["BaseDataset.predict_pose = False"], DataError, "no pose to learn"),
        ("syn/r9/pose", ["session.task = 'DepthTask'"], DataError, "one target an image: DepthTa"),
        ("dense/r50/segment", [], ConfigurationError, "dense_pred = True, but .* has one target"),
        ("syn/r9/classify", ["Wrapper.out_classes = [9, 5]"], ConfigurationError, "has 10 classes"),
        ("syn/r9/amdim", ["BaseDataset.double_sample = False"], ConfigurationError, "two views"),
        ("syn/r9/vae", ["BaseDataset.double_sample = True"], ConfigurationError, "two views"),
        ("syn/r9/vae", ["session.train_iters = 0"], ConfigurationError, "train_iters = 0"),
    ],
)
def test_what_does_not_fit_together_is_named(prepared, tmp_path, gin, bindings, error, message):
    with configured([gin], [*TINY, *bindings]), pytest.raises(error, match=message):
        run(open_dataset(prepared), tmp_path / "run", seed=0, code="")
    assert not (tmp_path / "run").exists()


def test_a_diverging_run_stops_and_keeps_its_last_good_checkpoint(prepared, tmp_path):
    bindings = ["scheduler.target_lrs = [0, 1e9, 1e9]", "session.checkpoint_minutes = 0"]
    message = r"run: round 1, step \d, learning rate 4e\+08: the loss is no longer finite \(last"
    with pytest.raises(TrainingError, match=message):
        pretrain("vae", prepared, tmp_path / "run", bindings=bindings)
    assert not (tmp_path / "run" / "metrics.csv").exists()
    assert "the loss is no longer finite" in failure(tmp_path / "run")
    kept = read(tmp_path / "run" / "checkpoint.pt")["network"]
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

    monkeypatch.setattr(Step, "train", full)
    with pytest.raises(TrainingError, match=r"out of GPU memory with dataloader.batch_size = 16"):
        pretrain("vae", prepared, tmp_path / "run")


@pytest.mark.parametrize(
    ("binding", "message"),
    [
        ("session.task = 'ClasifyTask'", "session.task = 'ClasifyTask' is not known: did you mean"),
        ("session.precision = 'half'", "session.precision = 'half'"),
        ("Wrapper.model_choice = 'vea'", "did you mean 'vae'"),
        ("init_resnet.choice = 'resnet10'", "expected one of resnet9"),
        ("optimizer.optim_fn = 'Adm'", "did you mean 'Adam'"),
        ("scheduler.milestones = [5, 2]", "expected rising milestones"),
    ],
)
def test_bad_values_are_named(prepared, tmp_path, binding, message):
    with pytest.raises(ConfigurationError, match=message):
        pretrain("vae", prepared, tmp_path / "run", bindings=[binding])


def finetune(data, folder, seeds, labels=20, code="as it is"):
    bindings = [*TINY, f"BaseDataset.semisupervised = {labels}"]
    with configured(["syn/r9/classify"], bindings):
        run_seeds(data, folder, seeds, code)
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
    history = pd.read_csv(tmp_path / "n20" / "history.csv")
    assert history.groupby("seed").size().to_dict() == {0: 2, 1: 2}


def test_a_changed_configuration_trains_anew(prepared, tmp_path):
    finetune(prepared, tmp_path / "run", [0], labels=20)
    trained = (tmp_path / "run" / "seed0" / "metrics.csv").stat().st_mtime_ns
    rows = finetune(prepared, tmp_path / "run", [0], labels=30)
    retrained = (tmp_path / "run" / "seed0" / "metrics.csv").stat().st_mtime_ns
    assert retrained != trained
    assert rows[0]["labels"] == "30"
    finetune(prepared, tmp_path / "run", [0], labels=30, code="changed")
    assert (tmp_path / "run" / "seed0" / "metrics.csv").stat().st_mtime_ns != retrained
