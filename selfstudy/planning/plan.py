"""What the jobs of a sweep take, time and disk space, and how much of that is done."""

from collections import Counter
from functools import cache
from pathlib import Path

import pandas as pd

from selfstudy.data.names import BUCKETS
from selfstudy.errors import ConfigurationError
from selfstudy.job import show_progress
from selfstudy.planning.calibration import Kind, count_images, measure_pace, measure_rendering
from selfstudy.planning.images import Counts, count_splits
from selfstudy.planning.jobs import list_jobs
from selfstudy.sweep.check import read_configuration
from selfstudy.sweep.gin_files import (
    Gin,
    configure_finetuning,
    configure_frozen,
    configure_longer,
    configure_pretraining,
    configure_recipe,
    configure_task,
)
from selfstudy.sweep.runs import Sweep

CLASSES = 10  # of the network that is timed; more or fewer take as long
STAGES = (
    "meshes",
    "textures",
    "render",
    "pack",
    "prepare",
    "prepare_cifar",
    "prepare_images",
    "prepare_collection",
    "pretrain",
    "search_worker",
    "search",
    "finetune",
    "longer",
    "linear",
    "finetune_frozen",
)
PREPARATION = ("prepare", "prepare_cifar", "prepare_images", "prepare_collection")
TRAINING = ("pretrain", "finetune", "longer", "finetune_frozen")
SEARCH = "search_worker"


def plan(configfile: str) -> pd.DataFrame:
    """Plan a sweep, one row per rule.

    Args:
        configfile: the sweep.

    Returns:
        `rule`, `jobs`, `done`, `hours` of one device (those of one processor for rendering),
        `hours_left`, and `gigabytes` of what the rule leaves; not a number where it takes little.

    Raises:
        ConfigurationError: the configuration is not sound, or Snakemake refuses it.
        DataError: images that it names are missing, or do not make sense.
    """
    path = Path(configfile)
    needs = Needs(Sweep(read_configuration(path)))
    every, open_jobs = list_jobs(path, force=True), Counter(list_jobs(path, force=False))
    rows = []
    with show_progress(len(every), "job", "plan") as progress:
        for rule in sorted({rule for rule, _ in every}, key=find_stage):
            row = {"rule": rule, "jobs": 0, "done": 0, "hours": 0.0, "hours_left": 0.0}
            row["gigabytes"] = 0.0
            for job in (wildcards for name, wildcards in every if name == rule):
                progress.update()
                hours, gigabytes = needs.estimate(rule, dict(job))
                waiting = open_jobs[rule, job] > 0
                row["jobs"] += 1
                row["done"] += not waiting
                row["hours"] += hours
                row["hours_left"] += hours * waiting
                row["gigabytes"] += gigabytes
            rows.append(row)
    table = pd.DataFrame(rows)
    known = table["rule"].isin([*TRAINING, SEARCH, *PREPARATION, "render"])
    table.loc[~known, ["hours", "hours_left", "gigabytes"]] = float("nan")
    return table


def find_stage(rule: str) -> int:
    """Find the place of a rule on the images' way."""
    return STAGES.index(rule) if rule in STAGES else len(STAGES)


class Needs:
    """Hours and gigabytes of jobs; each kind of run is timed once.

    Args:
        sweep: that the jobs are of.
    """

    def __init__(self, sweep: Sweep) -> None:
        self.sweep = sweep
        self.count_splits = cache(self._count_splits)
        self.measure_pace = cache(measure_pace)
        self.count_images = cache(count_images)
        self.measure_rendering = cache(measure_rendering)

    def estimate(self, rule: str, wildcards: dict[str, str]) -> tuple[float, float]:
        """Estimate the hours and gigabytes of one job; 0 for rules that take little."""
        if rule in TRAINING:
            return self.estimate_training(**wildcards, longer=rule == "longer")
        if rule == SEARCH:
            return self.estimate_search(wildcards["search"])
        if rule not in (*PREPARATION, "render"):
            return 0.0, 0.0
        dataset = self.sweep.datasets[wildcards["dataset"]]
        if rule == "render":
            images = dataset.settings["images"] // BUCKETS
            resolution = self.sweep.rendering["resolution"]
            seconds, size = self.measure_rendering(dataset.name, resolution)
            return images * seconds / 3600, images * size / 1e9
        dense = dataset.family == "dense"
        channels = 3 * (2 + dense)  # bytes: two of an image, one of a target
        pixels = sum(self.count_splits(dataset.name)) * dataset.resolution**2
        return 0.0, pixels * channels / 1e9

    def estimate_training(
        self,
        dataset: str,
        backbone: str,
        pretext: str,
        task: str = "",
        labels: str = "",
        layer: str = "",
        rounds: int | None = None,
        longer: bool = False,
        **_: str,
    ) -> tuple[float, float]:
        """Estimate a pretraining run, or, where there are labels, finetuning with all seeds.

        `rounds` are its recipe's own unless given.
        """
        sweep, about = self.sweep, self.sweep.datasets[dataset]
        place = {"dataset": dataset, "backbone": backbone, "pretext": pretext}

        def make_kind(gin: Gin) -> Kind:
            files, bindings = map(tuple, gin)
            return Kind(files, bindings, about.resolution, about.family == "dense", CLASSES)

        if layer:
            run = timed = make_kind(
                configure_frozen(sweep, layer, task=task, labels=labels, **place)
            )
        elif labels:
            configure = configure_longer if longer else configure_finetuning
            run = make_kind(configure(sweep, labels=labels, task=task, **place))
            timed = make_kind(configure_task(sweep, task=task, **place))  # as fast with few labels
        else:
            run = make_kind(configure_pretraining(sweep, **place))
            timed = make_kind(configure_recipe(sweep, dataset, backbone, pretext))  # likewise
        if rounds is not None:
            bindings = (*run.bindings, f"scheduler.milestones = [1, {rounds}]")
            run = run._replace(bindings=bindings)
        splits = self.count_splits(dataset)
        images = 0 if labels else sweep.pretraining[pretext].images or 0
        if images > (every := splits.train + splits.unlabelled):
            raise ConfigurationError(
                f"pretrain_images: {images} images, but dataset {dataset!r} has {every} to "
                f"pretrain on"
            )
        if labels and int(labels) > splits.train:
            raise ConfigurationError(
                f"labels: {labels} labels of {task}, but dataset {dataset!r} has {splits.train} "
                f"training images"
            )
        seen = self.count_images(run, splits, int(labels) if labels else None)
        kind = "finetune" if labels else "pretrain"
        cost = self.measure_pace(timed, sweep.config["resources"][kind]["threads"])
        hours = (seen.train * cost.train + seen.valid * cost.valid) / 3600
        if labels:
            return len(sweep.config["seeds"]) * hours, 0.0
        return hours, cost.parameters * 4 / 1e9

    def estimate_search(self, name: str) -> tuple[float, float]:
        """Estimate one of the jobs that share a search of finetuning, as if no trial was pruned."""
        search, seeds = self.sweep.searches[name], len(self.sweep.config["seeds"])
        place = {key: search[key] for key in ("dataset", "backbone", "pretext", "task", "rounds")}
        hours, gigabytes = self.estimate_training(**place, labels=str(search["labels"]))
        return hours / seeds * search["trials"] / search.get("jobs", 1), gigabytes

    def _count_splits(self, dataset: str) -> Counts:
        return count_splits(self.sweep.datasets[dataset], self.sweep.config["seed"])
