"""Starts: new weights, snapshots and files that fit, and one line where they do not."""

import warnings

import h5py
import pytest
import tiny
import torch
from safetensors.torch import save_file

import selfstudy
from selfstudy.configuration import check_start, load_configuration
from selfstudy.data.inputs import UNIT_RGB
from selfstudy.data.kinds import open_dataset
from selfstudy.errors import ConfigurationError, DataError, SelfstudyError
from selfstudy.snapshots import save_snapshot
from selfstudy.training.run import train

pytestmark = pytest.mark.usefixtures("one_thread")

# Scratch and snapshots


def test_scratch_is_what_is_made():
    start = selfstudy.Scratch(lambda: tiny.make_small("resnet9"))
    torch.manual_seed(3)
    first = start.make_backbone()
    torch.manual_seed(3)
    tiny.assert_equal(tiny.make_small("resnet9").state_dict(), first.state_dict())
    assert first.input is None
    assert start.describe() == "scratch"


@pytest.fixture
def snapshot(tmp_path):
    backbone = tiny.make_small("resnet9")
    backbone.input = UNIT_RGB
    save_snapshot(tmp_path / "run" / "snapshot.pt", backbone, {"seed": 0})
    return tmp_path / "run" / "snapshot.pt", backbone


def test_a_snapshot_is_whole(snapshot):
    path, backbone = snapshot
    for start in (selfstudy.Snapshot(path), selfstudy.Snapshot(path.parent)):
        made = start.make_backbone()
        tiny.assert_equal(made.state_dict(), backbone.state_dict())
        assert made.input == UNIT_RGB
        assert made.describe() == backbone.describe()


def test_a_snapshot_is_read_as_is_configured(snapshot):
    path, _ = snapshot
    make = lambda: tiny.make_small("resnet9", out_feats=99, freeze_at_k=1, feat_layer=2)  # noqa: E731
    made = selfstudy.Snapshot(path, make).make_backbone()
    assert made.arguments["out_feats"] == tiny.SMALL["out_feats"]
    assert (made.freeze_at_k, made.feat_layer) == (1, 2)


def test_a_snapshot_draws_no_more_than_new_weights_do(snapshot):
    path, _ = snapshot
    states = []
    for start in (
        selfstudy.Scratch(lambda: tiny.make_small("resnet9")),
        selfstudy.Snapshot(path, lambda: tiny.make_small("resnet9")),
    ):
        torch.manual_seed(0)
        start.make_backbone()
        states.append(torch.get_rng_state())
    assert torch.equal(*states)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (
            lambda: tiny.make_small("resnet18"),
            "its backbone is resnet9: expected resnet18, which is configured",
        ),
        (
            lambda: tiny.make_small("resnet9", width=8),
            "its backbone resnet9 has width = 4: expected 8, which is configured",
        ),
        (lambda: tiny.make_small("resnet9", is_half=True), "has is_half = False: expected True"),
        (lambda: tiny.make_small("resnet9", 1), "has in_channels = 3: expected 1"),
        (lambda: tiny.make_small("two_encoders"), "is resnet9: expected two_encoders"),
    ],
)
def test_snapshots_of_other_backbones_are_refused(snapshot, make, message):
    path, _ = snapshot
    with pytest.raises(ConfigurationError) as error:
        selfstudy.Snapshot(path, make).make_backbone()
    assert tiny.tell(error).startswith(f"{path}: ")
    assert message in tiny.tell(error)


def damage(path, how):
    content = torch.load(path, weights_only=True)
    backbone, weights = content["backbone"], content["weights"]
    if how == "truncated":
        path.write_bytes(path.read_bytes()[:5000])
        return
    if how == "empty":
        path.write_bytes(b"")
        return
    if how == "of 0.1":
        content = {"network": weights}
    elif how == "bare weights":
        content = weights
    elif how == "one more weight":
        weights["extra"] = torch.zeros(1)
    elif how == "one weight less":
        del weights["fc.bias"]
    elif how == "a weight that is none":
        weights["fc.bias"] = 3
    elif how == "an unknown backbone":
        backbone["name"] = "resnet8"
    elif how == "no name":
        del backbone["name"]
    elif how == "an unknown argument":
        backbone["arguments"]["depth"] = 3
    elif how == "an argument out of range":
        backbone["arguments"]["width"] = -1
    elif how == "an argument of tensors":
        backbone["arguments"]["width"] = torch.zeros(2)
    elif how == "no input":
        content["input"] = 3
    elif how == "another space":
        content["input"][0] = "hsv"
    elif how == "two means":
        content["input"][1] = [0.0, 0.0]
    elif how == "means of text":
        content["input"][1] = ["a", "b", "c"]
    torch.save(content, path)


@pytest.mark.parametrize(
    ("how", "message"),
    [
        ("truncated", "damaged, or not a snapshot"),
        ("empty", "damaged, or not a snapshot"),
        ("of 0.1", "a snapshot of selfstudy 0.1, .*train the run again"),
        ("bare weights", "not a snapshot: expected 'backbone', found stem.0.weight"),
        ("one more weight", "unexpected: extra"),
        ("one weight less", "missing: fc.bias"),
        ("an unknown backbone", "'resnet8' is not known: did you mean 'resnet"),
        ("an unknown argument", "its backbone cannot be made: .*'depth'"),
        ("a weight that is none", "damaged: expected a backbone's weights"),
        ("no name", "damaged: expected a backbone's name"),
        ("an argument out of range", "its backbone cannot be made: .*expected at least 1"),
        ("an argument of tensors", "damaged: expected a backbone's name and arguments"),
        ("no input", "damaged: its input: "),
        ("another space", "damaged: its input: expected lab or rgb"),
        ("two means", "damaged: its input: .*three means"),
        ("means of text", "damaged: its input: could not convert"),
    ],
)
def test_damaged_snapshots_are_refused(snapshot, how, message):
    path, _ = snapshot
    damage(path, how)
    for read in (lambda: selfstudy.Snapshot(path).make_backbone(), lambda: selfstudy.load(path)):
        with pytest.raises(SelfstudyError, match=message) as error:
            read()
        assert tiny.tell(error)
        assert str(path) in tiny.tell(error)


def test_missing_snapshots_are_named(tmp_path):
    with pytest.raises(DataError, match=r"there is no such snapshot.pt") as error:
        selfstudy.Snapshot(tmp_path / "nothing", key="session.start")
    assert tiny.tell(error).startswith("session.start = ")


# Files


def test_an_exported_file_says_its_input(snapshot, tmp_path):
    _, backbone = snapshot
    about = {"color_space": "rgb", "mean": "0,0,0", "std": "255,255,255"}
    save_file(backbone.state_dict(), tmp_path / "mine.safetensors", about)
    make = lambda: tiny.make_small("resnet9")  # noqa: E731
    made = selfstudy.File(tmp_path / "mine.safetensors", make).make_backbone()
    tiny.assert_equal(made.state_dict(), backbone.state_dict())
    assert made.input == UNIT_RGB


def write_file(folder, how):
    """A file of weights of a small ResNet9, damaged somehow."""
    path, weights = folder / "mine.safetensors", tiny.make_small("resnet9").state_dict()
    if how == "one more weight":
        weights["extra"] = torch.zeros(1)
    if how == "one weight less":
        del weights["stem.0.weight"]
    if how == "another width":
        weights = tiny.make_small("resnet9", width=8).state_dict()
    if how == "another architecture":
        weights = tiny.make_small("resnet18").state_dict()
    save_file(weights, path, {})
    if how == "truncated":
        path.write_bytes(path.read_bytes()[:-100])
    if how == "empty":
        path.write_bytes(b"")
    if how == "text":
        path.write_text("weights")
    if how == "a list":
        path = path.with_suffix(".pth")
        torch.save([torch.zeros(2)], path)
    if how == "not tensors":
        path = path.with_suffix(".pth")
        torch.save({"stem.0.weight": 3}, path)
    if how == "missing":
        path.unlink()
    return path


@pytest.mark.parametrize(
    ("how", "message"),
    [
        ("one more weight", "its network is not the configured one: unexpected: extra"),
        ("one weight less", "its network is not the configured one: missing: stem.0.weight"),
        ("another width", r"of another shape: stem.0.weight \(8, 3, 3, 3\) in place of \(4, 3"),
        ("another architecture", "missing: .*; unexpected: "),
        ("truncated", "damaged, or not a safetensors file"),
        ("empty", "damaged, or not a safetensors file"),
        ("text", "damaged, or not a safetensors file"),
        ("a list", "expected tensors by name, and nothing else"),
        ("not tensors", "expected tensors by name, and nothing else"),
        ("missing", "there is no such file"),
    ],
)
def test_files_that_do_not_fit_are_refused(tmp_path, how, message, prepared):
    path = write_file(tmp_path, how)
    for act in ("check", "make_backbone"):
        with pytest.raises(DataError, match=message) as error:
            getattr(selfstudy.File(path, lambda: tiny.make_small("resnet9"), "unit"), act)()
        assert tiny.tell(error).startswith(f"{path}: ")
    with pytest.raises(DataError, match=message) as error:
        finetune({"file": str(path), "input": "unit"}, prepared, tmp_path / "run")
    assert not (tmp_path / "run").exists()


def finetune(start, data, folder, *bindings):
    """A run as the commands make it."""
    given = [f"session.start = {start!r}", "ResNet.width = 4", "ResNet.out_feats = 8", *bindings]
    configuration = load_configuration(["syn/r9/classify"], [*tiny.TINY, *given])
    run = configuration.make_run(configuration.open_dataset(data))
    return run, train(run, folder, 0, "", keep_snapshot=True)


def test_a_file_that_does_not_say_its_input_is_refused(tmp_path):
    path = write_file(tmp_path, "whole")
    with pytest.raises(ConfigurationError, match=r"what images it expects: .*imagenet or unit"):
        selfstudy.File(path, lambda: tiny.make_small("resnet9")).make_backbone()
    with pytest.raises(ConfigurationError, match=r"input = 'imagnet' is not known: did you mean"):
        selfstudy.File(path, lambda: tiny.make_small("resnet9"), "imagnet")


def test_a_dataset_that_does_not_say_how_it_is_prepared_is_refused(tmp_path, prepared):
    path = write_file(tmp_path, "whole")
    with h5py.File(prepared, "r+") as file:
        del file.attrs["mean"]
    with pytest.raises(ConfigurationError, match=r"resnet9: .*prepare it anew") as error:
        finetune({"file": str(path), "input": "unit"}, prepared, tmp_path / "run")
    assert tiny.tell(error)
    assert not (tmp_path / "run").exists()


def test_images_of_a_size_that_a_backbone_cannot_take_are_refused(tmp_path, prepared):
    small = {"ndf": 4, "n_depth": 1, "n_rkhs": 8, "encoder_size": 64}
    backbone = selfstudy.make_backbone("amdim_encoder", **small)
    dataset = open_dataset(prepared)
    backbone.input = dataset.input
    save_snapshot(tmp_path / "snapshot.pt", backbone, {})
    start = selfstudy.Snapshot(tmp_path / "snapshot.pt")
    with pytest.raises(ConfigurationError, match=r"it takes images of 64 x 64 pixels") as error:
        selfstudy.finetune("classify", start, dataset, tmp_path / "run", 20)
    assert tiny.tell(error)
    assert not (tmp_path / "run").exists()


def test_checking_a_file_is_silent(tmp_path):
    path = write_file(tmp_path, "whole")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        check_start(
            {"file": str(path), "input": "unit"},
            ["syn/r9/classify"],
            ["ResNet.width = 4", "ResNet.out_feats = 8"],
        )
