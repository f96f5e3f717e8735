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
from selfstudy.data.hdf5 import open_hdf5
from selfstudy.evaluation.linear import ITERATIONS
from selfstudy.training.precision import autocast
from selfstudy.training.run import run
from selfstudy.training.session import Settings, device_of_run, make_network
from selfstudy.training.snapshot import SNAPSHOT, load_exactly, load_tensors

BATCH = 512


def confusions(dataset: BaseDataset, folder: str | Path, seed: int, code: str) -> pd.DataFrame:
    """Train the configured network on the training images; count its validation predictions.

    Beside it, those of logistic regression on each image's mean colour alone. The run is kept in
    `folder`.

    Args:
        dataset: of single objects.
        code: a fingerprint of the source.

    Returns:
        A row a classifier, class and predicted class: `classifier` ("network" or "mean colour"),
        `label`, `predicted`, and how many `images`.
    """
    run(dataset, folder, seed, code, keep_snapshot=True)
    with open_hdf5(dataset.path) as file:
        names = list(file.attrs["classes"])
    train, valid = np.arange(dataset.training_images), dataset.rows("valid", seed)
    colours = make_pipeline(StandardScaler(), LogisticRegression(max_iter=ITERATIONS))
    colours.fit(mean_colours(dataset, train), dataset.targets[train, 0])
    predictions = {
        "network": predicted(dataset, valid, Path(folder, SNAPSHOT)),
        "mean colour": colours.predict(mean_colours(dataset, valid)),
    }
    tables = []
    for classifier, found in predictions.items():
        counts = confusion_matrix(dataset.targets[valid, 0], found, labels=np.arange(len(names)))
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


def mean_colours(dataset: BaseDataset, rows: np.ndarray) -> np.ndarray:
    """The mean of each channel (n, 3) of the images at sorted `rows`, float32."""
    parts = np.split(rows, range(BATCH, len(rows), BATCH))
    cpu = torch.device("cpu")
    means = [dataset.read(part, cpu).images.float().mean(dim=(2, 3)) for part in parts]
    return torch.cat(means).numpy()


@torch.no_grad()
def predicted(dataset: BaseDataset, rows: np.ndarray, snapshot: Path) -> np.ndarray:
    """The classes (n,) that a trained network predicts for the images at sorted `rows`."""
    network, device = make_network(dataset), device_of_run()
    load_exactly(snapshot, network, load_tensors(snapshot, "network")["network"], "network")
    network.eval()
    found = []
    for part in np.split(rows, range(BATCH, len(rows), BATCH)):
        block = dataset.read(part, device)
        with autocast(device, Settings().precision):
            output = network(block.images.float(), block.indices)
        found.append(output.fc[0].argmax(dim=1).cpu())
    return torch.cat(found).numpy()
