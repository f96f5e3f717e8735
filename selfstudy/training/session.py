"""A run: one network, one task and one dataset, from the first round to the last."""

import math
from dataclasses import dataclass
from pathlib import Path

import gin
import numpy as np
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
from selfstudy.training.history import History, write_metrics
from selfstudy.training.loop import Step, evaluate, train_round
from selfstudy.training.precision import autocast
from selfstudy.training.schedule import configured_batch_size, learning_rates, make_optimizer
from selfstudy.training.snapshot import load_backbone, save_snapshot


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
    with (
        tqdm(total=len(rates), unit="step", desc=folder.name, disable=None, leave=False) as bar,
        History(folder, count) as history,
    ):
        for index, rate in enumerate(np.split(rates, count)):
            train = train_round(step, rounds, rate, bar.update)
            if not math.isfinite(train["loss"]):
                raise TrainingError(
                    f"{folder}: the loss is no longer finite in round {index + 1} of {count} "
                    f"(learning rate {rate[-1]:.3g}): lower scheduler.target_lrs"
                )
            valid = {}
            if settings.valid_iters != 0:
                block = dataset.held_out("valid", device)
                valid = evaluate(step, block, rounds.batch_size, settings.valid_iters)
            history.add(rate[-1], train, valid)
    if keep_snapshot:
        save_snapshot(folder / "snapshot.pt", network)
    with written_whole(folder / "config.gin") as temporary:
        temporary.write_text(gin.operative_config_str())
    metrics = {
        "seed": seed,
        "labels": dataset.semisupervised or len(rows),
        "label_subset": digest(rows),
        "parameters": sum(p.numel() for p in network.parameters()),
    }
    write_metrics(folder / "metrics.csv", metrics | history.metrics())
