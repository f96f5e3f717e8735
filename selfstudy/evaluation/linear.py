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
from selfstudy.data.names import BALANCED
from selfstudy.data.splits import hash_rows
from selfstudy.errors import ConfigurationError, UnlabelledError
from selfstudy.evaluation.features import (
    Extracted,
    extract_images,
    extract_pixels,
    save_features,
)
from selfstudy.evaluation.nearest import measure_nearest
from selfstudy.measures import NEAREST, measure_classes
from selfstudy.tasks.base import Labels, find_task
from selfstudy.training.representation import measure_spread

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
    subset: str = BALANCED,
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
        subset: how labelled images are chosen (`selfstudy.data.splits`).

    Returns:
        One row per budget and seed: `accuracy`, of classes of images those of
        `selfstudy.measures.measure_classes` and `knn_accuracy` (`evaluation.nearest`),
        `train_accuracy`, `iterations` of the solver (500: it was stopped there), `label_subset`,
        `classes` (how many of them the labels have), `feature_spread` (see
        `training.representation`).

    Raises:
        ConfigurationError: the dataset has not what the task needs, or too few images.
    """
    classes, outputs = read_classes(dataset, task)
    if classes is None:
        rows = dataset.rows("valid")
        valid = extract_pixels(backbone, dataset, rows, PIXELS, 0, precision)
    else:
        train, valid = extract_splits(backbone, dataset, classes, folder, precision)
    differ = measure_spread(torch.from_numpy(valid.features))
    results = []
    for seed in seeds:
        for budget in budgets:
            rows = dataset.labelled_rows(budget, seed, subset)
            if classes is None:
                chosen = extract_pixels(backbone, dataset, rows, PIXELS, seed, precision)
            else:
                chosen = Extracted(*(part[rows] for part in train))
            results.append(
                {
                    "labels": budget,
                    "seed": seed,
                    **fit(chosen, valid, None if classes is None else outputs),
                    **({} if classes is None else {NEAREST: measure_nearest(chosen, valid)}),
                    "label_subset": hash_rows(rows),
                    "classes": len(np.unique(chosen.labels)),
                    "feature_spread": differ,
                }
            )
    return pd.DataFrame(results)


def read_classes(dataset: BaseDataset, task: str) -> Labels:
    """Read the classes (n,) that a task tells apart; without values: those of every pixel."""
    kind = find_task(task)
    try:
        labels = kind.read_labels(dataset)
    except UnlabelledError as error:
        raise ConfigurationError(f"no labels for linear evaluation of {task!r}: {error}") from error
    if not tells_classes(labels):
        raise ConfigurationError(
            f"linear evaluation of {task!r}: expected a task that tells classes apart"
        )
    return labels


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


def fit(chosen: Extracted, valid: Extracted, classes: int | None) -> dict[str, float | int]:
    """Fit logistic regression with the study's penalty, scikit-learn's, and measure it.

    Args:
        chosen: what it learns.
        valid: what it is measured on.
        classes: that images may be of; None: labels are those of pixels, of which accuracy is all.
    """
    labels, expected = chosen.labels, valid.labels
    if (labels == labels[0]).all():  # nothing to tell apart, such as poses of a fixed viewpoint
        accuracies = {"accuracy": float((expected == labels[0]).mean()), "train_accuracy": 1.0}
        iterations, known, logits = 0, labels[:1], np.zeros((len(expected), 1))
    else:
        model = LogisticRegression(max_iter=ITERATIONS)
        features, unseen = chosen.features.astype(np.float32), valid.features.astype(np.float32)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)  # reported as iterations
            model.fit(features, labels)
        accuracies = {
            "accuracy": model.score(unseen, expected),
            "train_accuracy": model.score(features, labels),
        }
        iterations, known = int(model.n_iter_.max()), model.classes_
        logits = model.decision_function(unseen.astype(np.float64))
        if len(known) == 2:  # those of the second alone
            logits = np.column_stack([np.zeros_like(logits), logits])
    if classes is None:
        return accuracies | {"iterations": iterations}
    of_all = np.full((len(expected), classes), -np.inf)
    of_all[:, known] = logits
    return accuracies | measure_classes(of_all, expected) | {"iterations": iterations}
