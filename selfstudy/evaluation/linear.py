"""Linear evaluation: logistic regression on frozen features (study, "Linear evaluation")."""

import warnings
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression

from selfstudy.backbones.study import Wrapper
from selfstudy.data.dataset import BaseDataset
from selfstudy.data.hdf5 import open_hdf5
from selfstudy.data.splits import hash_rows
from selfstudy.errors import ConfigurationError
from selfstudy.evaluation.features import (
    Features,
    image_features,
    pixel_features,
    save_features,
)
from selfstudy.training.loop import spread

ITERATIONS = 500  # of L-BFGS, at most
PIXELS = 50_000  # of all images of a budget, and of all validation images
COLUMNS = {"classify": 0, "pose": 1}  # of the targets


def linear_evaluation(
    network: Wrapper,
    dataset: BaseDataset,
    task: str,
    budgets: Sequence[int],
    seeds: Sequence[int],
    folder: Path | None = None,
) -> pd.DataFrame:
    """Accuracy on validation data of logistic regression on the features of labelled images.

    The labelled images are those that finetuning with the same seed has.

    Args:
        network: in evaluation mode.
        task: "classify" or "pose", from pooled features; "segment", from places in dense ones.
        budgets: numbers of labelled images.
        seeds: of the label subsets.
        folder: of a run, to keep its pooled features in.

    Returns:
        A row a budget and seed: `accuracy`, `train_accuracy`, `iterations` of the solver (500: it
        was stopped there), `select_labelled`, `feature_spread` (see `training.loop`).

    Raises ConfigurationError if the dataset has not what the task needs, or too few images.
    """
    check(dataset, task)
    if dataset.dense:
        valid = pixel_features(network, dataset, dataset.rows("valid", seed=0), PIXELS, seed=0)
    else:
        train, valid = split_features(network, dataset, task, folder)
    differ = spread(torch.from_numpy(valid.features))
    results = []
    for seed in seeds:
        for budget in budgets:
            rows = dataset.labelled_rows(budget, seed)
            if dataset.dense:
                subset = pixel_features(network, dataset, rows, PIXELS, seed)
            else:
                subset = Features(*(part[rows] for part in train))
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


def check(dataset: BaseDataset, task: str) -> None:
    there = ["segment"] if dataset.dense else list(COLUMNS)[: dataset.targets.shape[1]]
    if task not in there:
        raise ConfigurationError(
            f"{dataset.path}: no labels for linear evaluation of {task!r}: it has those of "
            f"{', '.join(there)}"
        )


def split_features(
    network: Wrapper, dataset: BaseDataset, task: str, folder: Path | None
) -> list[Features]:
    """Pooled features of the training and the validation images, and one target's labels."""
    column = COLUMNS[task]
    if folder is None:
        rows = (np.arange(dataset.training_images), dataset.rows("valid", seed=0))
        found = [image_features(network, dataset, split) for split in rows]
        return [Features(features, labels[:, column]) for features, labels in found]
    with open_hdf5(save_features(network, dataset, folder)) as file:
        return [
            Features(file[f"{split}/features"][:], file[f"{split}/labels"][:, column])
            for split in ("train", "valid")
        ]


def fit(subset: Features, valid: Features) -> dict[str, float | int]:
    """Accuracies of logistic regression, with scikit-learn's L2 penalty as in the study."""
    labels, expected = subset.labels.ravel(), valid.labels.ravel()
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
