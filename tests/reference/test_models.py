"""Our networks against the authors': the same parameters, the same outputs."""

import json
from pathlib import Path

import pytest
import torch
from torch import nn

from selfstudy.configuration import load_configuration
from selfstudy.methods.base import Batch, Method
from selfstudy.tasks.classify import Classify
from selfstudy.tasks.depth import Depth
from selfstudy.tasks.pose import Pose
from selfstudy.tasks.segment import Segment

NAMES = list(json.loads((Path(__file__).parent / "models.json").read_text()))
SINGLE, DENSE = ((Classify, 10), (Pose, 5)), ((Segment, 11), (Depth, 1))


class Network(nn.Module):
    """What the authors call a network: a model, and two readouts of each of two targets."""

    def __init__(self, name):
        super().__init__()
        configuration = load_configuration([name])
        backbone = configuration.make_backbone()
        pretext = configuration.task is None
        self.model = configuration.make_method(backbone, images=1000) if pretext else backbone
        self.dense = name.startswith("dense")
        tasks = DENSE if self.dense else SINGLE
        self.fc, self.mlp = (
            nn.ModuleList(task(backbone.out_feats, outputs, hidden) for task, outputs in tasks)
            for hidden in (False, True)
        )

    def forward(self, images, indices):
        """Images (b, 3, h, w), or two views (b, 2, 3, h, w), to features and readouts."""
        views = tuple(images.unbind(1)) if images.dim() == 5 else (images,)
        if isinstance(self.model, Method):
            features, _ = self.model(Batch(views, indices))
        else:
            features = self.model(*views)
        read = [[head(features) for head in heads] for heads in (self.fc, self.mlp)]
        return features.dense if self.dense else features.pooled, *read


def fill(network, sequence):
    """Give all weights values that do not depend on names or order."""
    with torch.no_grad():
        for parameter in network.parameters():
            if parameter.dim() >= 2:
                values = sequence(0, parameter.shape)
                parameter.copy_(values * (6 / parameter[0].numel()) ** 0.5)
            else:
                parameter.zero_()
        for module in network.modules():
            if isinstance(module, torch.nn.BatchNorm1d | torch.nn.BatchNorm2d):
                module.weight.fill_(1)


@pytest.mark.parametrize("name", NAMES)
def test_network_equals_the_authors(name, reference, sequence):
    expected = reference("models")[name]
    shape = expected["input_shape"]
    network = Network(name).eval()
    parameters = lambda module: sum(p.numel() for p in module.parameters())  # noqa: E731
    assert parameters(network.model) == expected["backbone_params"]
    assert parameters(network) == expected["total_params"]
    fill(network, sequence)
    count = torch.Size(shape).numel()
    images = torch.sin(0.37 * torch.arange(count, dtype=torch.float64) + 0.1).float().view(shape)
    with torch.no_grad():
        features, fc, mlp = network(images, torch.tensor([0, 1]))
    measured = {
        "features_mean": features.mean(),
        "features_std": features.std(),
        "features_first8": features.flatten()[:8],
        "fc_class_first8": fc[0].flatten()[:8],
        "mlp_class_first8": mlp[0].flatten()[:8],
    }
    assert list(features.shape) == expected["features_shape"]
    assert list(fc[1].shape) == expected["fc_3d_shape"]
    for key, value in measured.items():
        wanted = torch.tensor(expected[key])
        torch.testing.assert_close(value, wanted, rtol=1e-4, atol=1e-4 * wanted.abs().max().item())
