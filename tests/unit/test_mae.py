"""MAE: what it hides, what it sees, and what its loss is."""

import numpy as np
import pytest
import tiny
import torch

from selfstudy.configuration import check_parts, load_configuration
from selfstudy.errors import ConfigurationError
from selfstudy.methods.base import Batch
from selfstudy.methods.mae import MAE, Rebuilt

pytestmark = pytest.mark.usefixtures("one_thread")
SIDE = 8  # of a patch of the small transformer, 16 of which an image of 32 pixels has


@pytest.fixture
def images():
    return torch.randn(4, 3, tiny.SIZE, tiny.SIZE)


def make_batch(images):
    return Batch((images,), torch.arange(len(images)))


def cut(image, place):
    """The pixels of a patch, counted row by row."""
    row, column = divmod(place, tiny.SIZE // SIDE)
    return image[:, row * SIDE : (row + 1) * SIDE, column * SIDE : (column + 1) * SIDE].flatten()


def test_its_loss_is_that_of_hidden_patches_normalised(images):
    method = tiny.make_method("mae").train()
    batch = make_batch(images)
    _, output = method(batch)
    errors = []
    for image, pixels, masked in zip(images, output.pixels, output.masked, strict=True):
        for place in np.flatnonzero(masked):
            patch = cut(image, place).double().numpy()
            wanted = (patch - patch.mean()) / np.sqrt(patch.var(ddof=1) + 1e-6)
            errors.append(np.mean((pixels[place].detach().numpy() - wanted) ** 2))
    assert len(errors) == 4 * 12
    assert method.loss(output, batch)["loss"].item() == pytest.approx(np.mean(errors), rel=1e-5)


def test_what_is_rebuilt_of_seen_patches_does_not_count(images):
    method = tiny.make_method("mae")
    _, output = method(make_batch(images))
    other = output.pixels + 5 * ~output.masked[..., None]
    losses = [
        method.loss(Rebuilt(pixels, output.patches, output.masked), None)["loss"].item()
        for pixels in (output.pixels, other, output.pixels + 5)
    ]
    assert losses[0] == losses[1]
    assert losses[2] > losses[0] + 10


def test_hidden_patches_are_not_seen(images):
    method = tiny.make_method("mae").eval()
    kept = torch.tensor([[5, 0, 10, 15]]).expand(4, -1)
    changed = images.clone()
    changed[:, :, :SIDE, SIDE:] += 3  # patches 1 to 3
    with torch.no_grad():
        seen, _ = method.backbone.encode_patches(images, kept)
        again, _ = method.backbone.encode_patches(changed, kept)
        assert torch.equal(seen, again)
        changed[:, :, :SIDE, :SIDE] += 3  # patch 0
        assert not torch.equal(seen, method.backbone.encode_patches(changed, kept)[0])


def test_of_all_patches_its_tokens_are_the_backbones(images):
    backbone = tiny.make_method("mae").backbone.eval()
    places = torch.randperm(16)
    with torch.no_grad():
        seen, _ = backbone.encode_patches(images, places.expand(4, -1))
        expected = backbone(images).dense.flatten(2).transpose(1, 2)
    torch.testing.assert_close(seen, expected[:, places])


def test_tokens_return_to_their_places(images):
    """Without layers, what is rebuilt at a place depends on what was seen there alone."""
    method = MAE(tiny.make_small(tiny.TRANSFORMER), decoder_width=16, decoder_depth=0)
    kept = torch.tensor([[5, 0, 10, 15]]).expand(4, -1)
    with torch.no_grad():
        seen, _ = method.backbone.encode_patches(images, kept)
        first = method.decode(seen, kept)
        seen[:, 2] += torch.randn(24)
        moved = (method.decode(seen, kept) - first).abs().sum((0, 2)) > 0
    assert moved.nonzero().flatten().tolist() == [10]


def test_every_patch_is_hidden_as_often(images):
    method = tiny.make_method("mae")
    batch = make_batch(images[:1].expand(64, -1, -1, -1))
    shares = []
    with torch.no_grad():
        for _ in range(10):
            _, output = method(batch)
            assert (output.masked.sum(1) == 12).all()
            shares.append(output.masked.float().mean(0))
    assert torch.stack(shares).mean(0).sub(0.75).abs().max() < 4.5 * (0.75 * 0.25 / 640) ** 0.5


def test_patches_are_those_of_resized_images(images):
    method = MAE(tiny.make_small(tiny.TRANSFORMER, size=48), decoder_width=16)
    _, output = method(make_batch(images))
    assert output.patches.shape == output.pixels.shape == (4, 36, 192)
    resized = method.backbone._resize(images)
    torch.testing.assert_close(output.patches[0, 7], resized[0, :, 8:16, 8:16].flatten())


@pytest.mark.parametrize(
    ("name", "arguments", "message"),
    [
        ("resnet9", {}, "MAE: backbone 'resnet9' has no patches that can be hidden: expected a"),
        ("timm/convnext_atto", {}, "MAE: backbone 'timm/convnext_atto' has no patches"),
        ("timm/swin_tiny_patch4_window7_224", {}, "has no patches that can be hidden"),
        (tiny.TRANSFORMER, {"mask_ratio": 1.0}, "MAE.mask_ratio = 1.0: expected a share of 16"),
        (tiny.TRANSFORMER, {"mask_ratio": 0.01}, "MAE.mask_ratio = 0.01: expected a share of 16"),
        (tiny.TRANSFORMER, {"decoder_width": 24}, "decoder_width = 24: expected a multiple of 16"),
    ],
)
def test_what_it_cannot_use_is_refused(name, arguments, message):
    with pytest.raises(ConfigurationError, match=message) as error:
        MAE(tiny.make_small(name), **arguments)
    assert tiny.tell(error)


def test_its_recipe_is_for_transformers():
    files = ["syn/r9/common", "pretext/mae"]
    bindings = ["session.backbone = 'timm/vit_tiny_patch16_224'", "BaseDataset.input_res = 64"]
    check_parts(files, bindings)
    assert load_configuration(files, bindings).recipe.optimizer.betas == (0.9, 0.95)
    with pytest.raises(ConfigurationError, match="MAE: backbone 'resnet9' has no patches"):
        check_parts(files, [])
