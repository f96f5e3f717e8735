"""A run: one network, one task and one dataset, from the first round to the last."""

import csv
import logging
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import gin
import torch
from tqdm import tqdm

from selfstudy.augment import Augmentation
from selfstudy.configuration import known
from selfstudy.data.dataset import DATASETS, BaseDataset
from selfstudy.data.rounds import Rounds
from selfstudy.data.splits import digest
from selfstudy.downstream.base import TASKS
from selfstudy.errors import TrainingError
from selfstudy.files import written_whole
from selfstudy.networks.resnet import channels_last
from selfstudy.networks.study import Wrapper
from selfstudy.training.loop import Step, evaluate, train_round
from selfstudy.training.precision import autocast
from selfstudy.training.schedule import configured_batch_size, learning_rates, make_optimizer
from selfstudy.training.snapshot import load_backbone, save_snapshot

log = logging.getLogger("selfstudy")


@gin.configurable("session")
@dataclass(frozen=True)
class Settings:
    """What a run does.

    Args:
        task: a class of `selfstudy.downstream` or `selfstudy.pretext`.
        dataset: a class of `selfstudy.data`.
        train_iters: batches in a round; -1: all.
        valid_iters: batches validated after each round; -1: all, 0: none.
        precision: "auto", "float32" or "bfloat16".
    """

    task: str = "ClassifyTask"
    dataset: str = "SynDataset"
    train_iters: int = -1
    valid_iters: int = -1
    precision: str = "auto"


def open_dataset(path: str | Path) -> BaseDataset:
    """The prepared file at `path` as the configured kind of dataset."""
    return known(Settings().dataset, DATASETS, "session.dataset")(path)


def run(dataset: BaseDataset, folder: str | Path, seed: int, keep_snapshot: bool) -> None:
    """Train by the present configuration; results go to `folder`.

    Writes `history.csv` (a row a round, as it goes), `metrics.csv` (one row: the last round's
    validation accuracy, and the best one beside it), `config.gin` (the operative configuration)
    and, if asked for, `snapshot.pt`. One seed fixes the label subset, the initialisation, the order
    and the augmentation.

    Raises TrainingError if the loss is no longer finite.
    """
    settings, folder = Settings(), Path(folder)
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    torch.manual_seed(seed)
    rows = dataset.rows("train", seed)
    rounds = Rounds(dataset, rows, configured_batch_size(), device)
    network = channels_last(Wrapper(dataset_size=dataset.training_images)).to(device)
    if network.pretrained:
        load_backbone(network.pretrained, network)
    steps = rounds.batches if settings.train_iters < 0 else settings.train_iters
    rates = learning_rates(steps_per_round=steps)
    step = Step(
        network=network,
        task=known(settings.task, TASKS, "session.task")(),
        optimizer=make_optimizer(network.parameters()),
        augment=Augmentation(),
        two_views=dataset.double_sample,
        autocast=autocast(device, settings.precision),
    )
    count = len(rates) // steps
    history: list[dict[str, float]] = []
    started = time.perf_counter()
    folder.mkdir(parents=True, exist_ok=True)
    with (
        tqdm(total=len(rates), unit="step", desc=folder.name, disable=None, leave=False) as bar,
        (folder / "history.csv").open("w", newline="") as file,
    ):
        for index in range(count):
            rate = rates[index * steps : (index + 1) * steps]
            row = {"round": index + 1, "learning_rate": rate[-1]}
            row |= prefixed("train", train_round(step, rounds, rate, bar.update))
            if not torch.isfinite(torch.tensor(row["train_loss"])):
                raise TrainingError(
                    f"{folder}: the loss is no longer finite in round {index + 1} of {count} "
                    f"(learning rate {rate[-1]:.3g}): lower scheduler.target_lrs"
                )
            if settings.valid_iters != 0:
                block = dataset.held_out("valid", device)
                row |= prefixed(
                    "valid", evaluate(step, block, rounds.batch_size, settings.valid_iters)
                )
            row["seconds"] = round(time.perf_counter() - started, 3)
            history.append(row)
            write_row(file, row, header=index == 0)
            log.info("%s: round %d of %d: %s", folder, index + 1, count, summary(row))
    accuracies = [row["valid_accuracy"] for row in history if "valid_accuracy" in row]
    metrics = {
        "seed": seed,
        "labels": dataset.semisupervised or len(rows),
        "label_subset": digest(rows),
        "accuracy": accuracies[-1] if accuracies else None,
        "best_accuracy": max(accuracies, default=None),
        "train_accuracy": history[-1]["train_accuracy"],
        "train_loss": history[-1]["train_loss"],
        "rounds": count,
        "parameters": sum(p.numel() for p in network.parameters()),
        "seconds": history[-1]["seconds"],
    }
    if keep_snapshot:
        save_snapshot(folder / "snapshot.pt", network)
    with written_whole(folder / "config.gin") as temporary:
        temporary.write_text(gin.operative_config_str())
    with (
        written_whole(folder / "metrics.csv") as temporary,
        temporary.open("w", newline="") as file,
    ):
        write_row(file, metrics, header=True)


def prefixed(prefix: str, metrics: Mapping[str, float]) -> dict[str, float]:
    return {f"{prefix}_{name}": value for name, value in metrics.items()}


def write_row(file, row: Mapping[str, object], header: bool) -> None:
    writer = csv.DictWriter(file, row.keys())
    if header:
        writer.writeheader()
    writer.writerow(row)
    file.flush()


def summary(row: Mapping[str, float]) -> str:
    names = ("train_loss", "train_accuracy", "valid_loss", "valid_accuracy")
    return ", ".join(f"{name} {row[name]:.4f}" for name in names if name in row)
