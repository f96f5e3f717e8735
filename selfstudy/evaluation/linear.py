"""Linear evaluation: logistic regression on frozen features (study, "Linear evaluation")."""

import warnings
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression

from selfstudy.backbones.base import Backbone
from selfstudy.data.dataset import BaseDataset
from selfstudy.data.hdf5 import open_hdf5
from selfstudy.data.splits import hash_rows
from selfstudy.errors import ConfigurationError, UnlabelledError
from selfstudy.evaluation.features import (
    Extracted,
    extract_images,
    extract_pixels,
    save_features,
)
from selfstudy.tasks.base import Labels, find_task
from selfstudy.training.loop import measure_spread

ITERATIONS = 500  # of L-BFGS, at most
PIXELS = 50_000  # of all images of a budget, and of all validation images


def evaluate_linearly(
    backbone: Backbone,
    dataset: BaseDataset,
    task: str,
    budgets: Sequence[int],
    seeds: Sequence[int],
    folder: Path | None = None,
    precision: str = "auto",
) -> pd.DataFrame:
    """Measure the accuracy on validation data of logistic regression on features.

    The labelled images are those that finetuning with the same seed has.

    Args:
        backbone: in evaluation mode, ready for the dataset's images.
        dataset: what to evaluate on.
        task: one that tells classes apart: "classify" or "pose", from pooled features; "segment",
            from places in dense ones.
        budgets: numbers of labelled images.
        seeds: of the label subsets.
        folder: of a run, to keep its pooled features in.
        precision: as of a run.

    Returns:
        One row per budget and seed: `accuracy`, `train_accuracy`, `iterations` of the solver (500:
        it was stopped there), `label_subset`, `feature_spread` (see `training.loop`).

    Raises:
        ConfigurationError: the dataset has not what the task needs, or too few images.
    """
    labels = read_classes(dataset, task)
    if labels is None:
        rows = dataset.rows("valid")
        valid = extract_pixels(backbone, dataset, rows, PIXELS, 0, precision)
    else:
        train, valid = extract_splits(backbone, dataset, labels, folder, precision)
    differ = measure_spread(torch.from_numpy(valid.features))
    results = []
    for seed in seeds:
        for budget in budgets:
            rows = dataset.labelled_rows(budget, seed)
            if labels is None:
                subset = extract_pixels(backbone, dataset, rows, PIXELS, seed, precision)
            else:
                subset = Extracted(*(part[rows] for part in train))
            results.append(
                {
                    "labels": budget,
                    "seed": seed,
                    **fit(subset, valid),
                    "label_subset": hash_rows(rows),
                    "feature_spread": differ,
                }
            )
    return pd.DataFrame(results)


def read_classes(dataset: BaseDataset, task: str) -> np.ndarray | None:
    """Read the classes (n,) that a task tells apart; None: those of every pixel."""
    kind = find_task(task)
    try:
        labels = kind.read_labels(dataset)
    except UnlabelledError as error:
        raise ConfigurationError(f"no labels for linear evaluation of {task!r}: {error}") from error
    if not tells_classes(labels):
        raise ConfigurationError(
            f"linear evaluation of {task!r}: expected a task that tells classes apart"
        )
    return labels.values


def tells_classes(labels: Labels) -> bool:
    """Whether labels are classes, of images or of pixels."""
    if labels.values is None:
        return labels.outputs > 1
    return labels.values.ndim == 1 and labels.values.dtype.kind == "i"


def extract_splits(
    backbone: Backbone,
    dataset: BaseDataset,
    labels: np.ndarray,
    folder: Path | None,
    precision: str,
) -> list[Extracted]:
    """Extract pooled features of the training and the validation images, with their labels."""
    rows = {"train": np.arange(dataset.training_images), "valid": dataset.rows("valid")}
    if folder is None:
        return [
            Extracted(extract_images(backbone, dataset, each, precision), labels[each])
            for each in rows.values()
        ]
    with open_hdf5(save_features(backbone, dataset, folder, precision)) as file:
        return [
            Extracted(file[f"{split}/features"][:], labels[each]) for split, each in rows.items()
        ]


def fit(subset: Extracted, valid: Extracted) -> dict[str, float | int]:
    """Fit logistic regression with the study's penalty, scikit-learn's, and give accuracies."""
    labels, expected = subset.labels, valid.labels
    if (labels == labels[0]).all():  # nothing to tell apart, such as poses of a fixed viewpoint
        accuracy = float((expected == labels[0]).mean())
        return {"accuracy": accuracy, "train_accuracy": 1.0, "iterations": 0}
    model = LogisticRegression(max_iter=ITERATIONS)
    features = subset.features.astype(np.float32)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # reported as iterations
        model.fit(features, labels)
    return {
        "accuracy": model.score(valid.features.astype(np.float32), expected),
        "train_accuracy": model.score(features, labels),
        "iterations": int(model.n_iter_.max()),
    }
