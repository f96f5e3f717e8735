"""Which images train, validate and test, and which of the training images have labels."""

import hashlib
from collections.abc import Sequence

import numpy as np

from selfstudy.data.names import BALANCED, RANDOM
from selfstudy.errors import ConfigurationError, find_known

SPLITS = ("train", "valid", "test")
PRETRAINING = 1  # makes other numbers of a seed than those that choose labelled images
LISTED = 20  # classes whose labels are told one by one


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


def select_labelled(
    targets: np.ndarray, labels: int, seed: int, subset: str = BALANCED
) -> np.ndarray:
    """Choose the training images whose labels are known.

    Subsets depend on the seed, and are nested: the subset for fewer labels is part of the one for
    more. Balanced ones have as many images of each class, or all that a class has, where these are
    fewer. Random ones have classes as they come, as labels do that are collected without a look at
    the images, and may lack one.

    Args:
        targets: class of each training image (n,).
        labels: how many are chosen.
        seed: of the choice.
        subset: BALANCED or RANDOM.

    Returns:
        Sorted rows, int64 (labels,).

    Raises:
        ConfigurationError: there are fewer images than labels, or no such subset.
    """
    order = find_known(subset, ORDERS, "session.subset")
    if not 1 <= labels <= len(targets):
        raise ConfigurationError(
            f"{labels} labels asked for: expected 1 to {len(targets)}, the training images"
        )
    shuffled = np.random.default_rng(seed).permutation(len(targets))
    return np.sort(order(shuffled, targets)[:labels])


def select_pretraining(rows: np.ndarray, images: int, seed: int) -> np.ndarray:
    """Choose the images that pretrain, of those that may; subsets of a seed are nested.

    Args:
        rows: of the images that may (n,).
        images: how many are chosen.
        seed: of the choice, which that of labelled images does not follow.

    Returns:
        Sorted rows, int64 (images,).
    """
    return np.sort(np.random.default_rng([seed, PRETRAINING]).permutation(rows)[:images])


def take_turns(rows: np.ndarray, targets: np.ndarray) -> np.ndarray:
    """Order rows (n,) so that all that are the first of their class come before all second ones."""
    classes = targets[rows]
    by_class = np.argsort(classes, kind="stable")
    starts = np.searchsorted(classes[by_class], classes[by_class], side="left")
    turns = np.empty(len(classes), dtype=np.int64)
    turns[by_class] = np.arange(len(classes)) - starts
    return rows[np.argsort(turns, kind="stable")]


ORDERS = {BALANCED: take_turns, RANDOM: lambda rows, targets: rows}


def describe_classes(classes: np.ndarray, rows: np.ndarray) -> str:
    """Say in a line how many labels each class has.

    Args:
        classes: of all images (n,).
        rows: of those that have labels (labels,).
    """
    counts = np.bincount(classes[rows], minlength=classes.max() + 1)
    low, high = counts.min(), counts.max()
    if len(counts) > LISTED or low == high:
        said = f"{low} of each" if low == high else f"{low} to {high} of each"
    else:
        said = ", ".join(map(str, counts))
    return f"{len(rows)} labels of {(counts > 0).sum()} of {len(counts)} classes: {said}"


def hash_rows(rows: np.ndarray) -> str:
    """Name a subset in short, the same wherever it is; no table reader sees a number."""
    return f"sha256:{hashlib.sha256(rows.astype('<i8').tobytes()).hexdigest()[:12]}"
