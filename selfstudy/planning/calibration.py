"""How fast this machine trains and renders, by a few steps of each kind."""

import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch

from selfstudy.configuration import load_configuration
from selfstudy.data.dataset import NUM_VALID
from selfstudy.data.prepared import Description, write_prepared
from selfstudy.data.spaces import STATISTICS
from selfstudy.planning.images import Counts
from selfstudy.training.device import find_device
from selfstudy.training.loop import evaluate

SECONDS = 1.0  # that each kind is timed, at least
IMAGES = 96  # in all, made up, at least
CPU_BATCH = 64  # at most, on processors, where larger ones take longer and tell no more


class Kind(NamedTuple):
    """A kind of run, on a kind of data.

    Attributes:
        files: gin files.
        bindings: that override them.
        resolution: of the images, in pixels.
        dense: there is a target for every pixel.
        classes: how many there are.
    """

    files: tuple[str, ...]
    bindings: tuple[str, ...]
    resolution: int
    dense: bool
    classes: int


class Pace(NamedTuple):
    """How fast runs are.

    Attributes:
        train, valid: seconds that an image takes.
        parameters: of the network.
    """

    train: float
    valid: float
    parameters: int


class Amount(NamedTuple):
    """Images, counted each time, that a run sees.

    Attributes:
        train, valid: in training and in validation.
    """

    train: int
    valid: int


def measure_pace(kind: Kind, threads: int) -> Pace:
    """Measure how fast this machine trains and validates such runs, by a few of their steps."""
    torch.set_num_threads(threads)
    device = find_device()
    configuration = load_configuration(kind.files, kind.bindings)
    batches = configuration.recipe.dataloader
    batches = replace(batches, batch_size=choose_batch(batches.batch_size, device))
    with make_up(kind, max(IMAGES, 2 * batches.batch_size)) as path:
        run = configuration.make_run(configuration.open_dataset(path))
        run = replace(run, recipe=replace(run.recipe, dataloader=batches))
        step = run.make_step(device)
        rounds = run.make_rounds(step.learner, 0, device)
        rounds.start()
        size, rows = rounds.batch_size, run.dataset.rows("valid")
        held = run.dataset.read(rows, device, rounds.labels)
        train = time_work(lambda: step.train(rounds.next_batch(), 1e-6, 0.5), device) / size
        valid = time_work(lambda: evaluate(step, held, size, -1, lambda: None), device)
    parameters = sum(parameter.numel() for parameter in step.learner.parameters())
    return Pace(train, valid / len(rows), parameters)


def choose_batch(asked: int, device: torch.device) -> int:
    """Choose how many images a timed batch has: on a GPU those of the one that will run."""
    return asked if device.type == "cuda" else min(asked, CPU_BATCH)


def count_images(kind: Kind, splits: Counts, labels: int | None) -> Amount:
    """Count what such a run sees of a dataset.

    Args:
        kind: of run.
        splits: the dataset's images.
        labels: that it finetunes on; None: it pretrains.
    """
    configuration = load_configuration(kind.files, kind.bindings)
    recipe, views = configuration.recipe, configuration.count_views()
    rounds = len(recipe.scheduler.list_rates(steps_per_round=1))
    every = splits.train + splits.unlabelled
    images = labels or configuration.images or every
    least = recipe.rounds.require(labels) if labels else recipe.rounds.bound(every, views)
    length = max(1, -(-least // images)) * recipe.rounds.bound(images, views)
    batch = min(recipe.dataloader.batch_size, length)
    steps = recipe.session.train_iters
    if steps == -1:
        steps = length // batch
    most = configuration.bound["BaseDataset"].get("num_valid", NUM_VALID)
    valid = min(most, splits.valid)
    if recipe.session.valid_iters != -1:
        valid = min(valid, recipe.session.valid_iters * batch)
    return Amount(rounds * steps * batch, rounds * valid)


@contextmanager
def make_up(kind: Kind, count: int) -> Iterator[Path]:
    """Make up a prepared file of `count` images of noise, three quarters of them for training."""
    rng = np.random.default_rng(0)
    shape = (count, kind.resolution, kind.resolution, 3)
    images = rng.integers(0, 256, shape, dtype=np.uint8)
    targets = rng.integers(0, kind.classes, shape, dtype=np.uint8)
    fields = {"rot_mat": np.tile(np.eye(3), (count, 1, 1))}
    if not kind.dense:
        fields["targets"] = np.arange(count) % kind.classes
    about = Description(
        dataset="made up",
        resolution=kind.resolution,
        color_space="lab",
        statistics=STATISTICS["rendered"]["lab"],
        classes=[str(number) for number in range(kind.classes)],
        splits=(count - 2 * (count // 8), count // 8, count // 8),
        source="noise",
        inputs_sha256="",
    )
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "data.h5")
        dense = (lambda rows: targets[rows]) if kind.dense else None
        write_prepared(path, about, fields.items(), lambda rows: images[rows], dense)
        yield path


def time_work(work: Callable[[], object], device: torch.device) -> float:
    """Time `work`, in seconds; the first time does not count."""

    def now() -> float:
        if device.type == "cuda":
            torch.cuda.synchronize()
        return time.perf_counter()

    work()
    started, count = now(), 0
    while (passed := now() - started) < SECONDS or count == 0:
        work()
        count += 1
    return passed / count


def measure_rendering(dataset: str, resolution: int) -> tuple[float, float]:
    """Measure seconds and bytes that an image of a rendered dataset takes, on one processor."""
    from selfstudy.rendering.render import render_bucket
    from selfstudy.rendering.settings import Rendering

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "imgs.h5")
        render_bucket(path, dataset, 0, 20, Rendering(resolution))  # compiles
        started = time.perf_counter()
        render_bucket(path, dataset, 0, 60, Rendering(resolution))
        return (time.perf_counter() - started) / 60, path.stat().st_size / 60
