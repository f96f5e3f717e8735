"""What a run trains: a method with its probes, or a backbone with a task."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor, nn

from selfstudy.augment import View
from selfstudy.backbones.base import Backbone
from selfstudy.description import Described
from selfstudy.errors import ConfigurationError, UnlabelledError
from selfstudy.methods.base import Batch, Method
from selfstudy.tasks import PROBES
from selfstudy.tasks.base import LabelSource, Task, find_task

HEADS = {"fc": False, "mlp": True}  # of each probe's name: whether it has a hidden layer


class Sample(NamedTuple):
    """What a step trains on.

    Attributes:
        views: of b images, each (b, 3, h, w) float32; one in validation.
        labels: of each task, by its class's name, (b, ...).
        maps: dense targets of the first view, (b, 3, h, w) uint8, or None.
        indices: (b,) int64, places of the images among those that train.
    """

    views: tuple[Tensor, ...]
    labels: Mapping[str, Tensor]
    maps: Tensor | None
    indices: Tensor


Kept = list[tuple[Tensor, Tensor]]  # predictions and labels of batches


class Learner(nn.Module):
    """What a run trains.

    Attributes:
        backbone: what it hands on.
        tasks: that need labels.
        supervised: it learns from these alone.
        views, share_flip: of an image, as `Method` has them.
    """

    backbone: Backbone
    tasks: Sequence[Task]
    supervised: bool = True
    views: Sequence[View] = (View(),)
    share_flip: bool = False

    def evaluate(
        self, sample: Sample, autocast: AbstractContextManager, kept: Kept | None = None
    ) -> dict[str, Tensor]:
        """Compute the loss, as `loss`, and metrics, all scalars.

        Args:
            sample: what to compute them of.
            autocast: a context in which networks may run in bfloat16.
            kept: gets what `measure` needs.
        """
        raise NotImplementedError

    def measure(self, kept: Kept) -> dict[str, float]:
        """Measure what is no mean over batches, of all that was kept in a pass."""
        return {}

    def summarise(self, means: Mapping[str, Tensor]) -> dict[str, float]:
        """Turn the metrics' means over a pass into what is reported."""
        return {name: mean.item() for name, mean in means.items()}

    def require_batch(self, images: int) -> None:
        """Require that something can be learned of batches of so many images.

        Raises:
            ConfigurationError: they are too few.
        """

    def after_step(self, progress: float) -> None:
        """Follow a step of the optimiser; `progress` goes from 0, before the first, to 1."""

    def describe(self) -> dict[str, object]:
        """List the settings of its parts by their gin names."""
        return {
            name: value
            for part in self.modules()
            if isinstance(part, Described)
            for name, value in part.describe_arguments().items()
        }

    def watch(self, images: Tensor) -> Tensor:
        """Compute the features (b, features) that tasks read, averaged over places."""
        features = self.backbone(images)
        dense = any(task.dense for task in self.tasks)
        return features.dense.mean(dim=(2, 3)) if dense else features.pooled


class Pretraining(Learner):
    """A method, and tasks that watch its features.

    The probes' gradient never reaches the backbone, so that their labels do not either.

    Args:
        method: with its backbone.
        probes: tasks, by any name; the first one's accuracy is the run's.
        unlabelled: some images that train have no labels, which probes pass over; of how many
            images their losses and accuracies are then differs, and they are not told of training.
    """

    supervised = False

    def __init__(
        self, method: Method, probes: Mapping[str, Task], unlabelled: bool = False
    ) -> None:
        super().__init__()
        for probe in probes.values():
            require_places(method.backbone, type(probe))
        self.method = method
        self.unlabelled = unlabelled
        self.probes = nn.ModuleDict(probes)
        self.views, self.share_flip = method.views, method.share_flip

    @property
    def backbone(self) -> Backbone:
        """What the method pretrains."""
        return self.method.backbone

    @property
    def tasks(self) -> list[Task]:
        """The probes."""
        return list(self.probes.values())

    def evaluate(
        self, sample: Sample, autocast: AbstractContextManager, kept: Kept | None = None
    ) -> dict[str, Tensor]:
        """Compute the method's loss plus the mean loss of its probes, and the metrics of both."""
        batch = self.method.prepare(Batch(sample.views, sample.indices))
        with autocast:
            features, output = self.method(batch)
            seen = features.detach()
            predictions = {name: probe(seen) for name, probe in self.probes.items()}
        metrics = {} if output is None else dict(self.method.loss(output, batch))
        maps = None if sample.maps is None else batch.move(sample.maps)
        partly, losses = self.unlabelled and self.training, []
        for name, probe in self.probes.items():
            labels = maps if probe.dense else sample.labels[type(probe).__name__]
            result = probe.evaluate(predictions[name].float(), labels)
            losses.append(result["loss"])
            if not partly:
                metrics[f"loss_{name}"] = result["loss"]
                metrics[f"acc_{name}"] = result["accuracy"]
        if losses and not partly:
            metrics["accuracy"] = metrics.pop(f"acc_{next(iter(self.probes))}")
        if losses:
            return {"loss": metrics.pop("loss", 0) + sum(losses) / len(losses), **metrics}
        return metrics

    def require_batch(self, images: int) -> None:
        """Require as many as the method does."""
        if images < self.method.least_batch:
            raise ConfigurationError(
                f"batches of {images}: {type(self.method).__name__} compares the images of a "
                f"batch: expected a dataloader.batch_size of at least {self.method.least_batch}, "
                f"and as many images"
            )

    def after_step(self, progress: float) -> None:
        """Tell the method."""
        self.method.after_step(progress)


class Finetuning(Learner):
    """A backbone and a task.

    Args:
        backbone: with the weights of its start.
        task: learned from labels.
        frozen: the task alone is trained.
    """

    def __init__(self, backbone: Backbone, task: Task, frozen: bool = False) -> None:
        super().__init__()
        self.backbone = backbone
        self.task = task
        self.frozen = frozen

    @property
    def tasks(self) -> list[Task]:
        """The task alone."""
        return [self.task]

    def evaluate(
        self, sample: Sample, autocast: AbstractContextManager, kept: Kept | None = None
    ) -> dict[str, Tensor]:
        """Compute the task's loss and metrics."""
        with autocast:
            features = self.backbone(sample.views[0])
            if self.frozen:
                features = features.detach()
            predictions = self.task(features).float()
        labels = sample.maps if self.task.dense else sample.labels[type(self.task).__name__]
        if kept is not None and self.task.measures:
            kept.append((predictions, labels))
        return self.task.evaluate(predictions, labels)

    def measure(self, kept: Kept) -> dict[str, float]:
        """Measure as the task does."""
        return self.task.measure(*map(torch.cat, zip(*kept, strict=True))) if kept else {}

    def summarise(self, means: Mapping[str, Tensor]) -> dict[str, float]:
        """Summarise as the task does."""
        return self.task.summarise(means)


def make_probes(
    source: LabelSource, features: int, makers: Mapping[type[Task], Callable[..., Task]] = {}
) -> dict[str, Task]:
    """Make the probes of the study: of each task that has labels, a linear and a hidden one.

    Args:
        source: of the labels.
        features: size of the features.
        makers: what makes a task, if not its class.
    """
    found = {}
    for name in PROBES:
        task = find_task(name)
        try:
            found[name] = makers.get(task, task), task.read_labels(source).outputs
        except UnlabelledError:
            continue  # it has no such labels
    return {
        f"{head}_{name}": make(features, outputs, hidden)
        for head, hidden in HEADS.items()
        for name, (make, outputs) in found.items()
    }


def make_finetuning(
    backbone: Backbone,
    task: type[Task],
    source: LabelSource,
    make: Callable[..., Task] | None = None,
    frozen: bool = False,
) -> Finetuning:
    """Make a backbone and a new head for a task.

    Args:
        backbone: with the weights of its start.
        task: to learn.
        source: of its labels.
        make: makes the task of its features and outputs; None: its class.
        frozen: train the head alone.
    """
    require_places(backbone, task)
    outputs = task.read_labels(source).outputs
    make = make or task
    # The heads of all tasks are drawn, whichever is kept: a seed starts the runs of all alike.
    heads = make_probes(source, backbone.out_feats, {task: make}).values()
    head = next((head for head in heads if type(head) is task), None)
    return Finetuning(backbone, head or make(backbone.out_feats, outputs), frozen)


def require_places(backbone: Backbone, task: type[Task]) -> None:
    """Require that a backbone has dense features if a task predicts something for every place.

    Raises:
        ConfigurationError: it has none.
    """
    if task.dense and not backbone.has_dense:
        raise ConfigurationError(
            f"{task.__name__}: backbone {backbone.name!r} has no dense features: expected one with "
            f"these, such as resnet50"
        )


def gather_labels(tasks: Sequence[Task], source: LabelSource) -> dict[str, np.ndarray]:
    """Read the labels of all images that tasks learn, by their classes' names."""
    labels = {type(task).__name__: type(task).read_labels(source).values for task in tasks}
    return {name: values for name, values in labels.items() if values is not None}
