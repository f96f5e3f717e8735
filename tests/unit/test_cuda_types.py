"""Types under CUDA's autocast, by tensors that only claim to be on a GPU: forward passes alone."""

import pytest
import tiny
import torch
from torch import nn
from torch._subclasses.fake_tensor import FakeTensorMode

from selfstudy.backbones.base import Features
from selfstudy.registry import list_names
from selfstudy.tasks.base import find_task
from selfstudy.training.learners import Finetuning, Pretraining, Sample
from selfstudy.training.precision import FORMATS, make_autocast

CUDA = torch.device("cuda", 0)
CLASSES = 5
COARSE = {"cmc"}  # as in test_contract_methods.py


@pytest.fixture(params=["bfloat16", "float16"])
def autocast(request, monkeypatch):
    with monkeypatch.context() as patch:
        patch.setattr(torch.cuda, "is_available", lambda: True)
        patch.setattr(torch.cuda, "is_bf16_supported", lambda **_: True)
        return make_autocast(CUDA, request.param)


def pretend(*shape, dtype=torch.float32):
    return torch.empty(shape, dtype=dtype, device=CUDA)


def move(learner):
    """Let all parts of a learner claim to be on the GPU."""
    for module in learner.modules():
        for parts in (module._parameters, module._buffers):
            for name, value in parts.items():
                if value is not None:
                    claimed = pretend(*value.shape, dtype=value.dtype)
                    parts[name] = nn.Parameter(claimed) if parts is module._parameters else claimed


def evaluate(learner, autocast):
    """The types of a learner's features, and its metrics."""
    with FakeTensorMode():
        move(learner)
        size = (tiny.IMAGES, 3, tiny.SIZE, tiny.SIZE)
        places = pretend(tiny.IMAGES, dtype=torch.int64)
        labels = {type(task).__name__: places for task in learner.tasks}
        maps = pretend(*size, dtype=torch.uint8)
        views = tuple(pretend(*size) for _ in learner.views)
        metrics = learner.evaluate(Sample(views, labels, maps, places), autocast)
        with autocast:
            features = learner.backbone(views[0])
        return features, metrics


def require_types(features: Features, metrics, autocast, coarse, last=None):
    assert autocast.fast_dtype in (FORMATS["bfloat16"], FORMATS["float16"])
    if last is None:
        last = features.dense
    assert last.dtype == autocast.fast_dtype, "it does not compute in 16 bits"
    for name, value in metrics.items():
        assert value.device == CUDA
        wide = value.dtype in (torch.float32, torch.float64)
        assert wide or (coarse and name.startswith("loss")), f"{name} in {value.dtype}"


@pytest.mark.slow
@pytest.mark.parametrize("name", list_names("methods"))
def test_a_methods_loss_is_computed_in_32_bits(name, autocast):
    method = tiny.make_method(name)
    probes = {"probe": find_task("classify")(method.backbone.out_feats, CLASSES)}
    seen = []
    if method.backbone.patches is not None:  # a transformer's last layer norm is in 32 bits
        network = method.backbone.network
        network.blocks[-1].mlp.register_forward_hook(lambda *given: seen.append(given[-1]))
    features, metrics = evaluate(Pretraining(method, probes), autocast)
    require_types(features, metrics, autocast, name in COARSE, *seen[:1])


@pytest.mark.parametrize("name", list_names("tasks"))
def test_a_tasks_loss_is_computed_in_32_bits(name, autocast):
    task = find_task(name)
    backbone = tiny.make_small("resnet9")
    learner = Finetuning(backbone, task(backbone.out_feats, 1 if name == "depth" else CLASSES))
    features, metrics = evaluate(learner, autocast)
    require_types(features, metrics, autocast, coarse=False)
