"""Which runs a configuration asks for, and the files that they need and make."""

from collections.abc import Collection, Iterable, Mapping
from functools import cached_property
from itertools import cycle
from pathlib import Path
from typing import NamedTuple

from selfstudy.data.names import BUCKETS, name_bucket
from selfstudy.factors import pair_datasets
from selfstudy.sweep import SCRATCH
from selfstudy.sweep.datasets import Dataset
from selfstudy.sweep.paths import Paths, name_folder, require
from selfstudy.sweep.pretrained import Pretrained, list_pretrained, name_numbered

LINEAR_TASKS = ("classify", "pose", "segment")
TUNING_SEED = 1000  # unless given; a run of the same seed would be the best of the trials itself
COLLECTIONS = ("meshes", "textures")  # of what users bring to be rendered


def name_tuning(dataset: str, backbone: str, pretext: str, task: str, **_: str) -> str:
    """Name the search that tunes a start on a curve; names in the configuration have no dot."""
    return f"{dataset}.{backbone}.{pretext}.{task}"


class Curve(NamedTuple):
    """What is measured at several label budgets, from every start."""

    dataset: str
    backbone: str
    task: str


class Sweep:
    """The runs of a configuration.

    Args:
        config: a sound configuration (`selfstudy.sweep.check.check`).

    Attributes:
        datasets: by name.
        backbones: names as of folders, the first of which most figures are about.
        backbone_names: what the configuration calls these, such as `timm/resnet18`.
        pretrained: the starts that methods pretrain here, by name.
        methods: names of the pretext methods, without scratch.
        networks: the seeds of the networks that each method pretrains.
        weights: further starts by name, as the configuration describes them.
        starts: names of all starts: scratch, those pretrained, and weights.
        tasks: the settings of the downstream tasks by name.
        paths: where things lie.
    """

    def __init__(self, config: Mapping) -> None:
        self.config = config
        self.datasets = {name: Dataset(name, of) for name, of in config["datasets"].items()}
        self.backbone_names = {name_folder(name): name for name in config["backbones"]}
        self.backbones = list(self.backbone_names)
        self.pretrained = dict(list_pretrained(config))
        self.methods = list(dict.fromkeys(each.method for each in self.pretrained.values()))
        self.networks: list[int] = config["pretrain_seeds"]
        self.weights: Mapping[str, Mapping] = config.get("weights", {})
        scratch = [SCRATCH] if SCRATCH in config["pretext"] else []
        self.starts: list[str] = [*scratch, *self.pretrained, *self.weights]
        self.tasks: Mapping[str, Mapping] = config["tasks"]
        self.paths = Paths(config["results"], config["data"], config["color"])

    @property
    def rendered(self) -> list[str]:
        """Names of the datasets that are rendered, here or elsewhere."""
        return [name for name, dataset in self.datasets.items() if dataset.is_rendered]

    @property
    def classified(self) -> list[str]:
        """Names of the datasets whose images have classes."""
        return [name for name, dataset in self.datasets.items() if dataset.fits("classify")]

    @property
    def judged(self) -> list[str]:
        """Names of the rendered datasets whose difficulty can be measured."""
        return [name for name in self.classified if name in self.rendered]

    @property
    def pairs(self) -> dict[str, list[tuple[str, str]]]:
        """For each factor the pairs of those datasets that differ in it alone."""
        return pair_datasets(self.judged)

    @cached_property
    def tuned(self) -> dict[str, dict[str, object]]:
        """The searches that tune every start on every curve, alike, by their names."""
        if "tuning" not in self.config:
            return {}
        tuning = {"seed": TUNING_SEED, "rounds": None, "grace": None, **self.config["tuning"]}
        places = [
            {**curve._asdict(), "pretext": start}
            for curve in self.list_curves()
            for start in self.list_starts(curve.backbone, curve.dataset)
        ]
        return {name_tuning(**place): place | tuning for place in places}

    @cached_property
    def searches(self) -> dict[str, Mapping]:
        """All searches for hyperparameters, by name: the configuration's own, and `tuned`."""
        own = self.config.get("searches", {})
        named = {
            name: {**search, "backbone": name_folder(search["backbone"])}
            for name, search in own.items()
        }
        return {**named, **self.tuned}

    @property
    def linear_tasks(self) -> list[str]:
        """Names of the tasks that are learned by logistic regression, too."""
        return [task for task in self.tasks if task in LINEAR_TASKS]

    @property
    def collected(self) -> dict[str, str]:
        """The files that a user's meshes and textures are collected in, where there are any."""
        rendering = self.config["rendering"]
        return {name: f"{self.paths.data}/{name}.h5" for name in COLLECTIONS if name in rendering}

    @property
    def rendering(self) -> dict[str, object]:
        """How to render, except for what users bring."""
        settings = self.config["rendering"].items()
        return {name: value for name, value in settings if name not in COLLECTIONS}

    def narrow(self, dataset: str) -> "Sweep":
        """Give the sweep of one of the datasets alone."""
        return Sweep({**self.config, "datasets": {dataset: self.config["datasets"][dataset]}})

    def list_from(self, *sources: str) -> list[str]:
        """List the names of the datasets from these sources."""
        return [name for name, dataset in self.datasets.items() if dataset.source in sources]

    def list_starts(self, backbone: str, dataset: str | None = None) -> list[str]:
        """List the starts of a backbone, scratch among them; on a dataset, if that is given.

        One that is pretrained on that dataset anyway is none of those from elsewhere.
        """

        def fits(start: str) -> bool:
            about = self.pretrained.get(start, Pretrained(start, weights=start))
            weights = self.weights.get(about.weights, {})
            elsewhere = dataset is None or about.dataset != dataset
            return elsewhere and backbone in self._choose_backbones(weights)

        return [start for start in self.starts if fits(start)]

    @property
    def pretraining(self) -> dict[str, Pretrained]:
        """What pretrains on a dataset's own images, by name, for starts elsewhere among them."""
        return {
            self.locate_network("", name)[1]: about._replace(dataset=None)
            for name, about in self.pretrained.items()
        }

    def locate_network(self, dataset: str, start: str) -> tuple[str, str]:
        """Locate the networks of a start on a dataset: whose images pretrain, and its name there.

        One that is pretrained elsewhere by nothing but its method is the method's own there.
        """
        about = self.pretrained.get(start)
        if about is None or about.dataset is None:
            return dataset, start
        own = name_numbered(about.method, about.images)
        return about.dataset, start if about.weights or about.bindings else own

    def list_backbones(self, task: str) -> list[str]:
        """List the backbones that a task is run with."""
        return self._choose_backbones(self.tasks[task])

    def list_curves(
        self, tasks: Collection[str] | None = None, backbones: Collection[str] | None = None
    ) -> list[Curve]:
        """List the curves of some tasks and backbones, or of all."""
        return [
            Curve(name, backbone, task)
            for task in self.tasks
            if tasks is None or task in tasks
            for name, dataset in self.datasets.items()
            if dataset.fits(task)
            for backbone in self.list_backbones(task)
            if backbones is None or backbone in backbones
        ]

    def list_finetuned(
        self,
        tasks: Collection[str] | None = None,
        backbones: Collection[str] | None = None,
        starts: Collection[str] | None = None,
    ) -> list[str]:
        """List the metrics files of finetuning on some tasks, backbones and starts, or on all."""
        return [
            f"{self.paths.finetune}/metrics.csv".format(
                **curve._asdict(), pretext=start, labels=labels
            )
            for curve in self.list_curves(tasks, backbones)
            for start in self.list_starts(curve.backbone, curve.dataset)
            if starts is None or start in starts
            for labels in self.tasks[curve.task]["labels"]
        ]

    def list_compared(
        self, tasks: Collection[str] | None = None, backbones: Collection[str] | None = None
    ) -> list[str]:
        """List those of `list_finetuned` whose backbone has a start to compare with scratch."""
        backbones = self.backbones if backbones is None else backbones
        return self.list_finetuned(tasks, [b for b in backbones if len(self.list_starts(b)) > 1])

    def list_frozen(self) -> list[str]:
        """List the metrics files of finetuning with a backbone that is frozen in part."""
        frozen = self.config.get("frozen", {"layers": [], "labels": []})
        return [
            f"{self.paths.frozen}/metrics.csv".format(
                **curve._asdict(), pretext=start, layer=layer, labels=labels
            )
            for layer in frozen["layers"]
            for curve in self.list_curves(["classify"], self.backbones[:1])
            for start in self.list_starts(curve.backbone, curve.dataset)
            if start != SCRATCH
            for labels in frozen["labels"]
        ]

    @property
    def longer(self) -> dict[str, str]:
        """The metrics files of finetuning of twice as many rounds, by those of the usual ones."""
        budgets = self.config.get("longer", {"labels": []})["labels"]
        return {
            f"{self.paths.finetune}/metrics.csv".format(**place): (
                f"{self.paths.longer}/metrics.csv".format(**place)
            )
            for curve in self.list_curves()
            for start in self.list_starts(curve.backbone, curve.dataset)
            for labels in self.tasks[curve.task]["labels"]
            if labels in budgets
            for place in [curve._asdict() | {"pretext": start, "labels": labels}]
        }

    def list_longer(self, usual: Iterable[str]) -> list[str]:
        """List the metrics files of those of `usual` that train for twice as long, too."""
        longer = self.longer
        return [longer[path] for path in usual if path in longer]

    def list_linear(
        self, tasks: Collection[str] | None = None, backbones: Collection[str] | None = None
    ) -> list[str]:
        """List the metrics files of linear evaluation on some tasks and backbones, or on all."""
        return [
            f"{self.paths.linear}/metrics.csv".format(**curve._asdict(), pretext=start)
            for curve in self.list_curves(tasks, backbones)
            if curve.task in self.linear_tasks
            for start in self.list_starts(curve.backbone, curve.dataset)
            if start != SCRATCH
        ]

    def list_tuned(self) -> list[str]:
        """List the tables of the trials that starts were tuned by."""
        return [f"{self.paths.search}/trials.csv".format(search=name) for name in self.tuned]

    def keep_present(self, paths: Iterable[str]) -> list[str]:
        """Keep the files that are there, if a part is enough; else all, which are then made."""
        partial = self.config.get("partial", False)
        return [path for path in paths if not partial or Path(path).is_file()]

    def list_packed(self, dataset: str) -> list[str]:
        """List the packed files of a dataset, one for each bucket."""
        folder = self.paths.packed.format(dataset=dataset)
        return [f"{folder}/{name_bucket(bucket)}" for bucket in range(BUCKETS)]

    def find_prepared(self, dataset: str) -> str:
        """Find the prepared file of a dataset: one that is made here, or a user's."""
        about = self.datasets[dataset]
        if about.source == "prepared":
            return about.settings["file"]
        return self.paths.prepared.format(dataset=dataset, resolution=about.resolution)

    def require_prepared(self, dataset: str) -> str | list[str]:
        """Find the prepared file that must be made first; none where a user has brought one."""
        if self.datasets[dataset].source == "prepared":
            return require(*self.datasets[dataset].places)
        return self.find_prepared(dataset)

    def list_networks(self, pretext: str) -> list[int | None]:
        """List the networks of a start by the seeds of pretraining; None where that is not here."""
        return [*self.networks] if pretext in self.pretrained else [None]

    def count_networks(self) -> int:
        """Count the networks of each method; other starts have one, and scratch has none."""
        return len(self.networks) if self.pretrained else min(len(self.weights), 1)

    def assign_networks(self, pretext: str) -> dict[int, int | None]:
        """Assign each seed of finetuning the network that it starts from: they take turns."""
        return dict(zip(self.config["seeds"], cycle(self.list_networks(pretext)), strict=False))

    def list_snapshots(self, dataset: str, backbone: str, pretext: str, **_: str) -> list[str]:
        """List the snapshots of a start's networks; none unless a method pretrains them here."""
        where, name = self.locate_network(dataset, pretext)
        place = {"dataset": where, "backbone": backbone, "pretext": name}
        return [
            f"{self.paths.pretrain}/snapshot.pt".format(**place, pretrain_seed=network)
            for network in self.list_networks(pretext)
            if network is not None
        ]

    def find_starts(self, pretext: str, **place: str) -> dict[int | None, str | dict | None]:
        """Find where runs start, by network, as `configuration.Configuration` has it."""
        starts = self.list_snapshots(pretext=pretext, **place) or [self.describe_start(pretext)]
        return dict(zip(self.list_networks(pretext), starts, strict=True))

    def find_recipe(self, **place: str) -> str | list[str]:
        """Find the recipe that a run is tuned by, the best of its search; none if it is not."""
        name = name_tuning(**place)
        return f"{self.paths.search}/recipe.gin".format(search=name) if name in self.tuned else []

    def find_weights(self, pretext: str, task: str = "", **_: object) -> str | None:
        """Find which of `weights:` a run begins with; without a task, one that pretrains."""
        name = pretext if task else self.pretraining[pretext].weights
        return name if name in self.weights else None

    def describe_start(self, start: str | None) -> dict[str, str] | None:
        """Describe weights from elsewhere, such as `{"torchvision": "resnet50"}`.

        Returns:
            None for scratch, and for what is pretrained here, whose runs start from a snapshot.
        """
        if start not in self.weights:
            return None
        return {key: value for key, value in self.weights[start].items() if key != "backbones"}

    def _choose_backbones(self, settings: Mapping) -> list[str]:
        """The backbones that a task's or a start's settings name; all unless they do."""
        return [name_folder(name) for name in settings.get("backbones", self.backbones)]
