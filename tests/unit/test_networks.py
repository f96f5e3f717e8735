"""Networks: AMDIM's own encoder, weights from ImageNet, and backbones found by their names."""

import io
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from urllib.error import URLError

import pytest
import torch
import torch.nn.functional as F
from torch import nn
from torchvision import models

from selfstudy import provenance
from selfstudy.backbones.amdim_encoder import ResidualUnit
from selfstudy.backbones.base import Backbone, Features, make_backbone
from selfstudy.backbones.resnet import ARCHITECTURES
from selfstudy.configuration import load_configuration
from selfstudy.errors import ConfigurationError, DataError
from selfstudy.methods.amdim import Places, divide, nce, pick_place
from selfstudy.methods.amdim_ref import Embedding
from selfstudy.methods.base import Batch
from selfstudy.starts.public import Torchvision

SMALL = [f"AMDIMRefModel.{setting}" for setting in ("ndf = 2", "n_depth = 2", "n_rkhs = 3")]


def make_method(name, *bindings):
    """A method with its backbone, as bindings configure them."""
    configuration = load_configuration([], [f"session.method = '{name}'", *bindings])
    return configuration.make_method(configuration.make_backbone(), images=4)


def amdim_ref(size, *bindings):
    return make_method("amdim_ref", *SMALL, f"AMDIMRefModel.encoder_size = {size}", *bindings)


@pytest.mark.parametrize("size", [32, 64, 128])
@pytest.mark.parametrize("use_bn", [False, True])
def test_amdim_ref_sees_two_views(size, use_bn):
    torch.manual_seed(0)
    model = amdim_ref(size, f"AMDIMRefModel.use_bn = {use_bn}")
    images = torch.randn(4, 3, size, size), torch.randn(4, 3, size, size)
    batch = Batch(images, torch.arange(4))
    (pooled, dense, _), views = model(batch)
    assert len(model.views) == 2
    assert pooled.shape == (4, model.backbone.out_feats) == (4, 3)
    assert dense.shape == (4, 3, 1, 1)
    for view in views:
        shapes = view.pooled.shape, view.five.values.shape, view.seven.values.shape
        assert shapes == ((4, 3), (4, 3, 25), (4, 3, 49))
    assert torch.equal(pooled, views[0].pooled)
    assert not torch.equal(views[0].pooled, views[1].pooled)
    losses = model.loss(views, batch)
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
    whole = amdim_ref(32)
    alone = load_configuration(
        ["syn/r9/classify"],
        ["session.method = 'amdim_ref'", *SMALL, "AMDIMRefModel.encoder_size = 32"],
    ).make_backbone()
    backbone = [key for key in whole.state_dict() if key.startswith("backbone.")]
    assert [f"backbone.{key}" for key in alone.state_dict()] == backbone
    assert len(whole.state_dict()) > len(backbone)
    assert alone(torch.randn(2, 3, 32, 32)).pooled.shape == (2, 3)
    features, parts = whole(Batch((torch.randn(2, 3, 32, 32),), torch.arange(2)))
    assert features.pooled.shape == (2, 3)
    assert parts is None, "of one view, as in validation"


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


@pytest.mark.parametrize(
    ("size", "expected"), [(48, "one of 32, 64, 128"), ("'64'", "a whole number")]
)
def test_other_encoders_are_refused(size, expected):
    message = f"(?m)^AMDIMEncoder.encoder_size = {size}: expected {expected}$"
    with pytest.raises(ConfigurationError, match=message):
        amdim_ref(size)


@pytest.mark.parametrize(
    ("shape", "views"), [((2, 3, 32, 32), 1), ((2, 3, 16, 16), 2), ((2, 3, 64, 32), 1)]
)
def test_images_of_another_size_are_refused(shape, views):
    message = rf"encoder_size = 64: the images are {shape[-2]}x{shape[-1]} \(BaseDataset.input_res"
    with pytest.raises(ConfigurationError, match=message):
        amdim_ref(64)(Batch((torch.zeros(shape),) * views, torch.arange(2)))


@pytest.mark.parametrize("choice", ["resnet9", "resnet18", "resnet50"])
@pytest.mark.parametrize("is_half", [False, True])
def test_amdim_finds_its_maps(choice, is_half):
    choices = [f"init_resnet.choice = '{choice}'", f"ResNet.is_half = {is_half}"]
    model = make_method("amdim", "ResNet.width = 8", *choices)
    _, (first, _) = model(Batch((torch.randn(2, 3, 64, 64),) * 2, torch.arange(2)))
    for places, number in ((first.five, 25), (first.seven, 49)):
        assert places.values.shape[:2] == (2, 256)
        assert places.number == number


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


def pretrained(choice, *bindings):
    """The backbone that the authors' program would give ImageNet's weights."""
    choices = [f"init_resnet.choice = '{choice}'", "init_resnet.pretrained = True"]
    return load_configuration([], [*choices, *bindings]).find_start().make_backbone()


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
        assert torch.equal(ours.extract(images).blocks[-1], trunk(images))
    assert ours.fc.weight.shape == theirs.fc.weight.shape
    assert not torch.equal(ours.fc.weight, theirs.fc.weight)


def test_weights_that_cannot_be_fetched(weights_of):
    with pytest.raises(DataError) as caught:
        pretrained("resnet18")
    message = str(caught.value)
    url = "https://download.pytorch.org/models/resnet18-f37072fd.pth"
    assert message.startswith(f"torchvision: resnet18: {url} cannot be fetched to ")
    assert "no route to a host, f37072fd wanted at all" in message
    assert f"{weights_of('resnet18')}: " in message
    assert "\n" not in message


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
    message = f"^torchvision: resnet18: {path}: damaged, or not the weights from https://"
    with pytest.raises(DataError, match=message):
        pretrained("resnet18")


@pytest.mark.parametrize(
    ("choice", "bindings", "message"),
    [
        ("resnet9", [], "expected one of resnet18, resnet34, "),
        ("tiny", [], "expected one of resnet18, resnet34, "),
        ("resnet18", ["ResNet.is_half = True"], "expected ResNet.is_half = False$"),
        ("resnet18", ["ResNet.width = 32"], "expected ResNet.width = 64, not 32$"),
        (
            "resnet18",
            ["session.method = 'cmc'"],
            "weights of resnet18 do not fit the backbone 'two_encoders'$",
        ),
    ],
)
def test_networks_that_no_weights_fit(choice, bindings, message, weights_of):
    with pytest.raises(ConfigurationError, match=f"^torchvision: {choice}: {message}"):
        pretrained(choice, *bindings)


def test_weights_for_images_of_other_channels(weights_of):
    start = Torchvision("resnet18", lambda: make_backbone("resnet18", in_channels=2))
    message = "^torchvision: resnet18: expected images of 3 channels, not of 2$"
    with pytest.raises(ConfigurationError, match=message):
        start.make_backbone()


class Tiny(Backbone, name="tiny"):
    def __init__(self, in_channels, out_feats=5):
        super().__init__()
        self.conv = nn.Conv2d(in_channels, out_feats, 3)
        self.out_feats = out_feats

    def extract(self, images):
        dense = self.conv(images)
        return Features(dense.mean((2, 3)), dense, [dense])


def test_a_backbone_is_chosen_by_its_name():
    bindings = ["init_resnet.choice = 'tiny'", "Tiny.out_feats = 7"]
    model = make_method("rotate", *bindings)
    assert isinstance(model.backbone, Tiny)
    (pooled, dense, _), logits = model(Batch((torch.randn(2, 3, 16, 16),), torch.arange(2)))
    assert pooled.shape == (2, 7)
    assert dense.shape == (2, 7, 14, 14)
    assert logits.shape == (2, 4)


def test_unknown_backbones_are_refused():
    message = "session.backbone = 'resnet10' is not known: did you mean 'resnet101'"
    with pytest.raises(ConfigurationError, match=message):
        load_configuration([], ["init_resnet.choice = 'resnet10'"]).make_backbone()
    with pytest.raises(ConfigurationError, match="backbone = 'vgg' is not known: ") as caught:
        make_backbone("vgg")
    assert {"amdim_encoder", "tiny", *ARCHITECTURES} <= set(re.findall(r"\w+", str(caught.value)))


CONVNET = """
from torch import nn
from selfstudy.backbones.base import Backbone

class ConvNet(Backbone, name="convnet"):
    def __init__(self, in_channels, out_feats=5):
        super().__init__()
        self.conv = nn.Conv2d(in_channels, out_feats, 3)
"""
CHOOSE = """
from selfstudy.backbones.base import make_backbone
from selfstudy.configuration import load_configuration
bindings = ["init_resnet.choice = 'convnet'", "ConvNet.out_feats = 7"]
print(load_configuration([], bindings).make_asked(in_channels=2).conv)
print(make_backbone("convnet", in_channels=1).conv)
"""


@pytest.mark.slow
def test_a_new_module_is_all_that_a_backbone_needs(tmp_path, monkeypatch):
    package = tmp_path / "selfstudy"
    shutil.copytree(provenance.PACKAGE, package)
    monkeypatch.setattr(provenance, "PACKAGE", package)
    before = provenance.fingerprint_code("training.run", "methods.rotate")
    (package / "backbones" / "convnet.py").write_text(CONVNET)
    environment = os.environ | {"PYTHONPATH": str(tmp_path)}
    chosen = subprocess.run(
        [sys.executable, "-c", CHOOSE],
        env=environment,
        cwd=tmp_path,
        capture_output=True,
        text=True,
    )
    assert chosen.stdout == (
        "Conv2d(2, 7, kernel_size=(3, 3), stride=(1, 1))\n"
        "Conv2d(1, 5, kernel_size=(3, 3), stride=(1, 1))\n"
    ), chosen.stderr
    # Runs with other backbones are not out of date.
    assert provenance.fingerprint_code("training.run", "methods.rotate") == before


def test_layers_that_are_not_there_cannot_be_frozen():
    images = torch.randn(2, 3, 16, 16)
    bindings = ["ResNet.width = 4", "ResNet.freeze_at_k = 1"]
    backbone = load_configuration([], bindings).make_backbone()
    backbone(images).pooled.sum().backward()
    assert all(p.grad is None for layer in backbone.layers[:2] for p in layer.parameters())
    assert all(p.grad is not None for p in backbone.layers[2].parameters())
    message = "freeze_at_k = 3: expected a layer of resnet9, 0 to 2"
    with pytest.raises(ConfigurationError, match=message):
        load_configuration([], ["ResNet.freeze_at_k = 3"]).make_backbone()


@pytest.mark.parametrize("size", [(4, 4), (2, 3), (7, 7), (16, 9)])
def test_amdims_places_are_those_of_adaptive_pooling(size):
    torch.manual_seed(0)
    maps = torch.randn(6, 5, *size, dtype=torch.float32, requires_grad=True)
    source, found = torch.randn(6, 5), []
    pooled = F.adaptive_avg_pool2d(maps, 7).flatten(2)
    for places in (divide(maps, 7), Places(pooled)):
        torch.manual_seed(1)
        values, weights = places
        picked, (loss, penalty) = pick_place(places), nce(source, values, 10, weights)
        (loss + penalty + picked.square().sum()).backward()
        found.append((picked, loss, penalty, maps.grad))
        maps.grad = None
    for one, other in zip(*found, strict=True):
        torch.testing.assert_close(one, other)
    # Means of fewer numbers are computed late.
    assert (divide(maps, 7).weights is None) == (size in [(7, 7), (16, 9)])
