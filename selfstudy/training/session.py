"""What a run is put together from: one network, one task and one dataset."""

from dataclasses import dataclass
from pathlib import Path

import gin
import numpy as np
import torch

from selfstudy.augment import Augmentation
from selfstudy.backbones.resnet import channels_last
from selfstudy.backbones.study import Wrapper
from selfstudy.configuration import known
from selfstudy.data.dataset import DATASETS, BaseDataset
from selfstudy.data.rounds import Rounds
from selfstudy.errors import ConfigurationError, DataError
from selfstudy.tasks.base import TASKS, Task
from selfstudy.training.loop import Step
from selfstudy.training.precision import autocast
from selfstudy.training.schedule import learning_rates, make_optimizer
from selfstudy.training.snapshot import SNAPSHOT, load_backbone, of_run


@gin.configurable("session")
@dataclass(frozen=True)
class Settings:
    """What a run does.

    Args:
        task: a class of `selfstudy.tasks` or `selfstudy.methods`.
        dataset: a class of `selfstudy.data`.
        train_iters: batches in a round; -1: all.
        valid_iters: batches validated after each round; -1: all, 0: none.
        test_iters: batches of the test split evaluated once, at the end; -1: all, 0: none.
        restore_session: folder or name of a run whose weights, optimiser and place in the learning
            rate's schedule this one takes up.
        checkpoint_minutes: time between checkpoints.
        precision: "auto", "float32" or "bfloat16".
    """

    task: str = "ClassifyTask"
    dataset: str = "SynDataset"
    train_iters: int = -1
    valid_iters: int = -1
    test_iters: int = 0
    restore_session: str | None = None
    checkpoint_minutes: float = 5
    precision: str = "auto"


def open_dataset(path: str | Path) -> BaseDataset:
    """The prepared file at `path`, or in the folder `path`, as the configured kind of dataset."""
    return known(Settings().dataset, DATASETS, "session.dataset")(path)


def device_of_run() -> torch.device:
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


def make_network(dataset: BaseDataset) -> Wrapper:
    """The configured network for a dataset, on its device.

    Raises ConfigurationError if its readouts do not fit the dataset's targets.
    """
    network = Wrapper(dataset.training_images, dataset.outputs)
    if network.dense_pred != dataset.dense:
        there = "targets for every pixel" if dataset.dense else "one target an image"
        raise ConfigurationError(
            f"Wrapper.dense_pred = {network.dense_pred}, but {dataset.path} has {there}"
        )
    if dataset.double_sample != network.model.takes_two_views:
        raise ConfigurationError(
            f"BaseDataset.double_sample = {dataset.double_sample}, but two views of each image are "
            f"{'' if network.model.takes_two_views else 'not '}what the network takes"
        )
    outputs = network.fc[0].out_features
    if not dataset.dense and outputs < dataset.classes:
        raise ConfigurationError(
            f"Wrapper.out_classes = [{outputs}, ...], but {dataset.path} has {dataset.classes} "
            f"classes"
        )
    return channels_last(network).to(device_of_run())


def frozen_network(dataset: BaseDataset, snapshot: str | Path) -> Wrapper:
    """The configured network with the backbone of a snapshot, in evaluation mode."""
    network = make_network(dataset)
    load_backbone(snapshot, network)
    return network.eval()


def check_targets(dataset: BaseDataset, task: Task) -> None:
    """Raise DataError if a dataset has not what a task is to learn."""
    if task.needs_pixels and not dataset.dense:
        raise DataError(
            f"{dataset.path}: one target an image: {type(task).__name__} needs one for every pixel"
        )
    if not dataset.dense and task.target >= dataset.targets.shape[1]:
        raise DataError(
            f"{dataset.path}: no pose to learn: expected 'rot_mat' in it and "
            f"BaseDataset.predict_pose = True"
        )


def make_step(dataset: BaseDataset, settings: Settings) -> Step:
    """All that a training step needs, with weights at their start."""
    network = make_network(dataset)
    if network.pretrained:
        load_backbone(of_run(network.pretrained, SNAPSHOT, "Wrapper.pretrained"), network)
    task = known(settings.task, TASKS, "session.task")()
    check_targets(dataset, task)
    return Step(
        network=network,
        task=task,
        optimizer=make_optimizer(network.parameters()),
        augment=Augmentation(),
        two_views=dataset.double_sample,
        autocast=autocast(device_of_run(), settings.precision),
    )


def rates_by_round(settings: Settings, rounds: Rounds) -> list[np.ndarray]:
    """The learning rates of each round's steps."""
    steps = rounds.batches if settings.train_iters == -1 else settings.train_iters
    if steps < 1:
        raise ConfigurationError(
            f"session.train_iters = {settings.train_iters}: expected a number of batches, or -1 "
            f"for all"
        )
    rates = learning_rates(steps_per_round=steps)
    return np.split(rates, len(rates) // steps)
