"""The sweep: what `config/*.yaml` may say, and the names of what follows from it.

Snakemake reads this before every run, so nothing heavy is imported here.
"""

import pkgutil
from collections.abc import Mapping
from pathlib import Path

import yaml
from jsonschema import Draft202012Validator, ValidationError

from selfstudy.configuration import GIN, gin_text, nearest
from selfstudy.data.packed import BUCKETS
from selfstudy.errors import ConfigurationError
from selfstudy.factors import MULTI, Factors

SCHEMA = GIN.parent / "schema.yaml"
PACKAGE = Path(__file__).parent
SCRATCH = "scratch"
PRETEXT = sorted(
    module.name
    for module in pkgutil.iter_modules([str(PACKAGE / "pretext")])
    if module.name != "base"
)
DENSE_TASKS = ("segment", "depth")
TRAINING_BUCKETS = 10


def prepared_name(resolution: int | str, colour: str) -> str:
    """The name of a prepared file."""
    return f"data_{resolution}_lab.h5" if colour == "lab" else f"data_{resolution}.h5"


def family(dataset: str) -> str:
    """The folder of gin files that a dataset's runs are configured by."""
    return "dense" if dataset.endswith(MULTI) else "syn"


def fits(task: str, dataset: str) -> bool:
    """Whether a dataset has the labels of a task."""
    return (task in DENSE_TASKS) == (family(dataset) == "dense")


def check(config: Mapping) -> None:
    """Raise ConfigurationError, naming the key and what was expected, unless `config` is sound."""
    schema = yaml.safe_load(SCHEMA.read_text(encoding="utf-8"))
    errors = sorted(Draft202012Validator(schema).iter_errors(config), key=lambda e: len(e.path))
    if errors:
        raise ConfigurationError(explained(errors[0]))
    for name in config["pretext"]:
        if name not in (SCRATCH, *PRETEXT):
            raise ConfigurationError(
                f"pretext: {name!r} is not known: {nearest(name, [SCRATCH, *PRETEXT])}"
            )
    if SCRATCH not in config["pretext"]:
        raise ConfigurationError(
            f"pretext: {SCRATCH!r} is missing: utility compares every method with it"
        )
    for name, dataset in config["datasets"].items():
        check_dataset(name, dataset, config)


def check_dataset(name: str, dataset: Mapping, config: Mapping) -> None:
    Factors.parse(name)
    images = dataset["images"]
    if images % BUCKETS:
        raise ConfigurationError(
            f"datasets: {name!r}: images: {images} cannot be divided into {BUCKETS} equal buckets"
        )
    training = images // BUCKETS * TRAINING_BUCKETS
    tasks = {task: of for task, of in config["tasks"].items() if fits(task, name)}
    if not tasks:
        raise ConfigurationError(f"datasets: {name!r}: none of the tasks is for such images")
    for task, settings in tasks.items():
        for backbone in settings.get("backbones", config["backbones"]):
            if backbone not in config["backbones"]:
                hint = nearest(backbone, config["backbones"])
                raise ConfigurationError(f"tasks: {task}: backbones: {backbone!r}: {hint}")
            for run in (task, *(pretext for pretext in config["pretext"] if pretext != SCRATCH)):
                gin_text(f"{family(name)}/{backbone}/{run}")  # is there
        if max(settings["labels"]) > training:
            raise ConfigurationError(
                f"tasks: {task}: labels: {max(settings['labels'])} labels, but dataset {name!r} "
                f"of {images} images has {training} training images"
            )


def explained(error: ValidationError) -> str:
    """One line for a violation of the schema."""
    place = ": ".join(str(part) for part in error.absolute_path) or "configuration"
    if error.validator == "additionalProperties":
        expected = error.schema["properties"]
        unknown = next(key for key in error.instance if key not in expected)
        return f"{place}: unknown key {unknown!r}: {nearest(unknown, expected)}"
    if error.validator == "enum":
        return f"{place}: {nearest(error.instance, error.validator_value)}: {error.message}"
    return f"{place}: {error.message}"
