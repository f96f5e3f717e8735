"""Which images train, validate and test, and which of the training images have labels."""

import hashlib

import numpy as np

from selfstudy.errors import ConfigurationError


def split_rows(total: int, split: str, num_valid: int) -> np.ndarray:
    """Rows of `split` ("train", "valid" or "test") among `total` prepared images.

    Training is the first ten twelfths, then come validation and test, a twelfth each, of which at
    most `num_valid` are used (study, "Datasets").
    """
    twelfth = total // 12
    start = {"train": 0, "valid": 10 * twelfth, "test": 11 * twelfth}[split]
    size = 10 * twelfth if split == "train" else min(num_valid, twelfth)
    return np.arange(start, start + size)


def label_subset(targets: np.ndarray, labels: int, seed: int) -> np.ndarray:
    """Rows of the `labels` training images whose labels are known, sorted.

    Subsets are balanced over classes as far as the images allow, depend on the seed, and are
    nested: the subset for fewer labels is part of the one for more.

    Raises ConfigurationError if there are fewer images than labels.
    """
    if not 1 <= labels <= len(targets):
        raise ConfigurationError(
            f"{labels} labels asked for: expected 1 to {len(targets)}, the training images"
        )
    rng = np.random.default_rng(seed)
    shuffled = rng.permutation(len(targets))
    # An image's turn is its rank within its class: all first ones come before all second ones.
    classes = targets[shuffled]
    by_class = np.argsort(classes, kind="stable")
    starts = np.searchsorted(classes[by_class], classes[by_class], side="left")
    turns = np.empty(len(classes), dtype=np.int64)
    turns[by_class] = np.arange(len(classes)) - starts
    return np.sort(shuffled[np.argsort(turns, kind="stable")[:labels]])


def digest(rows: np.ndarray) -> str:
    """A short name for a subset, the same wherever the subset is; no table reader sees a number."""
    return f"sha256:{hashlib.sha256(rows.astype('<i8').tobytes()).hexdigest()[:12]}"
