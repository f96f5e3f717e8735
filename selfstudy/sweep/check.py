"""Whether a configuration is sound: every mistake is named, with what was expected."""

from collections.abc import Mapping
from pathlib import Path

from selfstudy.configuration import GIN, read_gin
from selfstudy.data.names import BUCKETS
from selfstudy.errors import ConfigurationError, suggest
from selfstudy.factors import Factors
from selfstudy.measures import ACCURACY
from selfstudy.registry import list_names
from selfstudy.sweep.datasets import Dataset
from selfstudy.sweep.gin_files import list_gin_files
from selfstudy.sweep.runs import Sweep
from selfstudy.sweep.schema import DEFAULT, conform, load_schema, load_yaml, merge
from selfstudy.sweep.searches import check_searches
from selfstudy.sweep.starts import check_names


def read_configuration(path: Path) -> dict:
    """Read a configuration over the shared one, as the workflow does.

    Raises:
        ConfigurationError: naming the file, unless it is sound.
    """
    try:
        config = merge(load_yaml(DEFAULT), load_yaml(path))
        check(config)
    except ConfigurationError as error:
        raise ConfigurationError(f"{path}: {error}") from None
    return config


def check(config: Mapping) -> None:
    """Check a whole configuration, all but whether weights fit (`starts.check_weights`).

    Raises:
        ConfigurationError: naming the key and what was expected, unless it is sound.
    """
    conform(config, load_schema())
    for name, settings in config["datasets"].items():
        check_source(name, settings)
    sweep = Sweep(config)
    check_names(sweep, list_names("methods"))
    check_networks(sweep)
    check_tasks(sweep)
    check_measure(sweep)
    for dataset in sweep.datasets.values():
        check_dataset(sweep, dataset)
    check_frozen(sweep)
    check_longer(sweep)
    check_searches(sweep)


def check_source(name: str, settings: Mapping) -> None:
    """Check what a dataset's entry has to hold, which depends on its source."""
    schema, source = load_schema(), settings["source"]
    sources = schema["$defs"]["sources"]
    if source not in sources:
        raise ConfigurationError(
            f"datasets: {name}: source: {source!r} is not known: {suggest(source, sources)}"
        )
    conform(settings, {**sources[source], "$defs": schema["$defs"]}, f"datasets: {name}: ")


def check_networks(sweep: Sweep) -> None:
    """Check that from each network that is pretrained some seed of finetuning starts."""
    networks, seeds = len(sweep.networks), len(sweep.config["seeds"])
    if networks > seeds:
        raise ConfigurationError(
            f"pretrain_seeds: {networks} networks of each method, but seeds: {seeds} to start from "
            f"them: expected no more networks than seeds"
        )


def check_tasks(sweep: Sweep) -> None:
    """Check that there is a configuration of each task, and its backbones in the sweep."""
    tasks = {path.stem for path in GIN.glob("*/*/*.gin")} - {*list_names("methods"), "common"}
    for task, settings in sweep.tasks.items():
        if task not in tasks:
            raise ConfigurationError(f"tasks: unknown key {task!r}: {suggest(task, sorted(tasks))}")
        for backbone in settings.get("backbones", []):
            if backbone not in (known := sweep.config["backbones"]):
                hint = suggest(backbone, known)
                raise ConfigurationError(f"tasks: {task}: backbones: {backbone!r}: {hint}")


def check_measure(sweep: Sweep) -> None:
    """Check that all tasks have the measure that utility is read from."""
    measure = sweep.config["measure"]
    if measure == ACCURACY:
        return
    from selfstudy.tasks.base import find_task  # imported late: takes seconds

    for task in sweep.tasks:
        measures = find_task(task).measures
        if measure not in measures:
            expected = " or ".join([ACCURACY, *measures])
            raise ConfigurationError(
                f"measure: {measure!r}: the task {task!r} has none: expected {expected}, or a "
                f"configuration without that task"
            )


def check_dataset(sweep: Sweep, dataset: Dataset) -> None:
    """Check that a dataset can be made, has a task, and images and gin files for its runs."""
    place = f"datasets: {dataset.name!r}: "
    if dataset.source == "render":
        Factors.parse(dataset.name)
        images = dataset.settings["images"]
        if images % BUCKETS:
            raise ConfigurationError(
                f"{place}images: {images} cannot be divided into {BUCKETS} equal buckets"
            )
    check_pretraining(sweep, dataset)
    tasks = [task for task in sweep.tasks if dataset.fits(task)]
    if not tasks:
        alike = "" if dataset.poses_vary else ": with a fixed viewpoint, all poses are alike"
        raise ConfigurationError(f"{place}none of the tasks is for such images{alike}")
    training = dataset.training_images
    for task in tasks:
        most = max(sweep.tasks[task]["labels"])
        if training is not None and most > training:
            raise ConfigurationError(
                f"tasks: {task}: labels: {most} labels, but dataset {dataset.name!r} has "
                f"{training} training images"
            )
        for backbone in sweep.list_backbones(task):
            for run in (task, *sweep.methods):
                for file in list_gin_files(dataset, backbone, run):
                    read_gin(file)  # is there


def check_pretraining(sweep: Sweep, dataset: Dataset) -> None:
    """Check that a dataset has as many images as pretrain, where that is known."""
    training = dataset.training_images
    for pretrained in sweep.pretrained.values():
        if training is None or pretrained.dataset not in (None, dataset.name):
            continue
        if (pretrained.images or 0) > training:
            raise ConfigurationError(
                f"pretrain_images: {pretrained.images} images, but dataset {dataset.name!r} has "
                f"{training} to pretrain on"
            )


def check_frozen(sweep: Sweep) -> None:
    """Check that frozen backbones are compared with finetuned ones."""
    finetuned = sweep.tasks.get("classify", {"labels": []})["labels"]
    for labels in sweep.config.get("frozen", {}).get("labels", []):
        if labels not in finetuned:
            raise ConfigurationError(
                f"frozen: labels: {labels}: expected one of the labels of tasks: classify"
            )


def check_longer(sweep: Sweep) -> None:
    """Check that runs of twice as many rounds are compared with usual ones."""
    finetuned = {labels for task in sweep.tasks.values() for labels in task["labels"]}
    for labels in sweep.config.get("longer", {}).get("labels", []):
        if labels not in finetuned:
            raise ConfigurationError(
                f"longer: labels: {labels}: expected one of the labels of tasks: "
                f"{', '.join(map(str, sorted(finetuned)))}"
            )
