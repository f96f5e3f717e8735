"""A run: what is trained on what and how, from the first round to the last."""

import logging
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import torch

from selfstudy.augment import require_input
from selfstudy.data.dataset import BaseDataset
from selfstudy.data.names import BALANCED
from selfstudy.data.rounds import Rounds
from selfstudy.data.splits import describe_classes, hash_rows
from selfstudy.description import write_bindings
from selfstudy.errors import ConfigurationError, TrainingError, is_out_of_memory
from selfstudy.files import write_whole
from selfstudy.provenance import fingerprint, hash_array, hash_files
from selfstudy.snapshots import SNAPSHOT, locate_run, save_snapshot
from selfstudy.training.checkpoint import CHECKPOINT, Checkpoints
from selfstudy.training.classes import count_classes, find_chance, find_classes
from selfstudy.training.device import find_device, measure_room, name_device
from selfstudy.training.failure import explain_failure
from selfstudy.training.history import write_metrics
from selfstudy.training.holding import hold
from selfstudy.training.interruption import Interruption
from selfstudy.training.learners import Learner, gather_labels
from selfstudy.training.loop import Step
from selfstudy.training.progress import Progress
from selfstudy.training.randomness import seed_all
from selfstudy.training.recipe import Recipe

log = logging.getLogger("selfstudy")
RESTORE = "session.restore_session"
PLACES = ("session.start", RESTORE)  # of files, whose contents a stamp holds


@dataclass(frozen=True)
class Run:
    """What is trained on what and how.

    Args:
        dataset: what it is trained on.
        make: makes what is trained, with the weights that it starts from.
        recipe: how.
        labels: training images that have labels; None: all.
        start: where the weights come from; it changes when they do.
        restore: folder or name of a run whose weights, optimiser and place in the schedule this one
            takes up.
        settings: whatever else the run is configured by, by gin name.
        subset: how the images that have labels are chosen (`selfstudy.data.splits`).
        images: that pretrain; None: all.
        pretrained_on: images that its start was pretrained on, where that is known.
    """

    dataset: BaseDataset
    make: Callable[[], Learner]
    recipe: Recipe = field(default_factory=Recipe)
    labels: int | None = None
    start: str = "scratch"
    restore: str | None = None
    settings: Mapping[str, object] = field(default_factory=dict)
    subset: str = BALANCED
    images: int | None = None
    pretrained_on: int | None = None

    def make_step(self, device: torch.device) -> Step:
        """Make all that a training step needs, with weights as they start."""
        learner = self.make()
        try:
            learner.backbone.accept(self.dataset.input, self.dataset.resolution)
            require_input(learner.views, self.dataset.input)
        except ConfigurationError as error:
            raise ConfigurationError(f"{self.dataset.path}: {error}") from None
        learner = learner.to(memory_format=torch.channels_last).to(device)
        trained = [parameter for parameter in learner.parameters() if parameter.requires_grad]
        return Step(
            learner=learner,
            optimizer=self.recipe.optimizer.make(trained, learner.backbone.parameters()),
            augment=partial(self.recipe.augment, given=self.dataset.input),
            device=device,
            precision=self.recipe.session.precision,
            compiled=self.recipe.session.compile,
        )

    def make_rounds(self, learner: Learner, seed: int, device: torch.device) -> Rounds:
        """Make the rounds of a learner's images.

        A round of pretraining on some images is as long as one on all.
        """
        views, settings = len(learner.views), self.recipe.rounds
        least = settings.require(self.labels)
        if learner.supervised or self.labels is not None:
            rows = self.dataset.labelled_rows(self.labels, seed, self.subset)
        else:
            rows = self.dataset.pretraining_rows(self.images, seed)
            least = settings.bound(self.dataset.pretraining_images, views)
        rounds = Rounds(
            self.dataset,
            rows,
            gather_labels(learner.tasks, self.dataset),
            self.recipe.dataloader.batch_size,
            device,
            settings,
            least,
            views,
            measure_room(device),
        )
        try:
            learner.require_batch(rounds.batch_size)
        except ConfigurationError as error:
            raise ConfigurationError(f"{self.dataset.path}: {error}") from None
        return rounds

    def describe(self, learner: Learner) -> str:
        """Write the whole configuration as a gin file."""
        return write_bindings(self._list_bindings(learner))

    def stamp(self, learner: Learner, code: str) -> dict[str, str]:
        """Fingerprint all that the run depends on, by name, wherever it lies."""
        bindings = self._list_bindings(learner)
        placeless = {name: bindings[name] for name in bindings if name not in PLACES}
        labels = gather_labels(learner.tasks, self.dataset)
        learned = [hash_array(values) for _, values in sorted(labels.items())]
        stamp = {
            "configuration": fingerprint(
                [write_bindings(placeless), repr(learner.backbone.describe())]
            ),
            "source": code,
            "dataset": fingerprint([self.dataset.fingerprint, *learned]),
            "start": self.start,
        }
        if self.restore:
            stamp[RESTORE] = hash_files([locate_run(self.restore, CHECKPOINT, RESTORE)])
        return stamp

    def _list_bindings(self, learner: Learner) -> dict[str, object]:
        said = {"session.labels": self.labels, "session.subset": self.subset}
        said |= {"session.images": self.images, RESTORE: self.restore}
        return {**said, **self.settings, **self.recipe.describe(), **learner.describe()}


@dataclass(frozen=True)
class Trained:
    """What a run ends with.

    Attributes:
        metrics: the row of `metrics.csv`.
        learner: what was trained.
    """

    metrics: dict[str, object]
    learner: Learner


def train(
    run: Run,
    folder: str | Path,
    seed: int,
    code: str,
    keep_snapshot: bool = False,
    keep_checkpoint: bool = False,
    tracking: str | None = None,
    stop: Callable[[Mapping[str, float]], bool] = lambda row: False,
    begin: Callable[[], object] = lambda: None,
) -> Trained:
    """Train; results go to `folder`.

    Writes `progress.csv` (one row per round, as it goes) and `times.csv` (how long each took). At
    the end come `history.csv` (the same rows) in place of the former, `metrics.csv` (one row: the
    last round's validation accuracy, and the best one beside it), `config.gin` (the whole
    configuration) and, if asked for, `snapshot.pt`, each of them whole. One seed fixes the label
    subset, the initialisation, the order and the augmentation.

    A run that was stopped goes on from its last checkpoint, and ends as if it had never been
    stopped; one whose `code`, configuration or data have changed since begins anew. The last
    checkpoint of a finished run is removed unless it is to be kept. What a run failed of stands in
    `failed.txt` until it is started again.

    Args:
        run: what to train.
        folder: of the results.
        seed: of all that is random.
        code: a fingerprint of the source.
        keep_snapshot: write the backbone.
        keep_checkpoint: keep the last checkpoint.
        tracking: the name of a tracker that is handed the history, too, such as "tensorboard".
        stop: is asked after each round, with its row of the history, whether to end there.
        begin: is called when all fits together and `folder` is held, before anything is written.

    Raises:
        InterruptionError: it was asked to stop, or another process has taken its folder.
        DivergenceError: its numbers are no longer finite.
        TrainingError: the memory is full.
        ConfigurationError: configuration, network and dataset do not fit together, or another
            process trains in `folder`.
        DataError: the dataset has not what is to be learned, or something cannot be written.
    """
    folder, device = Path(folder), find_device()
    seed_all(seed)
    with explain_memory(run):
        step = run.make_step(device)
        rounds = run.make_rounds(step.learner, seed, device)
    classes = find_classes(step.learner, rounds.labels)
    if run.labels is not None and classes is not None:
        log.info("%s: %s", folder, describe_classes(classes, rounds.rows))
    rates = run.recipe.list_rates(rounds)
    stamp = run.stamp(step.learner, code) | {"seed": str(seed)}
    checkpoints = Checkpoints(folder, stamp, run.recipe.session.checkpoint_minutes)
    with (
        hold(folder, begin) as lock,
        explain_failure(folder),
        Interruption() as interruption,
        explain_memory(run),
    ):
        progress = Progress(
            run.dataset,
            run.recipe,
            run.restore,
            step,
            rounds,
            rates,
            folder,
            lock,
            checkpoints,
            interruption,
            tracking,
            stop,
        )
        name = name_device(device)
        log.info("%s: on %s in %s", folder, name, step.precision)
        test = progress.go_on()
        metrics = {
            "seed": seed,
            "labels": run.labels or int((rounds.rows < run.dataset.training_images).sum()),
            "label_subset": hash_rows(rounds.rows),
            "classes": None if classes is None else count_classes(classes[rounds.rows]),
            "pretrain_images": (run.pretrained_on if step.learner.supervised else len(rounds.rows)),
            "parameters": sum(p.numel() for p in step.learner.parameters()),
            "data": run.dataset.path,
            "start": run.start,
            "device": name,
            "precision": step.precision,
            **progress.history.metrics(),
            "chance": None if classes is None else find_chance(classes[run.dataset.rows("valid")]),
            "feature_spread": progress.measure_spread(),
            **{f"test_{name}": value for name, value in test.items()},
        }
        lock.check()
        progress.history.finish()
        if keep_snapshot:
            about = {
                "method": run.settings.get("session.method"),
                "task": run.settings.get("session.task"),
                "data": str(run.dataset.path),
                "labels": metrics["labels"],
                "images": metrics["pretrain_images"],
                "rounds": metrics["rounds"],
                "seed": seed,
                "configuration": run.describe(step.learner),
            }
            save_snapshot(folder / SNAPSHOT, step.learner.backbone, about)
        with write_whole(folder / "config.gin") as temporary:
            temporary.write_text(run.describe(step.learner), encoding="utf-8")
        write_metrics(folder / "metrics.csv", metrics)
        # Whoever asked to stop counts the job as failed, and what it made is deleted.
        with progress.stoppable():
            interruption.check()
            if keep_checkpoint:
                progress.save()
            else:
                checkpoints.remove()
    return Trained(metrics, step.learner)


@contextmanager
def explain_memory(run: Run) -> Iterator[None]:
    """Say what to change where the memory is full."""
    try:
        yield
    except (RuntimeError, MemoryError) as error:
        if not is_out_of_memory(error):
            raise
        where = "GPU memory" if isinstance(error, torch.OutOfMemoryError) else "memory"
        batch, held = run.recipe.dataloader.batch_size, run.recipe.rounds.max_images
        pixels = run.dataset.resolution
        raise TrainingError(
            f"out of {where} with batches of {batch} images of {pixels} x {pixels} pixels, and up "
            f"to {held} held there: lower dataloader.batch_size, or rounds.max_images"
        ) from error
