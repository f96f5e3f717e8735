"""Every backbone does what backbones promise; a new one is tested by being there."""

import copy

import pytest
import tiny
import torch

import selfstudy
import selfstudy.backbones  # each module enters its own
from selfstudy.backbones.base import BACKBONES, Backbone, make_described
from selfstudy.configuration.names import find_class_of
from selfstudy.data.inputs import IMAGENET, UNIT_RGB
from selfstudy.description import is_literal
from selfstudy.errors import ConfigurationError
from selfstudy.methods.amdim import AMDIM
from selfstudy.methods.base import Batch
from selfstudy.snapshots import save_snapshot

pytestmark = pytest.mark.usefixtures("one_thread")

# Those of the package alone: other tests may enter their own.
NAMES = [
    name
    for name, make in BACKBONES.items()
    if find_class_of(make).__module__.startswith("selfstudy.")
] + [*tiny.TIMM]
DEEP = {"resnet101", "resnet152", "wide_resnet101_2"}  # of blocks that others have, too

every = pytest.mark.parametrize("name", NAMES)
fast = pytest.mark.parametrize("name", [name for name in NAMES if name not in DEEP])


@pytest.fixture
def images():
    return torch.randn(2, 3, tiny.SIZE, tiny.SIZE)


@every
def test_its_description_makes_its_like(name):
    with torch.device("meta"):
        backbone = tiny.make_small(name)
        twin = make_described(backbone.describe())
    assert isinstance(backbone, Backbone)
    assert backbone.name == twin.name == name
    assert is_literal(backbone.describe())
    assert list_shapes(twin) == list_shapes(backbone)
    assert twin.out_feats == backbone.out_feats
    assert twin.describe() == backbone.describe()


def list_shapes(module):
    return [(key, value.shape) for key, value in module.state_dict().items()]


@every
def test_it_is_made_of_its_name_alone(name):
    with torch.device("meta"):
        if name == "two_encoders":
            pytest.skip("it is handed its encoders")
        backbone = selfstudy.make_backbone(name)
    assert backbone.out_feats > 0


@pytest.mark.parametrize("is_half", [False, True])
@pytest.mark.parametrize(
    ("name", "least"), [("resnet18", 1), ("resnext50_32x4d", 16), ("wide_resnet50_2", 1)]
)
def test_blocks_without_channels_are_refused(name, least, is_half):
    least *= 2 if is_half else 1
    with torch.device("meta"), pytest.raises(ConfigurationError) as error:
        selfstudy.make_backbone(name, width=least - 1, is_half=is_half)
    assert f"ResNet.width = {least - 1}: expected at least {least}" in str(error.value)
    with torch.device("meta"):
        selfstudy.make_backbone(name, width=least, is_half=is_half)


@pytest.mark.parametrize(("name", "layers"), [("resnet9", 3), ("resnet18", 4)])
@pytest.mark.parametrize("argument", ["feat_layer", "freeze_at_k"])
def test_layers_that_are_not_there_are_refused(name, layers, argument, images):
    for layer in range(layers):
        backbone = tiny.make_small(name, **{argument: layer}).eval()
        assert backbone(images).pooled.shape == (2, backbone.out_feats)
    for layer in (-2, layers):
        with pytest.raises(ConfigurationError, match=f"{argument} = {layer}: .*0 to {layers - 1}"):
            tiny.make_small(name, **{argument: layer})


@fast
def test_its_features_have_the_shapes_that_it_says(name, images):
    backbone = tiny.make_small(name).eval()
    with torch.no_grad():
        pooled, dense, blocks = backbone(images)
    assert pooled.shape == (2, backbone.out_feats)
    assert dense.shape[:2] == (2, backbone.out_feats)
    assert dense.ndim == 4
    assert pooled.isfinite().all()
    assert dense.isfinite().all()
    if backbone.local_blocks is not None:
        maps = [blocks[place] for place in backbone.local_blocks]
        assert tuple(each.shape[1] for each in maps) == tuple(backbone.block_channels)
        assert maps[0].shape[-1] >= maps[1].shape[-1]


@fast
def test_a_snapshot_holds_all_of_it(name, images, tmp_path):
    backbone = tiny.make_small(name).train()
    with torch.no_grad():
        backbone(images)  # moves the batch norms' statistics
    backbone.input = UNIT_RGB
    backbone.eval()
    save_snapshot(tmp_path / "snapshot.pt", backbone, {})
    loaded = selfstudy.load(tmp_path / "snapshot.pt")
    assert not loaded.training
    tiny.assert_equal(loaded.state_dict(), backbone.state_dict())
    with torch.no_grad():
        for found, expected in zip(loaded(images)[:2], backbone(images)[:2], strict=True):
            assert torch.equal(found, expected)


@fast
def test_its_gradient_reaches_every_parameter(name, images):
    backbone = tiny.make_small(name)
    features = backbone(images)
    (features.pooled.square().sum() + features.dense.square().sum()).backward()
    assert [key for key, value in backbone.named_parameters() if value.grad is None] == []


@fast
def test_amdim_takes_it_or_says_why_not(name, images):
    backbone = tiny.make_small(name)
    if backbone.local_blocks is None:
        with pytest.raises(ConfigurationError) as caught:
            AMDIM(backbone)
        message = str(caught.value)
        assert f"AMDIM: backbone {name!r} has no local maps" in message
        assert "\n" not in message
    else:
        method = AMDIM(backbone)
        batch = Batch((images, images.flip(-1)), torch.arange(2))
        _, (first, _) = method(batch)
        for places, number in ((first.five, 5 * 5), (first.seven, 7 * 7)):
            assert places.values.shape[:2] == (2, backbone.out_feats)
            assert places.number == number


@fast
def test_a_copy_is_another_of_its_kind(name, images):
    backbone = tiny.make_small(name).eval()
    twin = copy.deepcopy(backbone)
    tiny.assert_equal(twin.state_dict(), backbone.state_dict())
    assert twin.describe() == backbone.describe()
    with torch.no_grad():
        next(twin.parameters()).zero_()
        assert not torch.equal(twin(images).pooled, backbone(images).pooled)


@fast
def test_it_converts_images_that_are_prepared_otherwise(name, images):
    backbone = tiny.make_small(name).eval()
    with torch.no_grad():
        backbone.accept(IMAGENET)
        expected = backbone.input
        first = backbone(images).pooled
        backbone.accept(UNIT_RGB)
        mean, std = (torch.tensor(part).view(3, 1, 1) for part in IMAGENET[1:])
        unit = (images * std + mean) / 255
        torch.testing.assert_close(backbone(unit).pooled, first, atol=1e-3, rtol=1e-3)
    assert backbone.input == expected
    assert expected == IMAGENET or expected.space == backbone.space
