"""Methods that compare views: losses beside lightly's or a formula, teachers, small batches."""

import math
import sys

import numpy as np
import pytest
import tiny
import torch
import torch.nn.functional as F
from lightly.loss import DINOLoss, NegativeCosineSimilarity
from lightly.models.modules.heads import DINOProjectionHead

from selfstudy.data.inputs import UNIT_RGB
from selfstudy.data.kinds import open_dataset
from selfstudy.data.prepare import prepare
from selfstudy.errors import ConfigurationError
from selfstudy.methods.base import Batch, find_method
from selfstudy.methods.dino import Prototypes
from selfstudy.methods.shared.lightly import find_lightly
from selfstudy.methods.shared.teacher import find_momentum
from selfstudy.photometry import Colors
from selfstudy.training.learners import Pretraining
from selfstudy.training.run import Run, train

TAUGHT = ("byol", "dino", "mocov3")
JOINT = ("barlow", "lejepa", "simclr", "vicreg", *TAUGHT)
COMPARING = (*JOINT, "amdim")  # an image's features with those of other images
BATCH = Batch((), torch.arange(6))

pytestmark = pytest.mark.usefixtures("one_thread")


def draw(count=2, images=6, size=8):
    return [3 * torch.randn(images, size) for _ in range(count)]


def compute_loss(name, *parts, **arguments):
    method = tiny.make_method(name)
    for key, value in arguments.items():
        setattr(method, key, value)
    output = parts if len(parts) > 1 else parts[0]
    return method.loss(output, BATCH)["loss"].item()


def test_simclr_by_its_equation():
    views = draw()
    both = np.concatenate([F.normalize(view).double().numpy() for view in views])
    scores = np.exp(both @ both.T / 0.2)
    losses = []
    for i in range(12):
        others = scores[i].sum() - scores[i, i]
        losses.append(-math.log(scores[i, (i + 6) % 12] / others))
    assert compute_loss("simclr", views) == pytest.approx(np.mean(losses), rel=1e-5)


def test_byol_is_lightlys():
    predictions, targets = draw(), draw()
    compare = NegativeCosineSimilarity()
    cosines = compare(predictions[0], targets[1]) + compare(predictions[1], targets[0])
    assert compute_loss("byol", predictions, targets) == pytest.approx(4 + 2 * cosines.item())


def test_moco_by_its_algorithm():
    predictions, targets = draw(), draw()
    total = 0
    for queries, keys in ((predictions[0], targets[1]), (predictions[1], targets[0])):
        for i in range(6):
            scores = [F.cosine_similarity(queries[i], key, 0).item() / 0.2 for key in keys]
            chosen = math.exp(scores[i]) / sum(map(math.exp, scores))
            total += -2 * 0.2 * math.log(chosen) / 6
    assert compute_loss("mocov3", predictions, targets) == pytest.approx(total, rel=1e-5)


def test_barlow_twins_by_its_equation():
    views = draw(images=50)
    one, other = ((v - v.mean(0)) / v.std(0, unbiased=False) for v in views)
    correlations = (one.T @ other / 50).double()
    on = (1 - correlations.diagonal()).square().sum()
    off = correlations.square().sum() - correlations.diagonal().square().sum()
    expected = (on + 5e-3 * off).item()
    assert compute_loss("barlow", views) == pytest.approx(expected, rel=1e-3)


def test_vicreg_by_its_equations():
    mix = torch.rand(8, 8) / 6  # numbers that vary together, by less than 1
    views = [view @ mix for view in draw(images=50)]
    expected = 25 * (views[0] - views[1]).square().mean()
    for view in views:
        expected += 25 / 2 * (1 - (view.var(0) + 1e-4).sqrt()).clamp_min(0).mean()
        covariance = torch.cov(view.T)
        expected += (covariance.square().sum() - covariance.diagonal().square().sum()) / 8
    assert compute_loss("vicreg", views) == pytest.approx(expected.item(), rel=1e-5)


def test_lejepa_by_its_equations():
    """The distribution along one direction, which is all there is of a single number."""
    views = draw(count=4, size=1)
    center = (views[0] + views[1]) / 2
    distance = np.mean([(view - center).square().mean().item() for view in views])
    frequencies = np.linspace(0, 3, 17)
    target = np.exp(-(frequencies**2) / 2)
    statistics = []
    for view in views:
        waves = np.exp(1j * frequencies * view.double().numpy()).mean(0)
        error = np.abs(waves - target) ** 2 * target
        statistics.append(6 * 2 * np.trapezoid(error, frequencies))
    expected = 0.05 * np.mean(statistics) + 0.95 * distance
    assert compute_loss("lejepa", views) == pytest.approx(expected, rel=1e-5)


def test_dino_is_lightlys_and_its_equation():
    """A step's centre is the mean of what the teacher gave before, the last the most."""
    method, theirs, center = tiny.make_method("dino"), DINOLoss(16, teacher_temp=0.02), None
    for _ in range(3):
        students, teachers = draw(2, size=16), draw(2, size=16)
        if center is None:  # of the first batch
            center = torch.stack(teachers).mean((0, 1))
            theirs.center.copy_(center)
        found = method.loss((students, teachers), BATCH)["loss"].item()
        assert found == pytest.approx(theirs(teachers, students).item())
        expected = 0.0
        for student, teacher in ((students[0], teachers[1]), (students[1], teachers[0])):
            targets = ((teacher - center) / 0.02).softmax(1)
            expected -= (targets * (student / 0.1).log_softmax(1)).sum(1).mean().item() / 2
        assert found == pytest.approx(expected, rel=1e-5)
        center = 0.9 * center + 0.1 * torch.stack(teachers).mean((0, 1))
        torch.testing.assert_close(method.center, center)


@pytest.mark.filterwarnings("ignore:.*weight_norm.* is deprecated:FutureWarning")
@pytest.mark.parametrize("batch_norm", [False, True])
def test_dinos_head_is_lightlys(batch_norm):
    ours = Prototypes(8, 16, 32, batch_norm)
    theirs = DINOProjectionHead(8, 16, 256, 32, batch_norm)
    theirs.layers.load_state_dict(ours.layers.state_dict())
    theirs.last_layer.weight_v.data.copy_(ours.prototypes)
    (features,) = draw(1)
    torch.testing.assert_close(ours(features), theirs(features))


def test_momentum_rises_to_1_by_a_cosine():
    assert find_momentum(0.99, 0) == pytest.approx(0.99)
    assert find_momentum(0.99, 0.5) == pytest.approx(0.995)
    assert find_momentum(0.99, 1) == 1


@pytest.mark.parametrize("name", TAUGHT)
def test_a_teacher_follows_and_no_gradient_reaches_it(name):
    method = tiny.make_method(name)
    teacher, student = method.teacher.backbone, method.backbone
    start = [weights.clone() for weights in teacher.parameters()]
    assert all(map(torch.equal, start, student.parameters()))
    tiny.make_step(Pretraining(method, {})).train(tiny.draw_block(), 1e-2, 0.5)
    assert all(weights.grad is None for weights in method.teacher.parameters())
    kept = {"byol": 0.995, "mocov3": 0.995, "dino": 0.99}[name]  # half way to 1
    for before, mine, theirs in zip(start, teacher.parameters(), student.parameters(), strict=True):
        torch.testing.assert_close(mine, kept * before + (1 - kept) * theirs)
    assert any(not torch.equal(*pair) for pair in zip(start, teacher.parameters(), strict=True))


@pytest.mark.parametrize("name", TAUGHT)
def test_a_teacher_sees_images_converted_as_the_student_does(name):
    """Weights that expect other images, such as public ones."""
    method = tiny.make_method(name)
    method.backbone.input = UNIT_RGB
    method.backbone.accept(tiny.GIVEN)
    images = tiny.draw_block().images.float()
    method.train()
    expected = method.project(method.backbone(images).pooled)
    found = method.teacher(images, method.backbone.adapter)
    torch.testing.assert_close(found, expected)


@pytest.mark.parametrize("name", COMPARING)
def test_the_smallest_batch_teaches(name):
    method = tiny.make_method(name)
    views = tuple(torch.randn(method.least_batch, 3, 32, 32) for _ in method.views)
    batch = Batch(views, torch.arange(method.least_batch))
    method.loss(method(batch)[1], batch)["loss"].backward()
    assert 0 < method.backbone.stem[0].weight.grad.norm() < math.inf


@pytest.mark.parametrize("name", COMPARING)
def test_images_that_are_all_alike_teach_nothing_worse(name):
    """All negatives are equal, and equal the positive."""
    method = tiny.make_method(name)
    views = tuple(torch.ones(4, 3, 32, 32) for _ in method.views)
    batch = Batch(views, torch.arange(4))
    loss = method.loss(method(batch)[1], batch)["loss"]
    loss.backward()
    assert loss.isfinite()
    assert all(p.grad.isfinite().all() for p in method.parameters() if p.grad is not None)


@pytest.mark.parametrize("name", COMPARING)
def test_batches_that_are_too_small_are_refused(name, packed, tmp_path):
    prepare(packed, tmp_path / "data.h5", "0110", tiny.SIZE, "lab", seed=0)
    dataset = open_dataset(tmp_path / "data.h5")
    recipe = tiny.make_tiny_recipe(batch_size=1)
    run = Run(dataset, lambda: Pretraining(tiny.make_method(name), {}), recipe)
    with pytest.raises(ConfigurationError, match=r"batches of 1: .* at least 2") as error:
        train(run, tmp_path / "run", 0, "")
    assert str(dataset.path) in tiny.tell(error)
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize("name", JOINT)
@pytest.mark.parametrize("network", ["timm/vit_tiny_patch16_224", "timm/convnext_atto"])
def test_it_pretrains_networks_of_timm(name, network):
    backbone = tiny.make_small(network)
    method = find_method(name)(backbone, **tiny.choose_small(find_method(name)))
    step, block = tiny.make_step(Pretraining(method, {})), tiny.draw_block()
    before = tiny.copy_weights(method)
    for i in (1, 2):
        metrics, norm = step.train(block, 1e-3, i / 2)
        assert metrics["loss"].isfinite()
        assert 0 < norm < math.inf
    moved = tiny.copy_weights(method)
    assert any(not torch.equal(moved[key], before[key]) for key in moved if "backbone" in key)


def test_without_lightly_it_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "lightly.loss", None)
    with pytest.raises(ConfigurationError, match=r"pip install 'selfstudy\[methods\]'"):
        find_lightly("loss.NTXentLoss")


@pytest.mark.parametrize("name", JOINT)
def test_its_views_are_those_of_the_recipes(name):
    views = find_method(name).views
    assert len(views) == (4 if name == "lejepa" else 2)
    assert all(isinstance(view.color, Colors) and not view.cutout for view in views)
