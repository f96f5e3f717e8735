"""Published changes of colour and place, each beside torchvision's of one image at a time."""

from colorsys import rgb_to_hsv

import pytest
import tiny
import torch
from torchvision.transforms.v2 import functional

from selfstudy import photometry
from selfstudy.augment import Augmentation, View, blur, make_converter, sample
from selfstudy.data.inputs import UNIT_RGB
from selfstudy.errors import ConfigurationError
from selfstudy.photometry import Colors

OFF = Colors(0, 0, 0, 0, 0, 0, 0)
PLACE = View(flip=False, cutout=False)
IMAGES = 12


@pytest.fixture
def images():
    torch.manual_seed(0)
    drawn = torch.rand(IMAGES, 3, 40, 40)
    drawn[0] = 0.5  # a grey without a hue
    drawn[1] = 0
    drawn[2] = drawn[2].round()  # saturated, black and white
    return drawn


def compare(found, expected, images, parameters):
    singly = [expected(image, each.item()) for image, each in zip(images, parameters, strict=True)]
    torch.testing.assert_close(found, torch.stack(singly), rtol=0, atol=2e-5)


@pytest.mark.parametrize(
    ("name", "low", "high"),
    [("brightness", 0, 2), ("contrast", 0, 2), ("saturation", 0, 2), ("hue", -0.5, 0.5)],
)
def test_jitter_is_torchvisions(images, name, low, high):
    parameters = torch.linspace(low, high, IMAGES)[torch.randperm(IMAGES)]
    found = getattr(photometry, f"adjust_{name}")(images, parameters)
    compare(found, getattr(functional, f"adjust_{name}"), images, parameters)


def test_grey_and_solarise_are_torchvisions_and_of_the_chosen_alone(images):
    chosen = torch.arange(IMAGES) % 2 == 1
    for found, expected in (
        (photometry.make_gray(images, chosen), functional.rgb_to_grayscale(images, 3)),
        (photometry.solarize(images, chosen), functional.solarize(images, 0.5)),
    ):
        torch.testing.assert_close(found[chosen], expected[chosen], rtol=0, atol=1e-5)
        assert torch.equal(found[~chosen], images[~chosen])


def test_blur_is_torchvisions(images):
    sigma = torch.linspace(0.1, 0.35, IMAGES)  # of images of 40 pixels, the kernel has 3
    found = blur(images, torch.ones(IMAGES, dtype=torch.bool), sigma)
    compare(
        found, lambda image, width: functional.gaussian_blur(image, [3, 3], width), images, sigma
    )


def test_a_crop_is_torchvisions(images):
    """Away from its edges, beyond which torchvision does not look."""
    top, left, height, width, size = 6, 10, 20, 24, 40
    crops = torch.zeros(IMAGES, 2, 3)
    crops[:, 0, 0], crops[:, 1, 1] = width / size, height / size
    crops[:, 0, 2] = (2 * left + width) / size - 1
    crops[:, 1, 2] = (2 * top + height) / size - 1
    found = sample(images, crops, "bilinear")
    expected = functional.resized_crop(images, top, left, height, width, [size, size])
    inside = (slice(None), slice(None), slice(2, -2), slice(2, -2))
    torch.testing.assert_close(found[inside], expected[inside], rtol=0, atol=1e-5)


@pytest.mark.parametrize(
    ("crop", "least", "lowest", "highest"),
    [((0.2, 1), None, 0.2, 1), ((0.2, 1), 0.5, 0.5, 1), ((0.05, 0.25), 0.5, 0.05, 0.25)],
)
def test_large_crops_keep_what_is_asked(crop, least, lowest, highest):
    """The area is read off slopes across and down; small crops stay small."""
    torch.manual_seed(0)
    slope = torch.linspace(0, 1, 64)
    ramps = torch.stack([slope.expand(64, 64), slope[:, None].expand(64, 64), torch.zeros(64, 64)])
    view = PLACE._replace(crop=crop, color=OFF)
    made = Augmentation(least_crop=least)
    drawn = made(ramps.expand(500, 3, 64, 64), None, (view,), given=UNIT_RGB)[0][0]
    across, down = drawn[:, 0, 32], drawn[:, 1, :, 32]
    areas = (across[:, 40] - across[:, 24]) * (down[:, 40] - down[:, 24]) * (63 / 16) ** 2
    assert areas.min() == pytest.approx(lowest, rel=0.1)
    assert areas.max() == pytest.approx(highest, rel=0.1)


@pytest.mark.parametrize("kind", ["brightness", "contrast", "saturation", "hue"])
def test_each_image_is_jittered_by_its_own_draw(images, kind):
    colors = OFF._replace(jitter=0.8, **{kind: 0.4})
    many = images[5:6].repeat(200, 1, 1, 1)
    found = photometry.jitter_colors(many, colors, torch.rand(200) < colors.jitter)
    changed = (found - many).abs().amax((1, 2, 3)) > 1e-4
    assert 130 < changed.sum() < 190  # 160
    strengths = (found - many).abs().mean((1, 2, 3))[changed]
    assert len(strengths.unique()) > 0.9 * changed.sum()


def test_published_colours_change_in_rgb_and_come_back():
    """Images in Lab are those that come of the same images in RGB."""
    torch.manual_seed(0)
    rgb = torch.rand(64, 3, 16, 16)
    to_lab = make_converter(UNIT_RGB, tiny.GIVEN, rgb.device)
    drawn = []
    for images, given in ((rgb, UNIT_RGB), (to_lab(rgb), tiny.GIVEN)):
        torch.manual_seed(1)
        view = PLACE._replace(crop=(0.2, 1), color=Colors(solarize=0.2))
        drawn.append(Augmentation()(images, None, (view,), given=given)[0][0])
    torch.testing.assert_close(to_lab(drawn[0]), drawn[1], rtol=0, atol=5e-3)
    assert not torch.allclose(drawn[1], to_lab(rgb), atol=0.1)


@pytest.mark.parametrize(("hue", "most"), [(None, 36), (0.0, 0), (0.5, 180)])
def test_colours_turn_as_far_as_asked(hue, most):
    """Red turns by degrees that are spread over what was asked for, or over what is published."""
    torch.manual_seed(0)
    red = torch.tensor([0.8, 0.2, 0.2])[:, None, None].expand(400, 3, 4, 4)
    view = PLACE._replace(color=OFF._replace(hue=0.1, jitter=1))
    drawn = Augmentation(crop=False, hue=hue)(red, None, (view,), given=UNIT_RGB)[0][0]
    colors = [rgb_to_hsv(*pixel.tolist())[0] for pixel in drawn[:, :, 0, 0]]
    turned = [abs((color + 0.5) % 1 - 0.5) * 360 for color in colors]
    assert max(turned) == pytest.approx(most, abs=max(1e-2, most / 20))
    assert sum(turned) / len(turned) == pytest.approx(most / 2, abs=max(1e-2, most / 10))


def test_grey_is_as_frequent_as_asked(images):
    view = PLACE._replace(color=OFF._replace(gray=0.2))
    off = Augmentation(crop=False, flip=False)
    (found,), _ = off(torch.rand(1000, 3, 8, 8), None, (view,), given=UNIT_RGB)
    gray = (found.amax(1) - found.amin(1)).amax((1, 2)) < 1e-5
    assert 150 < gray.sum() < 250


def test_small_images_stay_sharp(images):
    view = PLACE._replace(color=False, blur=1.0)
    off = Augmentation(crop=False, flip=False)
    small = images[..., :32, :32]
    assert torch.equal(off(small, None, (view,))[0][0], small)
    assert not torch.equal(off(images, None, (view,))[0][0], images)


def test_images_that_nobody_knows_are_refused(images):
    with pytest.raises(
        ConfigurationError, match="does not say how its images are prepared"
    ) as error:
        Augmentation()(images, None, (View(color=Colors()),))
    tiny.tell(error)
