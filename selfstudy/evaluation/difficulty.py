"""How hard a dataset is: what a network learns from all its labels, and what its colours tell."""

from pathlib import Path

import numpy as np
import pandas as pd
import torch
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import confusion_matrix
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from selfstudy.data.dataset import BaseDataset
from selfstudy.evaluation.linear import ITERATIONS
from selfstudy.training.device import find_device
from selfstudy.training.learners import Finetuning
from selfstudy.training.precision import make_autocast
from selfstudy.training.run import Run, train

BATCH = 512


def count_confusions(run: Run, folder: str | Path, seed: int, code: str) -> pd.DataFrame:
    """Train a run on all labels, and count its validation predictions.

    Beside it, those of logistic regression on each image's mean colour alone. The run is kept in
    `folder`.

    Args:
        run: that classifies single objects.
        folder: of the run.
        seed: of the run.
        code: a fingerprint of the source.

    Returns:
        One row per classifier, class and predicted class: `classifier` ("network" or "mean
        colour"), `label`, `predicted`, and how many `images`.
    """
    dataset = run.dataset
    learner = train(run, folder, seed, code).learner
    names = dataset.class_names
    rows, valid = np.arange(dataset.training_images), dataset.rows("valid")
    colors = make_pipeline(StandardScaler(), LogisticRegression(max_iter=ITERATIONS))
    colors.fit(average_colors(dataset, rows), dataset.targets[rows])
    predictions = {
        "network": predict(learner, dataset, valid, run.recipe.session.precision),
        "mean colour": colors.predict(average_colors(dataset, valid)),
    }
    tables = []
    for classifier, found in predictions.items():
        counts = confusion_matrix(dataset.targets[valid], found, labels=np.arange(len(names)))
        tables.append(
            pd.DataFrame(
                {
                    "classifier": classifier,
                    "label": np.repeat(names, len(names)),
                    "predicted": np.tile(names, len(names)),
                    "images": counts.ravel(),
                }
            )
        )
    return pd.concat(tables, ignore_index=True)


def average_colors(dataset: BaseDataset, rows: np.ndarray) -> np.ndarray:
    """Average each channel (n, 3) of the images at sorted `rows`, float32."""
    parts = np.split(rows, range(BATCH, len(rows), BATCH))
    cpu = torch.device("cpu")
    means = [dataset.read(part, cpu, {}).images.float().mean(dim=(2, 3)) for part in parts]
    return torch.cat(means).numpy()


@torch.no_grad()
def predict(
    learner: Finetuning, dataset: BaseDataset, rows: np.ndarray, precision: str
) -> np.ndarray:
    """Predict the classes (n,) of the images at sorted `rows`."""
    learner.eval()
    found, device = [], find_device()
    for part in np.split(rows, range(BATCH, len(rows), BATCH)):
        block = dataset.read(part, device, {})
        with make_autocast(device, precision):
            logits = learner.task(learner.backbone(block.images.float()))
        found.append(logits.argmax(dim=1).cpu())
    return torch.cat(found).numpy()
