import json
from pathlib import Path

import pytest
import torch

REFERENCE = Path(__file__).parent / "reference"
LONGEST = ("slurm", "workflow")


def pytest_collection_modifyitems(items):
    """Keep the tests of a file in one process, but those of workflows; begin with the longest.

    With `--no-loadscope-reorder` they also begin in this order where several run at a time.
    """
    for item in items:
        if item.path.parent.name != "workflow":
            item.add_marker(pytest.mark.xdist_group(item.path.name))
    slow = {item.path for item in items if item.get_closest_marker("slow")}

    def rank(item):
        folder = item.path.parent.name
        return (
            LONGEST.index(folder) if folder in LONGEST else len(LONGEST) + (item.path not in slow)
        )

    items.sort(key=rank)


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
