"""Networks: AMDIM's own encoder, weights from ImageNet, and backbones found by their names."""

import io
import os
import shutil
import subprocess
import sys
from pathlib import Path
from urllib.error import URLError

import gin
import pytest
import torch
import torch.nn.functional as F
from torch import nn
from torchvision import models

from selfstudy import provenance
from selfstudy.backbones.base import Backbone, Features
from selfstudy.backbones.resnet import ARCHITECTURES, init_resnet
from selfstudy.batch import Batch, Output
from selfstudy.configuration import configured
from selfstudy.errors import ConfigurationError, DataError
from selfstudy.methods import make_model
from selfstudy.methods.amdim import AMDIMTask
from selfstudy.methods.amdim_ref import Embedding, ResidualUnit

SMALL = [f"AMDIMRefModel.{setting}" for setting in ("ndf = 2", "n_depth = 2", "n_rkhs = 3")]


def amdim_ref(size, *bindings, run_selfsup=True):
    with configured([], [*SMALL, f"AMDIMRefModel.encoder_size = {size}", *bindings]):
        return make_model("amdim_ref", run_selfsup, dataset_size=4)


@pytest.mark.parametrize("size", [32, 64, 128])
@pytest.mark.parametrize("use_bn", [False, True])
def test_amdim_ref_sees_two_views(size, use_bn):
    torch.manual_seed(0)
    model = amdim_ref(size, f"AMDIMRefModel.use_bn = {use_bn}")
    images, indices = torch.randn(4, 2, 3, size, size), torch.arange(4)
    pooled, dense, views = model(images, indices)
    assert pooled.shape == (4, model.out_feats) == (4, 3)
    assert dense.shape == (4, 3, 1, 1)
    for view in views:
        assert [part.shape for part in view] == [(4, 3), (4, 3, 5, 5), (4, 3, 7, 7)]
    assert torch.equal(pooled, views[0].pooled)
    assert not torch.equal(views[0].pooled, views[1].pooled)
    batch = Batch(images, torch.zeros(4, 2), indices)
    losses = AMDIMTask().pretext_loss(Output([], [], views, pooled), batch)
    losses["loss"].backward()
    assert losses["loss"].isfinite()
    first = next(module for module in model.modules() if isinstance(module, nn.Conv2d))
    assert first.in_channels == 3
    assert first.weight.grad.abs().sum() > 0


@pytest.mark.parametrize("size", [32, 64, 128])
def test_amdim_ref_compares_maps_that_need_no_pooling(size):
    encoder = amdim_ref(size).backbone
    blocks = encoder(torch.randn(2, 3, size, size)).blocks
    assert [blocks[place].shape[2:] for place in encoder.local_blocks] == [(7, 7), (5, 5)]


def test_amdim_ref_finetunes_without_its_embeddings():
    whole, alone = amdim_ref(32), amdim_ref(32, run_selfsup=False)
    backbone = [key for key in whole.state_dict() if key.startswith("backbone.")]
    assert list(alone.state_dict()) == backbone
    assert len(whole.state_dict()) > len(backbone)
    pooled, _, views = alone(torch.randn(2, 3, 32, 32), torch.arange(2))
    assert pooled.shape == (2, 3)
    assert views is None


@pytest.mark.parametrize("use_bn", [False, True])
def test_amdim_ref_has_the_parameters_of_its_layers(use_bn):
    # Of 2, 4 and 8 channels: convolutions k × k are counted as in · out · k², then out · out.
    encoder = [
        3 * 2 * 9 + 2,  # the first convolution and its bias
        2 * 2 * 1 + 2 * 2,  # 1 × 1
        2 * 4 * 16 + 4 * 4 + (4 * 4 + 4 * 4),  # 4 × 4, then 1 × 1
        4 * 8 * 4 + 8 * 8 + (8 * 8 + 8 * 8),  # 2 × 2, then 1 × 1
        8 * 8 * 9 + 8 * 8 + (8 * 8 + 8 * 8),  # 3 × 3, then 1 × 1, to 5 × 5
        8 * 8 * 9 + 8 * 8 + (8 * 8 + 8 * 8),  # the same, to 3 × 3
        8 * 3 * 9 + 3 * 3 + 2 * 3,  # 3 × 3, and batch norm
    ]
    embedding = 8 * 3 + 3 * 3 + (8 * 3 + 3) + 2 * 3
    expected = sum(encoder) + 2 * embedding
    if use_bn:  # in every unit, at 7 × 7 and in the embeddings
        units = [2, 4, 4, 8, 8, 8, 8, 8, 8, 3]
        expected += sum(2 * channels for channels in (*units, 8, 3, 3))
    model = amdim_ref(32, f"AMDIMRefModel.use_bn = {use_bn}")
    assert sum(parameter.numel() for parameter in model.parameters()) == expected


@pytest.mark.parametrize("channels", [(2, 5), (4, 4), (5, 2)])
def test_residual_units_start_as_their_shortcuts(channels):
    inputs, outputs = channels
    unit = ResidualUnit(inputs, outputs, kernel=3, stride=2, use_bn=False)
    x = torch.randn(2, inputs, 7, 7)
    pooled = F.avg_pool2d(x, 3, 2)
    zeros = torch.zeros(2, max(outputs - inputs, 0), 3, 3)
    assert torch.equal(unit(x), torch.cat([pooled[:, :outputs], zeros], 1))
    nn.init.ones_(unit.residual[-1].weight)
    assert not torch.allclose(unit(x), torch.cat([pooled[:, :outputs], zeros], 1))


@pytest.mark.parametrize(("features", "near"), [(6, True), (4, True), (3, False)])
def test_embeddings_start_near_the_identity_where_they_can(features, near):
    torch.manual_seed(0)
    embedding = Embedding(4, features, use_bn=False)
    weight = embedding.shortcut.weight[:, :, 0, 0]
    assert torch.allclose(weight, torch.eye(features, 4), rtol=0, atol=0.01) == near
    assert weight.unique().numel() > 4  # it is not the identity itself
    x = torch.randn(8, 4, 5, 5)
    assert torch.equal(embedding(x), embedding.bn(embedding.shortcut(x)))


@pytest.mark.parametrize("size", [48, "'64'"])
def test_other_encoders_are_refused(size):
    message = f"(?m)^AMDIMRefModel.encoder_size = {size}: expected one of 32, 64, 128$"
    with pytest.raises(ConfigurationError, match=message):
        amdim_ref(size)


@pytest.mark.parametrize("shape", [(2, 3, 32, 32), (2, 2, 3, 16, 16), (2, 3, 64, 32)])
def test_images_of_another_size_are_refused(shape):
    message = rf"encoder_size = 64: the images are {shape[-2]}x{shape[-1]} \(BaseDataset.input_res"
    with pytest.raises(ConfigurationError, match=message):
        amdim_ref(64)(torch.zeros(shape), torch.arange(2))


@pytest.mark.parametrize("choice", ["resnet9", "resnet18", "resnet50"])
@pytest.mark.parametrize("is_half", [False, True])
def test_amdim_finds_its_maps(choice, is_half):
    choices = [f"init_resnet.choice = '{choice}'", f"ResNet.is_half = {is_half}"]
    with configured([], ["ResNet.width = 8", *choices]):
        model = make_model("amdim", run_selfsup=True, dataset_size=2)
    _, _, (first, _) = model(torch.randn(2, 2, 3, 64, 64), torch.arange(2))
    assert first.five.shape == (2, 256, 5, 5)
    assert first.seven.shape == (2, 256, 7, 7)


@pytest.fixture
def weights_of(tmp_path, monkeypatch):
    """Where torch looks for the weights of an architecture; nothing is there, nor on a network."""

    def refuse(url, file, hash_prefix, progress):
        raise URLError(f"no route to a host, {hash_prefix} wanted\nat all")

    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    monkeypatch.setattr(torch.hub, "download_url_to_file", refuse)
    folder = tmp_path / "hub" / "checkpoints"
    folder.mkdir(parents=True)

    def path(choice):
        return folder / Path(models.get_model_weights(choice).IMAGENET1K_V1.url).name

    return path


def pretrained(choice, *bindings, in_channels=3):
    choices = [f"init_resnet.choice = '{choice}'", "init_resnet.pretrained = True"]
    with configured([], [*choices, *bindings]):
        return init_resnet(in_channels=in_channels)


@pytest.mark.parametrize("choice", ["resnet18", "resnet50"])
def test_weights_from_imagenet_make_torchvisions_network(choice, weights_of):
    torch.manual_seed(0)
    theirs = models.get_model(choice)
    theirs(torch.randn(2, 3, 64, 64))  # moves the batch norms' statistics
    torch.save(theirs.state_dict(), weights_of(choice))
    ours = pretrained(choice, "ResNet.skip_init_pool = False", "ResNet.out_feats = 1000").eval()
    trunk = nn.Sequential(*list(theirs.children())[:-2]).eval()
    images = torch.randn(2, 3, 64, 64)
    with torch.no_grad():
        assert torch.equal(ours(images).blocks[-1], trunk(images))
    assert ours.fc.weight.shape == theirs.fc.weight.shape
    assert not torch.equal(ours.fc.weight, theirs.fc.weight)


def test_weights_that_cannot_be_fetched(weights_of):
    with pytest.raises(DataError) as caught:
        pretrained("resnet18")
    message = str(caught.value).splitlines()[0]  # gin says below where it was
    url = "https://download.pytorch.org/models/resnet18-f37072fd.pth"
    assert message.startswith(f"init_resnet.pretrained: {url} cannot be fetched: ")
    assert "no route to a host, f37072fd wanted at all" in message
    assert message.endswith(f"it may be put at {weights_of('resnet18')} by hand")


def saved(content):
    buffer = io.BytesIO()
    torch.save(content, buffer)
    return buffer.getvalue()


DAMAGED = {
    "half": lambda: saved(models.resnet18().state_dict())[: 2**24],
    "another network": lambda: saved(models.resnet34().state_dict()),
    "no network": lambda: saved({"network": torch.zeros(2)}),
    "nothing": lambda: b"",
}


@pytest.mark.parametrize("damage", DAMAGED)
def test_damaged_weights_are_named(damage, weights_of):
    path = weights_of("resnet18")
    path.write_bytes(DAMAGED[damage]())
    message = f"^init_resnet.pretrained: {path}: damaged, or not the weights of resnet18 from http"
    with pytest.raises(DataError, match=message):
        pretrained("resnet18")


@pytest.mark.parametrize(
    ("choice", "in_channels", "bindings", "message"),
    [
        ("resnet9", 3, [], "there are none for 'resnet9': expected one of resnet18, resnet34, "),
        ("tiny", 3, [], "there are none for 'tiny': expected one of resnet18, resnet34, "),
        ("resnet18", 2, [], "expected images of 3 channels, not of 2$"),
        ("resnet18", 3, ["ResNet.is_half = True"], "expected ResNet.is_half = False$"),
        ("resnet18", 3, ["ResNet.width = 32"], "expected ResNet.width = 64, not 32$"),
    ],
)
def test_networks_that_no_weights_fit(choice, in_channels, bindings, message, weights_of):
    start = "(?m)^init_resnet.pretrained = True: weights from ImageNet: "
    with pytest.raises(ConfigurationError, match=start + message):
        pretrained(choice, *bindings, in_channels=in_channels)


@gin.configurable(denylist=["in_channels"])
class Tiny(Backbone, name="tiny"):
    def __init__(self, in_channels, out_feats=5):
        super().__init__()
        self.conv = nn.Conv2d(in_channels, out_feats, 3)
        self.out_feats = out_feats

    def forward(self, images):
        dense = self.conv(images)
        return Features(dense.mean((2, 3)), dense, [dense])


def test_a_backbone_is_chosen_by_its_name():
    bindings = ["init_resnet.choice = 'tiny'", "Tiny.out_feats = 7"]
    with configured(["syn/r9/rotate"], bindings):
        model = make_model("rotate", run_selfsup=True, dataset_size=2)
    assert isinstance(model.backbone, Tiny)
    pooled, dense, logits = model(torch.randn(2, 3, 16, 16), torch.arange(2))
    assert pooled.shape == (2, 7)
    assert dense.shape == (2, 7, 14, 14)
    assert logits.shape == (2, 4)


def test_unknown_backbones_are_refused():
    message = f"'resnet10': expected one of {', '.join(ARCHITECTURES)}, tiny"
    with (
        configured([], ["init_resnet.choice = 'resnet10'"]),
        pytest.raises(ConfigurationError, match=message),
    ):
        init_resnet()


CONVNET = """
import gin
from torch import nn
from selfstudy.backbones.base import Backbone

@gin.configurable(denylist=["in_channels"])
class ConvNet(Backbone, name="convnet"):
    def __init__(self, in_channels, out_feats=5):
        super().__init__()
        self.conv = nn.Conv2d(in_channels, out_feats, 3)
"""
CHOOSE = """
from selfstudy.configuration import configured
from selfstudy.backbones.resnet import init_resnet
with configured([], ["init_resnet.choice = 'convnet'", "ConvNet.out_feats = 7"]):
    print(init_resnet(in_channels=2).conv)
"""


def test_a_new_module_is_all_that_a_backbone_needs(tmp_path, monkeypatch):
    package = tmp_path / "selfstudy"
    shutil.copytree(provenance.PACKAGE, package)
    monkeypatch.setattr(provenance, "PACKAGE", package)
    before = provenance.fingerprint_code("training.session", "methods.rotate")
    (package / "backbones" / "convnet.py").write_text(CONVNET)
    environment = os.environ | {"PYTHONPATH": str(tmp_path)}
    chosen = subprocess.run(
        [sys.executable, "-c", CHOOSE],
        env=environment,
        cwd=tmp_path,
        capture_output=True,
        text=True,
    )
    assert chosen.stdout == "Conv2d(2, 7, kernel_size=(3, 3), stride=(1, 1))\n", chosen.stderr
    # Runs with other backbones are not out of date.
    assert provenance.fingerprint_code("training.session", "methods.rotate") == before


def test_layers_that_are_not_there_cannot_be_frozen():
    images = torch.randn(2, 3, 16, 16)
    with configured([], ["ResNet.width = 4", "ResNet.freeze_at_k = 1"]):
        backbone = init_resnet()
    backbone(images).pooled.sum().backward()
    assert all(p.grad is None for layer in backbone.layers[:2] for p in layer.parameters())
    assert all(p.grad is not None for p in backbone.layers[2].parameters())
    with (
        configured([], ["ResNet.freeze_at_k = 3"]),
        pytest.raises(
            ConfigurationError, match="freeze_at_k = 3: expected a layer of resnet9, 0 to 2"
        ),
    ):
        init_resnet()
