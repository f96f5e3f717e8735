"""Folders of runs whose networks were not trained."""

from pathlib import Path
from typing import NamedTuple

import torch

from selfstudy.configuration import load_configuration
from selfstudy.snapshots import save_snapshot

NARROW = ["ResNet.width = 4", "ResNet.out_feats = 8"]
R18 = ["init_resnet.choice = 'resnet18'", "ResNet.out_feats = 8"]
R50 = ["init_resnet.choice = 'resnet50'", "ResNet.out_feats = 8"]
DILATED = "ResNet.replace_stride_with_dilation = [False, {}, {}]"


class Run(NamedTuple):
    name: str
    images: torch.Tensor
    pooled: torch.Tensor
    dense: torch.Tensor


def make_folder(folder, prepared, method, *bindings):
    """Make the folder of a run without training; give its name, and features of some images."""
    folder = Path(folder)
    folder.mkdir(parents=True)
    common = ["BaseDataset.input_res = 16", "session.precision = 'float32'"]
    torch.manual_seed(0)
    configuration = load_configuration([f"syn/r9/{method}"], [*common, *bindings])
    dataset = configuration.open_dataset(prepared)
    backbone = configuration.make_learner(dataset).backbone
    backbone.accept(dataset.input)
    with torch.no_grad():
        backbone(torch.randn(8, 3, 16, 16))  # moves the batch norms' statistics
        save_snapshot(folder / "snapshot.pt", backbone, {"method": method})
        (folder / "metrics.csv").write_text(f"data\n{prepared}\n")
        block = dataset.read(dataset.rows("test")[:5], torch.device("cpu"), {})
        images = block.images.float()
        pooled, dense, _ = backbone.eval()(images)
    return Run(folder.name, images, pooled, dense)


def outputs(model, run):
    with torch.no_grad():
        return model.eval()(run.images)


def close(found, expected):
    torch.testing.assert_close(found, expected, rtol=0, atol=1e-5 * float(expected.abs().max()))
    return True
