"""Stamps: a run is another where what it is made of is, and not where that lies elsewhere."""

import shutil

import pytest
import tiny
import torch

import selfstudy
from selfstudy.configuration import load_configuration
from selfstudy.data.inputs import IMAGENET, UNIT_RGB
from selfstudy.snapshots import save_snapshot
from selfstudy.training.checkpoint import CHECKPOINT


def save(path, backbone, images=UNIT_RGB, **trained):
    backbone.input = images
    save_snapshot(path, backbone, trained)
    return selfstudy.Snapshot(path).describe()


def test_a_snapshot_is_its_weights_and_not_how_it_came_about(tmp_path):
    backbone = tiny.make_small("resnet9")
    first = save(tmp_path / "a.pt", backbone, data="here.h5", seed=0)
    assert save(tmp_path / "elsewhere/b.pt", backbone, data="/there.h5") == first
    assert save(tmp_path / "a.pt", backbone, IMAGENET) != first
    with torch.no_grad():
        backbone.fc.bias[0] += 1
    assert save(tmp_path / "a.pt", backbone) != first


def test_a_file_of_weights_is_another_with_other_images(tmp_path):
    path, copy = tmp_path / "a.pt", tmp_path / "elsewhere.pt"
    torch.save(tiny.make_small("resnet9").state_dict(), path)
    shutil.copyfile(path, copy)
    make = lambda: tiny.make_small("resnet9")  # noqa: E731
    told = [selfstudy.File(path, make, images).describe() for images in ("unit", "imagenet", None)]
    assert len(set(told)) == 3
    assert selfstudy.File(copy, make, "unit").describe() == told[0]


@pytest.mark.parametrize("key", ["session.start", "session.restore_session"])
def test_a_run_does_not_depend_on_where_others_lie(prepared, tmp_path, monkeypatch, key):
    """In the folder of the run that it goes on from there is a snapshot, and a checkpoint."""
    monkeypatch.chdir(tmp_path)
    save(tmp_path / "run/snapshot.pt", load_backbone())
    (tmp_path / "run" / CHECKPOINT).write_bytes(b"state")
    shutil.copytree(tmp_path / "run", tmp_path / "elsewhere")
    bindings = [*tiny.TINY, "ResNet.width = 4", "session.labels = 20"]
    stamps = []
    for place in ("run", str(tmp_path / "elsewhere")):
        configuration = load_configuration(["syn/r9/classify"], [*bindings, f"{key} = {place!r}"])
        run = configuration.make_run(configuration.open_dataset(prepared))
        learner = run.make()
        stamps.append(run.stamp(learner, "code"))
        assert f"{key} = {place!r}" in run.describe(learner)
    assert stamps[0] == stamps[1]


def load_backbone():
    bindings = [*tiny.TINY, "ResNet.width = 4"]
    return load_configuration(["syn/r9/classify"], bindings).make_backbone()
