import json
from pathlib import Path

import pytest
import torch

REFERENCE = Path(__file__).parent / "reference"
SLOW = ("slurm", "workflow")


def pytest_collection_modifyitems(items):
    """Keep tests in one process that share what a fixture made; begin with those that take long."""
    for item in items:
        if "finished" in item.fixturenames:
            item.add_marker(pytest.mark.xdist_group("finished"))
        elif item.path.parent.name != "workflow":
            item.add_marker(pytest.mark.xdist_group(item.path.name))
    items.sort(key=lambda item: item.path.parent.name not in SLOW)


@pytest.fixture
def reference():
    """Numbers computed with the authors' programs: `reference("models")` is `models.json`."""
    return lambda name: json.loads((REFERENCE / f"{name}.json").read_text())


@pytest.fixture
def sequence():
    """The reference numbers' h(k): values in (-1, 1) that need no generator."""

    def h(k, shape):
        index = torch.arange(torch.Size(shape).numel(), dtype=torch.float64)
        value = torch.sin((index + 1000 * k) * 12.9898 + 78.233) * 43758.5453
        return (value - torch.trunc(value)).float().view(shape)

    return h
