"""Which images train, validate and test, and which of the training images have labels."""

import hashlib
from collections.abc import Sequence

import numpy as np

from selfstudy.errors import ConfigurationError

SPLITS = ("train", "valid", "test")


def select_split(splits: Sequence[int], split: str, most: int | None = None) -> np.ndarray:
    """Give the rows of a split among prepared images.

    Args:
        splits: images that train, validate and test; they lie in this order.
        split: "train", "valid" or "test".
        most: number of rows at most; None: all.

    Returns:
        Sorted rows, int64 (r,).
    """
    index = SPLITS.index(split)
    start = sum(splits[:index])
    return np.arange(start, start + splits[index])[:most]


def select_labelled(targets: np.ndarray, labels: int, seed: int) -> np.ndarray:
    """Choose the training images whose labels are known.

    Subsets are balanced over classes as far as the images allow, depend on the seed, and are
    nested: the subset for fewer labels is part of the one for more.

    Args:
        targets: class of each training image (n,).
        labels: how many are chosen.
        seed: of the choice.

    Returns:
        Sorted rows, int64 (labels,).

    Raises:
        ConfigurationError: there are fewer images than labels.
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


def hash_rows(rows: np.ndarray) -> str:
    """Name a subset in short, the same wherever it is; no table reader sees a number."""
    return f"sha256:{hashlib.sha256(rows.astype('<i8').tobytes()).hexdigest()[:12]}"
