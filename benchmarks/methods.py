"""How good each method's features are beside random ones and supervised ones.

By kNN and linear readout and, if asked for, finetuned on few labels by one recipe for all.
"""

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

from selfstudy import Scratch, Snapshot, finetune, make_recipe, open_dataset
from selfstudy.backbones.base import Backbone
from selfstudy.configuration import load_configuration
from selfstudy.data.dataset import BaseDataset
from selfstudy.methods.base import find_method
from selfstudy.snapshots import SNAPSHOT
from selfstudy.starts.base import Start
from selfstudy.training.device import find_device, name_device
from selfstudy.training.representation import measure_rank, measure_spread
from selfstudy.training.run import train

METHODS = ["rotate", "simclr", "mocov3", "byol", "dino", "barlow", "vicreg", "lejepa"]
LABELLED, BATCH, NEIGHBOURS = 3000, 500, 20
# Heads of a width that fits a narrow backbone; each method takes those that it has.
NARROW = {"hidden": 256, "size": 256, "prototypes": 1024, "directions": 128}
# What goes with that: fewer pairs of numbers, and few steps for a teacher to follow in.
OWN = {
    "barlow": ["BarlowTwins.redundancy = 0.03"],
    "byol": ["BYOL.momentum = 0.9"],
    "mocov3": ["MoCoV3.momentum = 0.9"],
}
RANDOM, SUPERVISED = "random", "supervised"
# The demo's recipe for few labels, which is about the best for new weights there.
FINETUNING = make_recipe(
    batch_size=64,
    cutout=False,
    min_round=8000,
    target_lrs=[0, 1.5e-2, 1e-6],
    milestones=[1, 10],
    weight_decay=1e-4,
)


def list_bindings(name: str, arguments: argparse.Namespace) -> list[str]:
    """The study's recipe of a start, but for its length, its batch and its widths."""
    kind = None if name in (RANDOM, SUPERVISED) else find_method(name)
    known = kind.__init__.__annotations__ if kind else {}
    return [
        f"ResNet.width = {arguments.width}",
        f"dataloader.batch_size = {arguments.batch}",
        f"scheduler.target_lrs = [0, {arguments.rate}, 1e-6]",
        f"scheduler.milestones = [1, {arguments.rounds}]",
        *(f"{kind.__name__}.{key} = {value}" for key, value in NARROW.items() if key in known),
        *OWN.get(name, []),
        *(arguments.gin if kind else []),
    ]


def make(name: str, dataset: BaseDataset, folder: Path, arguments: argparse.Namespace) -> Start:
    """Make a start: random weights, those of all labels, or those of a method."""
    own = name in (RANDOM, SUPERVISED)
    files = ["syn/r9/classify"] if own else ["syn/r9/common", f"pretext/{name}"]
    configuration = load_configuration(files, list_bindings(name, arguments))
    if name == RANDOM:
        return Scratch(configuration.make_asked)
    train(configuration.make_run(dataset), folder, 0, "", keep_snapshot=True)
    return Snapshot(folder / SNAPSHOT)


@torch.no_grad()
def extract(backbone: Backbone, dataset: BaseDataset, rows: np.ndarray) -> torch.Tensor:
    """Extract pooled features of rows (r,): (r, features)."""
    images, device = dataset.read(rows, find_device(), {}).images, find_device()
    backbone.eval().to(device)
    return torch.cat([backbone(part.float()).pooled for part in images.split(BATCH)]).cpu()


def evaluate(backbone: Backbone, dataset: BaseDataset) -> list[str]:
    """Read classes out of features; give cells: accuracies, rank and spread."""
    rows, held_out = np.arange(min(LABELLED, dataset.training_images)), dataset.rows("valid")
    train_features, features = (extract(backbone, dataset, each) for each in (rows, held_out))
    given, labels = dataset.targets[rows], dataset.targets[held_out]
    nearest = KNeighborsClassifier(NEIGHBOURS, weights="distance", metric="cosine")
    linear = make_pipeline(StandardScaler(), LogisticRegression(C=0.1, max_iter=500))
    scores = [
        reader.fit(train_features, given).score(features, labels) for reader in (nearest, linear)
    ]
    measures = [f"{measure_rank(features):.1f}", f"{measure_spread(features):.3f}"]
    return [*(f"{score:.3f}" for score in scores), *measures]


def tune(
    start: Start, dataset: BaseDataset, folder: Path, budgets: list[int], seeds: int
) -> list[str]:
    """Finetune on each number of labels; give cells: the mean accuracy over seeds."""
    tables = [
        finetune("classify", start, dataset, folder / f"n{n}", n, FINETUNING, seeds=range(seeds))
        for n in budgets
    ]
    return [f"{table['accuracy'].mean():.3f}" for table in tables]


def main() -> None:
    """Print a row for each method."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", help="a prepared file of single objects")
    parser.add_argument("--methods", nargs="*", default=METHODS)
    parser.add_argument("--rounds", type=int, default=40, help="2 at least")
    parser.add_argument("--width", type=int, default=8, help="of ResNet9")
    parser.add_argument("--batch", type=int, default=128)
    parser.add_argument("--rate", type=float, default=3e-3, help="the highest")
    parser.add_argument("--gin", nargs="+", default=[], help="bindings of the methods")
    parser.add_argument("--finetune", nargs="+", type=int, default=[], help="numbers of labels")
    parser.add_argument("--seeds", type=int, default=3, help="of finetuning")
    arguments = parser.parse_args()
    dataset = open_dataset(arguments.data)
    titles = ["start", "kNN", "linear", "rank", "spread", "seconds"]
    titles += [f"finetuned on {budget}" for budget in arguments.finetune]
    print(f"{name_device(find_device())}; {vars(arguments)}\n")
    print(f"| {' | '.join(titles)} |\n{'|---' * len(titles)}|")
    with tempfile.TemporaryDirectory() as folder:
        for name in [RANDOM, SUPERVISED, *arguments.methods]:
            place = Path(folder, name)
            started = time.process_time()
            start = make(name, dataset, place, arguments)
            taken = f"{time.process_time() - started:.0f}"
            torch.manual_seed(0)
            backbone = start.make_backbone()
            backbone.accept(dataset.input, dataset.resolution)
            cells = [name, *evaluate(backbone, dataset), taken]
            if name == SUPERVISED:  # it has seen all labels
                cells += [""] * len(arguments.finetune)
            else:
                cells += tune(start, dataset, place, arguments.finetune, arguments.seeds)
            print(f"| {' | '.join(cells)} |", flush=True)


if __name__ == "__main__":
    main()
