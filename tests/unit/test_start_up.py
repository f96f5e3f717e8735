"""What training imports, and that our own parts in place of heavy libraries' equal these."""

import subprocess
import sys

import pytest
import tiny
import torch
from torch import nn
from torchvision import transforms
from torchvision.models import resnet

from selfstudy.backbones import blocks
from selfstudy.errors import ConfigurationError
from selfstudy.methods.vae import RandomErasing
from selfstudy.training import schedule
from selfstudy.training.schedule import OPTIMIZERS

STEP = """
import sys
import selfstudy.sweep.runs, selfstudy.training.seeds, selfstudy.configuration.configuration
import tiny, torch
from selfstudy.augment import Augmentation
from selfstudy.training.learners import Pretraining
from selfstudy.training.loop import Step
from selfstudy.training.recipe import make_recipe

learner = Pretraining(tiny.make_method("vae"), {})
optimizer = make_recipe().optimizer.make(learner.parameters())
step = Step(learner, optimizer, Augmentation(), torch.device("cpu"), "float32")
step.train(tiny.draw_block(), 1e-3, 1.0)
print(*sys.modules)
"""


@pytest.mark.slow
def test_a_step_needs_nothing_heavy_but_pytorch():
    done = subprocess.run(
        [sys.executable, "-c", STEP],
        env={"PYTHONPATH": ":".join(filter(None, sys.path))},
        capture_output=True,
        text=True,
        check=True,
    )
    found = set(done.stdout.split())
    assert "torch" in found
    heavy = {"torchvision", "numba", "pandas", "scipy", "sklearn", "torch._dynamo", "optuna"}
    assert found & heavy == set()


@pytest.mark.parametrize(
    ("name", "channels", "options"),
    [
        ("BasicBlock", 8, {}),
        ("BasicBlock", 8, {"stride": 2}),
        ("Bottleneck", 32, {}),
        ("Bottleneck", 16, {"stride": 2}),
        ("Bottleneck", 32, {"dilation": 2, "groups": 4, "base_width": 32}),
    ],
)
def test_blocks_equal_torchvisions(name, channels, options):
    found = []
    for module in (blocks, resnet):
        torch.manual_seed(0)
        block = getattr(module, name)
        shortcut = None
        if "stride" in options:
            shortcut = module.conv1x1(channels, 8 * block.expansion, options["stride"])
        made = block(channels, 8, downsample=shortcut, **options)
        images = torch.randn(4, channels, 8, 8, requires_grad=True)
        output = made(images)
        output.square().mean().backward()
        gradients = [parameter.grad for parameter in made.parameters()]
        found.append((made.state_dict(), output, images.grad, gradients))
    ours, theirs = found
    tiny.assert_equal(ours[0], theirs[0])
    assert all(torch.equal(*pair) for pair in zip(ours[1:3], theirs[1:3], strict=True))
    assert all(torch.equal(*pair) for pair in zip(ours[3], theirs[3], strict=True))


def test_a_basic_block_cannot_be_dilated():
    with pytest.raises(ConfigurationError, match=r"^ResNet\.replace_stride_with_dilation: "):
        tiny.make_small("resnet18", replace_stride_with_dilation=[False, False, True])


@pytest.mark.parametrize("size", [(16, 16), (8, 40)])
def test_erasing_draws_what_torchvisions_does(size):
    theirs, ours = transforms.RandomErasing(value="random"), RandomErasing()
    erased = 0
    for seed in range(40):
        image, outcomes = torch.randn(3, *size), []
        for erase in (theirs, ours):
            torch.manual_seed(seed)
            outcomes.append((erase(image), torch.get_rng_state()))
        assert all(torch.equal(*pair) for pair in zip(*outcomes, strict=True))
        erased += not torch.equal(outcomes[0][0], image)
    assert 10 < erased < 30


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_optimisers_do_what_pytorchs_do(name, monkeypatch):
    found = []
    for spare in (schedule.spare_compiler, lambda kind: kind):
        monkeypatch.setattr(schedule, "spare_compiler", spare)
        torch.manual_seed(0)
        network = nn.Linear(4, 3)
        optimizer = schedule.Optimizer(name, weight_decay=0.1).make(network.parameters())
        assert isinstance(optimizer, getattr(torch.optim, name))
        for _ in range(3):
            optimizer.zero_grad()
            network(torch.ones(2, 4)).square().sum().backward()
            optimizer.step()
        found.append((type(optimizer), network.state_dict(), optimizer.state_dict()["state"]))
    ours, theirs = found
    assert ours[0] is not theirs[0]
    tiny.assert_equal(ours[1], theirs[1])
    assert str(ours[2]) == str(theirs[2])
