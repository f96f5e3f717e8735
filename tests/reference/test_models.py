"""Our networks against the authors': the same parameters, the same outputs."""

import json
from pathlib import Path

import pytest
import torch

from selfstudy.backbones.study import Wrapper
from selfstudy.configuration import configured

NAMES = list(json.loads((Path(__file__).parent / "models.json").read_text()))


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
    with configured([name]):
        network = Wrapper(dataset_size=1000).eval()
    parameters = lambda module: sum(p.numel() for p in module.parameters())  # noqa: E731
    assert parameters(network.model) == expected["backbone_params"]
    assert parameters(network) == expected["total_params"]
    fill(network, sequence)
    count = torch.Size(shape).numel()
    images = torch.sin(0.37 * torch.arange(count, dtype=torch.float64) + 0.1).float().view(shape)
    with torch.no_grad():
        output = network(images, torch.tensor([0, 1]))
    measured = {
        "features_mean": output.features.mean(),
        "features_std": output.features.std(),
        "features_first8": output.features.flatten()[:8],
        "fc_class_first8": output.fc[0].flatten()[:8],
        "mlp_class_first8": output.mlp[0].flatten()[:8],
    }
    assert list(output.features.shape) == expected["features_shape"]
    assert list(output.fc[1].shape) == expected["fc_3d_shape"]
    for key, value in measured.items():
        wanted = torch.tensor(expected[key])
        torch.testing.assert_close(value, wanted, rtol=1e-4, atol=1e-4 * wanted.abs().max().item())
