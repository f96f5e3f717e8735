"""Flipped bits in what runs leave and start from: snapshots, exported weights, kept features."""

import zipfile
from functools import partial

import h5py
import pytest
import tiny
import torch
from safetensors.torch import load_file
from tiny import flip

import selfstudy
from selfstudy.data.inputs import UNIT_RGB
from selfstudy.data.kinds import open_dataset
from selfstudy.errors import DataError
from selfstudy.evaluation.features import save_features
from selfstudy.evaluation.linear import evaluate_linearly
from selfstudy.export.formats import Safetensors
from selfstudy.snapshots import save_snapshot
from selfstudy.starts.file import read_safetensors


def save(folder):
    backbone = tiny.make_small("resnet9")
    backbone.accept(UNIT_RGB)
    save_snapshot(folder / "snapshot.pt", backbone, {"seed": 0})
    return backbone, folder / "snapshot.pt"


def test_a_flipped_bit_in_any_tensor_of_a_snapshot_is_noticed(tmp_path):
    _, path = save(tmp_path)
    content = path.read_bytes()
    with zipfile.ZipFile(path) as archive:
        names = [info.filename for info in archive.infolist() if "/data/" in info.filename]
        assert len(names) > 13
        tensors = {name: archive.read(name) for name in names}
    for name, values in tensors.items():
        path.write_bytes(content)
        flip(path, content.index(values, content.index(name.encode())) + len(values) // 2)
        for take in (selfstudy.load, lambda path: selfstudy.Snapshot(path).make_backbone()):
            with pytest.raises(DataError) as error:
                take(path)
            assert tiny.tell(error) == (
                f"{path}: damaged: {name!r} in it and its checksum do not agree"
            )
        with pytest.raises(DataError, match="damaged: "):
            selfstudy.File(path, lambda: tiny.make_small("resnet9"), "unit").make_backbone()


def test_snapshots_that_were_saved_without_checksums_are_read(tmp_path):
    backbone, path = save(tmp_path)
    content = torch.load(path, weights_only=True)
    torch.serialization.set_crc32_options(False)
    torch.save(content, path)
    torch.serialization.set_crc32_options(True)
    tiny.assert_equal(selfstudy.load(path).state_dict(), backbone.state_dict())
    torch.save(content, path, _use_new_zipfile_serialization=False)
    tiny.assert_equal(selfstudy.load(path).state_dict(), backbone.state_dict())


def test_a_flipped_bit_in_exported_weights_is_noticed(tmp_path):
    backbone, _ = save(tmp_path)
    path = tmp_path / "backbone.safetensors"
    about = {"color_space": "rgb", "mean": "38.44, 3.03, 4.77", "std": "25.0, 25.0, 25.0"}
    path.write_bytes(Safetensors("run", backbone, about).content(torch.zeros(1)))
    content = path.read_bytes()
    weights, said = read_safetensors(path)
    tiny.assert_equal(weights, backbone.state_dict())
    tiny.assert_equal(load_file(path), backbone.state_dict())
    assert said.items() >= about.items()
    header = int.from_bytes(content[:8], "little") + 8
    for place in (content.index(b"38.44"), header + 1, len(content) - 5):
        path.write_bytes(content)
        flip(path, place, bit=0)
        with pytest.raises(DataError) as error:
            read_safetensors(path)
        assert tiny.tell(error) == f"{path}: damaged: its content and its checksum do not agree"


def test_weights_that_are_not_finite_are_refused(tmp_path):
    backbone, path = save(tmp_path)
    with torch.no_grad():
        backbone.fc.bias[0] = torch.nan
    save_snapshot(path, backbone, {})
    with pytest.raises(DataError) as error:
        selfstudy.load(path)
    assert tiny.tell(error) == f"{path}: its backbone is not finite: fc.bias"


def test_a_flipped_bit_in_kept_features_is_noticed(prepared, tmp_path):
    backbone, _ = save(tmp_path)
    dataset, run = open_dataset(prepared), tmp_path
    backbone.adapter = torch.nn.Identity()
    path = save_features(backbone.eval(), dataset, run, "float32")
    evaluate = partial(evaluate_linearly, backbone, dataset, "classify", [20], [0], run, "float32")
    evaluate()
    with h5py.File(path) as file:
        place = file["train/features"].id.get_chunk_info(0).byte_offset
    flip(path, place)
    with pytest.raises(DataError, match=f"{path}: damaged"):
        evaluate()
