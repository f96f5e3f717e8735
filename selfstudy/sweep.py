"""The sweep: what `config/*.yaml` may say, and the names of what follows from it.

Snakemake reads this before every run, so nothing heavy is imported here.
"""

import pkgutil
from collections.abc import Mapping
from pathlib import Path

import yaml
from jsonschema import Draft202012Validator, ValidationError

from selfstudy.analysis import SCRATCH
from selfstudy.configuration import GIN, gin_text, nearest
from selfstudy.data.packed import BUCKETS
from selfstudy.errors import ConfigurationError
from selfstudy.factors import MULTI, Factors
from selfstudy.search import GRACE, ROUNDS, SAMPLERS

SCHEMA = GIN.parent / "schema.yaml"
PACKAGE = Path(__file__).parent
PRETEXT = sorted(
    module.name
    for module in pkgutil.iter_modules([str(PACKAGE / "methods")])
    if module.name != "base"
)
LINEAR_TASKS = ("classify", "pose", "segment")  # learned by logistic regression, too
TRAINING_BUCKETS = 10
FIRST_BACKBONES = ("r9", "r50")
CIFAR_RESOLUTION, CIFAR_TRAINING = 32, 45_000


def family(name: str, dataset: Mapping) -> str:
    """The folder of gin files that a dataset's runs are configured by."""
    if dataset["source"].startswith("cifar"):
        return "cifar"
    if dataset["source"] == "images":
        return "images"
    return "dense" if name.endswith(MULTI) else "syn"


def fits(task: str, name: str, dataset: Mapping) -> bool:
    """Whether a dataset has something to learn of a task, and there is a configuration for it."""
    if task == "pose" and not poses_vary(name):
        return False
    return any(GIN.glob(f"{family(name, dataset)}/*/{task}.gin"))


def poses_vary(name: str) -> bool:
    """Whether there may be objects of several poses: not where the viewpoint is fixed."""
    try:
        return Factors.parse(name).viewpoint
    except ConfigurationError:  # no factors are known
        return True


def resolution(dataset: Mapping) -> int:
    """The size in pixels of a dataset's prepared images."""
    return dataset.get("resolution", CIFAR_RESOLUTION)


def gin_files(name: str, dataset: Mapping, backbone: str, run: str) -> list[str]:
    """The gin files of a pretext method or a task, `run`, with a backbone.

    That is `{family}/{backbone}/{run}.gin`. A method that has no such file is configured by
    `{family}/{backbone}/common.gin` and `pretext/{run}.gin`; a backbone that has no such folder, by
    that of the family's first backbone and `backbones/{backbone}.gin`.
    """
    folder, own = f"{family(name, dataset)}/{backbone}", []
    if (GIN / f"backbones/{backbone}.gin").is_file():
        folders = (f"{family(name, dataset)}/{first}" for first in FIRST_BACKBONES)
        folder = next(folder for folder in folders if (GIN / folder).is_dir())
        own = [f"backbones/{backbone}"]
    if (GIN / f"pretext/{run}.gin").is_file() and not (GIN / f"{folder}/{run}.gin").is_file():
        return [f"{folder}/common", f"pretext/{run}", *own]
    return [f"{folder}/{run}", *own]


def dataset_bindings(dataset: Mapping, config: Mapping) -> list[str]:
    """What a dataset says about its runs."""
    source = dataset["source"]
    own = source == "render" and "meshes" in config["rendering"]
    classes = ["Wrapper.out_classes = None"] if own or source == "cifar100" else []
    return [f"BaseDataset.input_res = {resolution(dataset)}", *classes]


Gin = tuple[list[str], list[str]]  # files and bindings


def pretraining(config: Mapping, dataset: str, backbone: str, pretext: str) -> Gin:
    """How a pretraining run is configured."""
    about, gin = config["datasets"][dataset], config["gin"]
    bindings = [*dataset_bindings(about, config), *gin["all"], *gin["pretrain"]]
    return gin_files(dataset, about, backbone, pretext), bindings


def downstream(config: Mapping, dataset: str, backbone: str, pretext: str, task: str) -> Gin:
    """How a task is: the pretext method's backbone, the task's way."""
    about, gin = config["datasets"][dataset], config["gin"]
    files = [] if pretext == SCRATCH else gin_files(dataset, about, backbone, pretext)
    bindings = [*dataset_bindings(about, config), *gin["all"], *gin["finetune"]]
    return files + gin_files(dataset, about, backbone, task), bindings


def finetuning(
    config: Mapping, dataset: str, backbone: str, pretext: str, task: str, labels: int
) -> Gin:
    """How a finetuning run is."""
    files, bindings = downstream(config, dataset, backbone, pretext, task)
    few = config["gin"]["few_labels"]
    return files, bindings + (few["bindings"] if labels < few["below"] else [])


def freezing(
    config: Mapping, dataset: str, backbone: str, pretext: str, task: str, layer: int, labels: int
) -> Gin:
    """How a finetuning run is whose backbone is frozen up to a layer."""
    files, bindings = finetuning(config, dataset, backbone, pretext, task, labels)
    return files, [*bindings, f"ResNet.freeze_at_k = {layer}"]


def difficulty(config: Mapping, dataset: str) -> Gin:
    """How the small network is that shows how hard a dataset is."""
    about = config["datasets"][dataset]
    files = gin_files(dataset, about, FIRST_BACKBONES[0], "classify")
    return [*files, "difficulty"], dataset_bindings(about, config)


def searching(config: Mapping, name: str) -> Gin:
    """How the runs of a search are, but for what is searched."""
    search = config["searches"][name]
    place = search["dataset"], search["backbone"], search["pretext"]
    if "task" not in search:
        return pretraining(config, *place)
    files, bindings = finetuning(config, *place, search["task"], search["labels"])
    return files, [*bindings, f"BaseDataset.semisupervised = {search['labels']}"]


def search_settings(search: Mapping) -> dict:
    """How a search goes: the arguments of `selfstudy.search.study.SearchSettings`."""
    defaults = {"sampler": SAMPLERS[0], "seed": 0, "rounds": ROUNDS, "grace": GRACE}
    return {key: search.get(key, default) for key, default in defaults.items()}


def read(path: Path) -> dict:
    """The configuration in a file. Raises ConfigurationError, naming it, unless it is sound."""
    try:
        config = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError, yaml.YAMLError) as error:
        reason = " ".join(str(error).split())
        raise ConfigurationError(f"{path}: cannot be read as YAML: {reason}") from error
    try:
        check(config)
    except ConfigurationError as error:
        raise ConfigurationError(f"{path}: {error}") from None
    return config


def check(config: Mapping) -> None:
    """Raise ConfigurationError, naming the key and what was expected, unless `config` is sound."""
    schema = yaml.safe_load(SCHEMA.read_text(encoding="utf-8"))
    conform(config, schema)
    for name in config["pretext"]:
        if name not in (SCRATCH, *PRETEXT):
            raise ConfigurationError(
                f"pretext: {name!r} is not known: {nearest(name, [SCRATCH, *PRETEXT])}"
            )
    if SCRATCH not in config["pretext"]:
        raise ConfigurationError(
            f"pretext: {SCRATCH!r} is missing: utility compares every method with it"
        )
    tasks = {path.stem for path in GIN.glob("*/*/*.gin")} - {*PRETEXT, "common"}
    for task, settings in config["tasks"].items():
        if task not in tasks:
            raise ConfigurationError(f"tasks: unknown key {task!r}: {nearest(task, sorted(tasks))}")
        for backbone in settings.get("backbones", []):
            if backbone not in config["backbones"]:
                hint = nearest(backbone, config["backbones"])
                raise ConfigurationError(f"tasks: {task}: backbones: {backbone!r}: {hint}")
    for labels in config.get("frozen", {}).get("labels", []):
        if labels not in config["tasks"].get("classify", {"labels": []})["labels"]:
            raise ConfigurationError(
                f"frozen: labels: {labels}: expected one of the labels of tasks: classify"
            )
    for name, dataset in config["datasets"].items():
        source = dataset["source"]
        sources = schema["$defs"]["sources"]
        if source not in sources:
            raise ConfigurationError(
                f"datasets: {name}: source: {source!r} is not known: {nearest(source, sources)}"
            )
        conform(dataset, {**sources[source], "$defs": schema["$defs"]}, f"datasets: {name}: ")
        check_dataset(name, dataset, config)
    for name in config.get("searches", {}):
        check_search(name, config)


def conform(values: Mapping, schema: Mapping, place: str = "") -> None:
    errors = sorted(Draft202012Validator(schema).iter_errors(values), key=lambda e: len(e.path))
    if errors:
        raise ConfigurationError(place + explained(errors[0]))


def check_dataset(name: str, dataset: Mapping, config: Mapping) -> None:
    if dataset["source"] == "render":
        Factors.parse(name)
        if "rendering" not in config:
            raise ConfigurationError(f"rendering: is missing: dataset {name!r} is rendered")
        images = dataset["images"]
        if images % BUCKETS:
            raise ConfigurationError(
                f"datasets: {name!r}: images: {images} cannot be divided into {BUCKETS} equal "
                f"buckets"
            )
    tasks = {task: of for task, of in config["tasks"].items() if fits(task, name, dataset)}
    if not tasks:
        alike = "" if poses_vary(name) else ": with a fixed viewpoint, all poses are alike"
        raise ConfigurationError(f"datasets: {name!r}: none of the tasks is for such images{alike}")
    training = training_images(dataset)
    for task, settings in tasks.items():
        if training is not None and max(settings["labels"]) > training:
            raise ConfigurationError(
                f"tasks: {task}: labels: {max(settings['labels'])} labels, but dataset {name!r} "
                f"has {training} training images"
            )
        for backbone in settings.get("backbones", config["backbones"]):
            for run in (task, *(pretext for pretext in config["pretext"] if pretext != SCRATCH)):
                for file in gin_files(name, dataset, backbone, run):
                    gin_text(file)  # is there


def check_search(name: str, config: Mapping) -> None:
    search, place = config["searches"][name], f"searches: {name}: "
    known = {"dataset": "datasets", "backbone": "backbones", "pretext": "pretext", "task": "tasks"}
    for key, names in known.items():
        if key in search and search[key] not in config[names]:
            hint = nearest(search[key], config[names])
            raise ConfigurationError(f"{place}{key}: {search[key]!r} is not in {names}: {hint}")
    dataset = config["datasets"][search["dataset"]]
    if "task" not in search:
        if search["pretext"] == SCRATCH:
            raise ConfigurationError(f"{place}task: is missing: {SCRATCH!r} pretrains nothing")
    elif not fits(search["task"], search["dataset"], dataset):
        raise ConfigurationError(
            f"{place}task: {search['task']!r} is not for the images of {search['dataset']!r}"
        )
    elif (training := training_images(dataset)) is not None and search["labels"] > training:
        raise ConfigurationError(
            f"{place}labels: {search['labels']} labels, but dataset {search['dataset']!r} has "
            f"{training} training images"
        )
    settings = search_settings(search)
    if settings["grace"] > settings["rounds"]:
        raise ConfigurationError(
            f"{place}grace: {settings['grace']} rounds: expected 1 to {settings['rounds']}, the "
            f"rounds of a trial"
        )
    for file in searching(config, name)[0]:
        gin_text(file)  # is there


def training_images(dataset: Mapping) -> int | None:
    """The number of a dataset's training images, where that is known before it is prepared."""
    if dataset["source"] == "render":
        return dataset["images"] // BUCKETS * TRAINING_BUCKETS
    return CIFAR_TRAINING if dataset["source"].startswith("cifar") else None


def explained(error: ValidationError) -> str:
    """One line for a violation of the schema."""
    place = ": ".join(str(part) for part in error.absolute_path) or "configuration"
    if error.validator == "additionalProperties" and error.schema.get("properties"):
        expected = error.schema["properties"]
        unknown = next(key for key in error.instance if key not in expected)
        return f"{place}: unknown key {unknown!r}: {nearest(unknown, expected)}"
    if error.validator == "oneOf":
        keys = [option["required"][0] for option in error.validator_value]
        return f"{place}: expected just one of the keys {', '.join(keys)}"
    if error.validator == "enum":
        return f"{place}: {nearest(error.instance, error.validator_value)}: {error.message}"
    return f"{place}: {error.message}"
