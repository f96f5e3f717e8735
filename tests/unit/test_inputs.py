"""Images as weights expect them: conversions between colour spaces."""

import warnings

import numpy as np
import pytest
import tiny
import torch
from skimage.color import lab2rgb, rgb2lab
from torch import nn

from selfstudy.data.inputs import IMAGENET, Adapter, Input
from selfstudy.data.kinds import open_dataset

pytestmark = pytest.mark.usefixtures("one_thread")

LAB = Input("lab", (0.0, 0.0, 0.0), (1.0, 1.0, 1.0))
RGB = Input("rgb", (0.0, 0.0, 0.0), (1.0, 1.0, 1.0))


@pytest.fixture
def cube():
    """All of a colour cube, (1, 3, n, 1), from 0 to 255."""
    axis = np.linspace(0, 255, 18)
    return np.stack(np.meshgrid(axis, axis, axis), -1).reshape(1, -1, 1, 3)


def convert(values, given, expected):
    images = torch.from_numpy(values).float().permute(0, 3, 1, 2)
    return Adapter(given, expected)(images).permute(0, 2, 3, 1).numpy()


def test_conversions_are_those_of_scikit_image(cube):
    lab = rgb2lab(cube / 255)
    np.testing.assert_allclose(convert(cube, RGB, LAB), lab, atol=2e-3)
    np.testing.assert_allclose(convert(lab, LAB, RGB), cube, atol=2e-2)
    prepared = Input("lab", (38.44, 3.03, 4.77), (17.42, 9.41, 11.37))
    normalised = (lab - np.array(prepared.mean)) / np.array(prepared.std)
    found = convert(normalised, prepared, IMAGENET)
    expected = (cube - np.array(IMAGENET.mean)) / np.array(IMAGENET.std)
    np.testing.assert_allclose(found, expected, atol=1e-3)


def test_colours_that_no_screen_shows_are_clipped():
    axes = np.linspace(-20, 130, 11), np.linspace(-200, 200, 11), np.linspace(-200, 200, 11)
    lab = np.stack(np.meshgrid(*axes), -1).reshape(1, -1, 1, 3)
    found = convert(lab, LAB, RGB)
    assert np.isfinite(found).all()
    assert found.min() >= 0
    assert found.max() <= 255.001
    shown = (lab[..., 0] >= 0) & (lab[..., 0] <= 100)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it says how many it clips
        expected = 255 * lab2rgb(lab)
    inside = np.all((expected > 0) & (expected < 255), -1) & shown
    assert inside.any()
    np.testing.assert_allclose(found[inside], expected[inside], atol=5e-2)


@pytest.mark.parametrize(("given", "expected"), [(LAB, RGB), (RGB, LAB)])
def test_gradients_through_a_conversion_are_finite(given, expected, cube):
    values = rgb2lab(cube / 255) if given == LAB else cube
    far = torch.tensor([[[[-500.0]], [[300.0]], [[1000.0]]]])
    images = torch.cat([torch.from_numpy(values).float().permute(0, 3, 1, 2), far], 2)
    images.requires_grad_()
    Adapter(given, expected)(images).sum().backward()
    assert images.grad.isfinite().all()


def test_new_weights_take_images_as_they_are(prepared):
    backbone, dataset = tiny.make_small("resnet9"), open_dataset(prepared)
    backbone.accept(dataset.input)
    assert isinstance(backbone.adapter, nn.Identity)
    assert backbone.input == dataset.input
