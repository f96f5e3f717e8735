"""How good each method's features are beside random ones: kNN and linear readout, no finetuning."""

import argparse
import tempfile
import time
from pathlib import Path

import numpy as np
import torch
from sklearn.linear_model import LogisticRegression
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from selfstudy import open_dataset
from selfstudy.backbones.base import Backbone
from selfstudy.configuration import load_configuration
from selfstudy.data.dataset import BaseDataset
from selfstudy.methods.base import find_method
from selfstudy.training.device import find_device, name_device
from selfstudy.training.representation import measure_rank, measure_spread
from selfstudy.training.run import train

METHODS = ["rotate", "simclr", "mocov3", "byol", "barlow", "vicreg", "lejepa"]
LABELLED, BATCH, NEIGHBOURS = 3000, 500, 20
# Heads of a width that fits a narrow backbone; each method takes those that it has.
NARROW = {"hidden": 512, "size": 512, "prototypes": 1024, "directions": 256}


def list_bindings(method: str, arguments: argparse.Namespace) -> list[str]:
    """The study's recipe of a method, but for its length, its batch and its widths."""
    kind = find_method(method)
    known = kind.__init__.__annotations__
    return [
        f"ResNet.width = {arguments.width}",
        f"dataloader.batch_size = {arguments.batch}",
        f"scheduler.target_lrs = [0, {arguments.rate}, 1e-6]",
        f"scheduler.milestones = [1, {arguments.rounds}]",
        *(f"{kind.__name__}.{key} = {value}" for key, value in NARROW.items() if key in known),
    ]


@torch.no_grad()
def extract(backbone: Backbone, dataset: BaseDataset, rows: np.ndarray) -> torch.Tensor:
    """Extract pooled features of rows (r,): (r, features)."""
    images, device = dataset.read(rows, find_device(), {}).images, find_device()
    backbone.eval().to(device)
    return torch.cat([backbone(part.float()).pooled for part in images.split(BATCH)]).cpu()


def evaluate(backbone: Backbone, dataset: BaseDataset) -> str:
    """Read classes out of features; give cells of a row."""
    rows, held_out = np.arange(min(LABELLED, dataset.training_images)), dataset.rows("valid")
    train_features, features = (extract(backbone, dataset, each) for each in (rows, held_out))
    given, labels = dataset.targets[rows], dataset.targets[held_out]
    nearest = KNeighborsClassifier(NEIGHBOURS, weights="distance", metric="cosine")
    linear = make_pipeline(StandardScaler(), LogisticRegression(C=0.1, max_iter=500))
    scores = [
        reader.fit(train_features, given).score(features, labels) for reader in (nearest, linear)
    ]
    measures = f"{measure_rank(features):.1f} | {measure_spread(features):.3f}"
    return f"{scores[0]:.3f} | {scores[1]:.3f} | {measures}"


def main() -> None:
    """Print a row for each method."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", help="a prepared file of single objects")
    parser.add_argument("--methods", nargs="+", default=METHODS)
    parser.add_argument("--rounds", type=int, default=40, help="2 at least")
    parser.add_argument("--width", type=int, default=8, help="of ResNet9")
    parser.add_argument("--batch", type=int, default=128)
    parser.add_argument("--rate", type=float, default=2e-3, help="the highest")
    arguments = parser.parse_args()
    dataset = open_dataset(arguments.data)
    print(f"{name_device(find_device())}; {vars(arguments)}\n")
    print("| method | kNN | linear | rank | spread | seconds |\n|---|---|---|---|---|---|")
    for name in ["random", *arguments.methods]:
        method = "rotate" if name == "random" else name
        files = ["syn/r9/common", f"pretext/{method}"]
        configuration = load_configuration(files, list_bindings(method, arguments))
        started = time.process_time()
        if name == "random":
            torch.manual_seed(0)
            backbone = configuration.make_asked()
            backbone.accept(dataset.input, dataset.resolution)
        else:
            with tempfile.TemporaryDirectory() as folder:
                run = configuration.make_run(dataset)
                backbone = train(run, Path(folder) / name, 0, "").learner.backbone
        taken = time.process_time() - started
        print(f"| {name} | {evaluate(backbone, dataset)} | {taken:.0f} |", flush=True)


if __name__ == "__main__":
    main()
