"""Measure how fast this machine trains and renders, by a few steps of each kind of run."""

import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch

from selfstudy.configuration import configured
from selfstudy.data.color import STATISTICS
from selfstudy.data.names import BUCKETS
from selfstudy.data.prepared import Description, write_prepared
from selfstudy.data.rounds import Rounds
from selfstudy.training.loop import evaluate
from selfstudy.training.schedule import configured_batch_size, learning_rates
from selfstudy.training.session import Settings, device_of_run, make_step, open_dataset

SECONDS = 1.0  # that each kind is timed, at least
IMAGES = 96  # in all, made up
CPU_BATCH = 32  # larger ones take longer and tell no more


class Kind(NamedTuple):
    """A kind of run, on a kind of data."""

    files: tuple[str, ...]  # gin files
    bindings: tuple[str, ...]
    resolution: int
    dense: bool
    classes: int


class Pace(NamedTuple):
    """Seconds that an image takes."""

    train: float
    valid: float
    parameters: int  # of the network


class Amount(NamedTuple):
    """Images, counted each time, that a run sees."""

    train: int
    valid: int


def measure_pace(kind: Kind, threads: int) -> Pace:
    """Measure how fast this machine trains and validates, by a few steps of such a run."""
    torch.set_num_threads(threads)
    device = device_of_run()
    own = () if device.type == "cuda" else (f"dataloader.batch_size = {CPU_BATCH}",)
    with make_up_data(kind) as path, configured(kind.files, [*kind.bindings, *own]):
        dataset = open_dataset(path)
        step = make_step(dataset, Settings())
        rounds = Rounds(dataset, dataset.rows("train", 0), configured_batch_size(), device)
        rounds.start()
        size, held = rounds.batch_size, dataset.held_out("valid", device)
        train = time_work(lambda: step.train(rounds.next_batch(), 1e-6), device) / size
        valid = time_work(lambda: evaluate(step, held, size, -1, lambda: None), device)
    parameters = sum(parameter.numel() for parameter in step.network.parameters())
    return Pace(train, valid / len(held.images), parameters)


def count_images(kind: Kind, training_images: int, labels: int | None) -> Amount:
    """Count the images that such a run sees of a dataset.

    Args:
        kind: of the run.
        training_images: of the dataset.
        labels: that it finetunes on; None: all training images.
    """
    with make_up_data(kind) as path, configured(kind.files, kind.bindings):
        dataset, settings = open_dataset(path), Settings()
        rounds = len(learning_rates(steps_per_round=1))
        dataset.semisupervised = labels
        images = labels or training_images
        repeats = max(1, -(-dataset.round_length // images))
        length = repeats * min(images, dataset.max_images)
        batch = min(configured_batch_size(), length)
        steps = length // batch if settings.train_iters == -1 else settings.train_iters
        valid = min(dataset.num_valid, training_images // (BUCKETS - 2))
        if settings.valid_iters != -1:
            valid = min(valid, settings.valid_iters * batch)
    return Amount(rounds * steps * batch, rounds * valid)


@contextmanager
def make_up_data(kind: Kind) -> Iterator[Path]:
    """Make up a prepared file of noise, for as long as the block lasts."""
    rng = np.random.default_rng(0)
    shape = (IMAGES, kind.resolution, kind.resolution, 3)
    images = rng.integers(0, 256, shape, dtype=np.uint8)
    targets = rng.integers(0, kind.classes, shape, dtype=np.uint8)
    fields = {"rot_mat": np.tile(np.eye(3), (IMAGES, 1, 1))}
    if not kind.dense:
        fields["targets"] = np.arange(IMAGES) % kind.classes
    about = Description(
        dataset="made up",
        resolution=kind.resolution,
        color_space="rgb",
        statistics=STATISTICS["rendered"]["rgb"],
        classes=[str(number) for number in range(kind.classes)],
        splits=(IMAGES * 3 // 4, IMAGES // 8, IMAGES // 8),
        source="noise",
        inputs_sha256="",
    )
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "data.h5")
        dense = (lambda rows: targets[rows]) if kind.dense else None
        write_prepared(path, about, fields.items(), lambda rows: images[rows], dense)
        yield path


def time_work(work: Callable[[], object], device: torch.device) -> float:
    """Time some work in seconds, the first time not counted."""

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
    """Measure the seconds and bytes that an image of a rendered dataset takes, on one processor."""
    from selfstudy.rendering.render import render_bucket
    from selfstudy.rendering.settings import Rendering

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "imgs.h5")
        render_bucket(path, dataset, 0, 20, Rendering(resolution))  # compiles
        started = time.perf_counter()
        render_bucket(path, dataset, 0, 60, Rendering(resolution))
        return (time.perf_counter() - started) / 60, path.stat().st_size / 60
