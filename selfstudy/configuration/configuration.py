"""What a run is configured by, and the plain objects that follow from it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from functools import partial
from pathlib import Path
from typing import Any

from selfstudy.backbones.base import BACKBONES, Backbone, find_backbone
from selfstudy.configuration.names import (
    RUN,
    TASK,
    Part,
    find_class_of,
    list_arguments,
    list_constructors,
)
from selfstudy.configuration.parse import list_bound, parse
from selfstudy.configuration.types import check_types
from selfstudy.data.dataset import BaseDataset
from selfstudy.data.kinds import DATASETS
from selfstudy.data.names import BALANCED
from selfstudy.errors import ConfigurationError, find_known
from selfstudy.methods.base import Method, find_method
from selfstudy.starts import make_start
from selfstudy.starts.base import Scratch, Snapshot, Start
from selfstudy.tasks.base import find_task
from selfstudy.training.learners import (
    Learner,
    Pretraining,
    make_finetuning,
    make_probes,
    require_places,
)
from selfstudy.training.recipe import Recipe
from selfstudy.training.run import Run

START = "session.start"


@dataclass(frozen=True)
class Configuration:
    """What a run is configured by.

    Args:
        recipe: how it trains.
        bound: for each constructor, the arguments that are bound.
        said: the last value of each of the authors' names that says nothing new here.
        method: how the backbone is, or was, pretrained; None: a backbone alone.
        task: to finetune on; None: to pretrain.
        backbone: its name.
        dataset: the kind of dataset.
        start: where the weights come from: None (new ones), a run or its snapshot, or public
            weights or a file as `make_start` has them.
        labels: training images that have labels; None: all.
        subset: how these are chosen: "balanced" over classes, or "random".
        images: that pretrain; None: all.
        restore_session: a run that this one takes up.
        frozen: finetuning trains the head alone.
        probes: tasks watch the method.
    """

    recipe: Recipe
    bound: Mapping[str, Mapping[str, Any]]
    said: Mapping[str, object]
    method: str | None = None
    task: str | None = None
    backbone: str = "resnet9"
    dataset: str = "SynDataset"
    start: str | Mapping[str, str] | None = None
    labels: int | None = None
    subset: str = BALANCED
    images: int | None = None
    restore_session: str | None = None
    frozen: bool = False
    probes: bool = True

    def open_dataset(self, path: str | Path) -> BaseDataset:
        """Open the prepared file at `path`, or in the folder `path`."""
        kind = find_known(self.dataset, DATASETS, "session.dataset")
        return kind(path, **self.bound["BaseDataset"], **self.bound[self.dataset])

    def make_asked(self, in_channels: int = 3, name: str | None = None) -> Backbone:
        """Make the backbone that is asked for, or another, with new weights."""
        make = find_backbone(name or self.backbone, "session.backbone")
        cls = find_class_of(make)
        arguments: dict[str, object] = {"in_channels": in_channels}
        if "img_size" in cls.handed:
            arguments["img_size"] = self.bound["BaseDataset"].get("input_res")
        return make(**arguments, **self._arguments(cls.__name__))

    def make_backbone(self) -> Backbone:
        """Make the backbone with new weights, as the method has it."""
        if self.method is None:
            return self.make_asked()
        return find_method(self.method, "session.method").make_backbone(self.make_asked)

    def count_views(self) -> int:
        """Count the views of an image that are trained at a time."""
        if self.method is None or self.task is not None:
            return 1
        return len(find_method(self.method, "session.method").views)

    def find_start(self) -> Start:
        """Find where the weights come from."""
        if self.start is None:
            return Scratch(self.make_backbone)
        if isinstance(self.start, Mapping):
            return make_start(self.start, self.make_backbone)
        return Snapshot(self.start, self.make_backbone, START)

    def make_method(self, backbone: Backbone, images: int) -> Method:
        """Make the method with a backbone.

        Args:
            backbone: what to pretrain.
            images: number of images that pretrain, for methods that remember each.
        """
        method = find_method(self.method or "", "session.method")
        return make_method(method, backbone, images, **self._arguments(method.__name__))

    def make_learner(self, dataset: BaseDataset, start: Start | None = None) -> Learner:
        """Make what is trained on a dataset, with the weights that it starts from.

        Raises:
            ConfigurationError: the parts do not fit together.
            DataError: the dataset has not what is to be learned, or the start's file is damaged.
        """
        backbone = (start or self.find_start()).make_backbone()
        if self.task is None:
            images = self.images or dataset.pretraining_images
            method = self.make_method(backbone, images)
            probes = make_probes(dataset, backbone.out_feats) if self.probes else {}
            learner: Learner = Pretraining(method, probes, dataset.unlabelled > 0)
        else:
            task = find_task(self.task, "session.task")
            make = partial(task, **self._arguments(task.__name__))
            learner = make_finetuning(backbone, task, dataset, make, self.frozen)
        self._check_said(learner, dataset)
        return learner

    def check_parts(self) -> None:
        """Check without a dataset that backbone, method and task can be made, and fit.

        Raises:
            ConfigurationError: they do not.
        """
        backbone = self.make_backbone()
        if self.task is None:
            self.make_method(backbone, images=2)
        else:
            require_places(backbone, find_task(self.task, "session.task"))

    def make_run(self, dataset: BaseDataset) -> Run:
        """Make the run of this configuration on a dataset.

        Raises:
            ConfigurationError: it chooses images to pretrain on, and does not, or by labels, too.
        """
        if self.images is not None and (self.task is not None or self.labels is not None):
            raise ConfigurationError(
                f"session.images = {self.images}: it is for pretraining: expected session.labels "
                f"alone"
            )
        start = self.find_start()
        return Run(
            dataset,
            lambda: self.make_learner(dataset, start),
            self.recipe,
            self.labels,
            start.describe(),
            self.restore_session,
            self.describe(),
            self.subset,
            self.images,
            start.count_images(),
        )

    def describe(self) -> dict[str, object]:
        """List what the run is, beside how it trains, by gin name."""
        of_run = {f"session.{name}": getattr(self, name) for name in (*RUN, TASK)}
        data = {
            f"{name}.{key}": value
            for name in ("BaseDataset", self.dataset)
            for key, value in self.bound[name].items()
        }
        return of_run | data

    def _arguments(self, name: str) -> dict[str, Any]:
        """What is bound for a constructor; references become what they refer to."""
        return {
            key: self._make_part(value) if isinstance(value, Part) else value
            for key, value in self.bound.get(name, {}).items()
        }

    def _make_part(self, part: Part) -> Backbone:
        """A backbone of another scope."""
        asked = find_backbone(self.backbone, "session.backbone")
        for make in (asked, *BACKBONES.values()):
            if find_class_of(make).__name__ == part.name:
                return make(**part.arguments)
        raise ConfigurationError(f"@{part.name}(): only backbones can be referred to")

    def _check_said(self, learner: Learner, dataset: BaseDataset) -> None:
        """The authors' flags may say again what follows, and nothing else."""
        views, pretrains = len(learner.views), self.task is None
        targets = "a target for every pixel" if dataset.dense else "one target per image"
        checks = [
            (
                "BaseDataset.double_sample",
                (views == 2,),
                f"the method or the task, which takes {views} view{'s' * (views > 1)}",
            ),
            (
                "BaseDataset.predict_pose",
                (True,) if self.task == "pose" else (True, False),
                "the task",
            ),
            ("Wrapper.dense_pred", (dataset.dense,), f"the dataset: {dataset.path} has {targets}"),
            ("Wrapper.run_selfsup", (True,) if pretrains else (True, False), "the method"),
            (
                "Wrapper.finetune_classifier",
                (False,) if pretrains else (True, False),
                "the method, which no label reaches",
            ),
        ]
        for name, values, source in checks:
            value = self.said.get(name)
            if value is not None and bool(value) not in values:
                raise ConfigurationError(
                    f"{name} = {value}: it follows from {source}: leave it out"
                )
        classes = self.said.get("Wrapper.out_classes")
        if isinstance(classes, Sequence) and not dataset.dense and classes[0] < dataset.classes:
            raise ConfigurationError(
                f"Wrapper.out_classes = {list(classes)}: it follows from the dataset: "
                f"{dataset.path} has {dataset.classes} classes: leave it out"
            )


def resolve(files: Sequence[str], bindings: Sequence[str]) -> Configuration:
    """Read what gin files and bindings say (`selfstudy.configuration.load_configuration`)."""
    known = list_constructors()
    with parse(files, bindings, known) as authors:
        bound = {name: list_bound(name) for name in known}
    for name, types in known.items():
        check_types(name, bound[name], types)
    session = bound["session"]
    of_run = {name: session.pop(name) for name in (*RUN, TASK) if name in session}
    check_types("session", of_run, list_arguments(Configuration))
    recipe = Recipe(
        **{part.name: part.default_factory(**bound[part.name]) for part in fields(Recipe)}
    )
    return Configuration(recipe, bound, dict(authors.said), **of_run)


def make_method(
    method: type[Method], backbone: Backbone, images: int, **arguments: object
) -> Method:
    """Make a method, with the number of images that pretrain where it takes that."""
    if "images" in list_arguments(method):
        arguments["images"] = images
    return method(backbone, **arguments)
