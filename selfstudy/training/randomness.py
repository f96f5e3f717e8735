"""The random generators of a run: PyTorch's, NumPy's and Python's."""

import random
from collections.abc import Mapping
from typing import Any

import numpy as np
import torch

from selfstudy.errors import ConfigurationError

SEEDS = 2**32  # that NumPy's generator takes


def check_seed(seed: int, name: str = "seed") -> None:
    """Check that the generators take a seed.

    Raises:
        ConfigurationError: they do not; it says `name`, what the seed was given for.
    """
    if not isinstance(seed, (int, np.integer)) or not 0 <= seed < SEEDS:
        raise ConfigurationError(f"{name} {seed}: expected 0 or more, a whole number below 2**32")


def seed_all(seed: int) -> None:
    """Seed every generator.

    Raises:
        ConfigurationError: the seed is out of range.
    """
    check_seed(seed)
    torch.manual_seed(seed)
    np.random.seed(seed)
    random.seed(seed)


def collect_states() -> dict[str, Any]:
    """Collect the states of all generators, as tensors, numbers, texts and lists of these."""
    name, keys, *rest = np.random.get_state()
    version, numbers, gauss = random.getstate()
    found = {
        "torch": torch.get_rng_state(),
        "numpy": [name, torch.from_numpy(keys.astype(np.int64)), *rest],
        "python": [version, list(numbers), gauss],
    }
    if torch.cuda.is_available():
        found["cuda"] = torch.cuda.get_rng_state()
    return found


def restore_states(states: Mapping[str, Any]) -> None:
    """Set all generators to the states that were saved."""
    torch.set_rng_state(states["torch"])
    name, keys, *rest = states["numpy"]
    np.random.set_state((name, keys.numpy().astype(np.uint32), *rest))
    version, numbers, gauss = states["python"]
    random.setstate((version, tuple(numbers), gauss))
    if "cuda" in states and torch.cuda.is_available():
        torch.cuda.set_rng_state(states["cuda"])
