"""How each run is configured: its gin files, and bindings over them."""

from selfstudy.configuration import GIN, read_gin
from selfstudy.provenance import fingerprint
from selfstudy.sweep.datasets import Dataset
from selfstudy.sweep.paths import is_timms
from selfstudy.sweep.runs import Sweep

FIRST_BACKBONES = ("r9", "r50")

Gin = tuple[list[str], list[str]]  # files and bindings


def list_gin_files(dataset: Dataset, backbone: str, run: str) -> list[str]:
    """List the gin files of a pretext method or a task, `run`, with a backbone.

    That is `{family}/{backbone}/{run}`. A method that has no such file is configured by
    `{family}/{backbone}/common` and `pretext/{run}`; a backbone that has no such folder, by that of
    the family's first backbone and `backbones/{backbone}`, which those of timm can do without.
    Images of one's own are configured as rendered ones are, and by `images`.
    """
    family, own = dataset.family, []
    folder = f"{family}/{backbone}"
    if (GIN / f"backbones/{backbone}.gin").is_file():
        own = [f"backbones/{backbone}"]
    if own or is_timms(backbone):
        folders = (f"{family}/{first}" for first in FIRST_BACKBONES)
        folder = next(folder for folder in folders if (GIN / folder).is_dir())
    images = ["images"] if dataset.is_own else []
    if (GIN / f"pretext/{run}.gin").is_file() and not (GIN / f"{folder}/{run}.gin").is_file():
        return [f"{folder}/common", *images, f"pretext/{run}", *own]
    return [f"{folder}/{run}", *images, *own]


def configure_pretraining(
    sweep: Sweep, dataset: str, backbone: str, pretext: str, **_: object
) -> Gin:
    """Configure a pretraining run, whatever its seed."""
    files, bindings = configure_recipe(sweep, dataset, backbone, pretext)
    images = sweep.pretraining[pretext].images
    return files, bindings if images is None else [*bindings, f"session.images = {images}"]


def configure_recipe(sweep: Sweep, dataset: str, backbone: str, pretext: str) -> Gin:
    """Configure how a start is pretrained, on however many images."""
    about, pretrained = sweep.datasets[dataset], sweep.pretraining[pretext]
    own = [*sweep.config["gin"]["pretext"].get(pretrained.method, []), *pretrained.bindings]
    files = list_gin_files(about, backbone, pretrained.method)
    return files, [*_bind(sweep, about, backbone, "pretrain"), *own]


def configure_task(sweep: Sweep, dataset: str, backbone: str, pretext: str, task: str) -> Gin:
    """Configure a task whatever its labels: the pretext method's backbone, the task's way."""
    subset = f"session.subset = {sweep.config['subset']!r}"
    about = sweep.datasets[dataset]
    pretrained = sweep.pretrained.get(pretext)
    files = list_gin_files(about, backbone, pretrained.method) if pretrained else []
    files += list_gin_files(about, backbone, task)
    return files, [subset, *_bind(sweep, about, backbone, "finetune")]


def configure_finetuning(sweep: Sweep, labels: int | str, **place: str) -> Gin:
    """Configure a finetuning run.

    Args:
        sweep: that it is one of.
        labels: how many it has.
        place: the arguments of `configure_task`.
    """
    files, bindings = configure_task(sweep, **place)
    few = sweep.config["gin"]["few_labels"]
    return files, bindings + (few["bindings"] if int(labels) < few["below"] else [])


def configure_frozen(sweep: Sweep, layer: int | str, **place: str) -> Gin:
    """Configure a finetuning run whose backbone is frozen up to a layer.

    Args:
        sweep: that it is one of.
        layer: the last that is frozen, counted from 0.
        place: the arguments of `configure_finetuning`.
    """
    files, bindings = configure_finetuning(sweep, **place)
    network = "TimmNetwork" if is_timms(place["backbone"]) else "ResNet"
    return files, [*bindings, f"{network}.freeze_at_k = {layer}"]


def configure_longer(sweep: Sweep, **place: str) -> Gin:
    """Configure a finetuning run of twice as many rounds; `place`: as of `configure_finetuning`."""
    files, bindings = configure_finetuning(sweep, **place)
    return files, [*bindings, "scheduler.stretch = 2"]


def configure_difficulty(sweep: Sweep, dataset: str) -> Gin:
    """Configure the small network that shows how hard a dataset is."""
    about = sweep.datasets[dataset]
    files = list_gin_files(about, FIRST_BACKBONES[0], "classify")
    return [*files, "difficulty"], [f"BaseDataset.input_res = {about.resolution}"]


def configure_search(sweep: Sweep, search: str) -> Gin:
    """Configure the runs of a search, except for what is searched."""
    settings = sweep.searches[search]
    place = {key: settings[key] for key in ("dataset", "backbone", "pretext")}
    if "task" not in settings:
        return configure_pretraining(sweep, **place)
    labels = settings["labels"]
    files, bindings = configure_finetuning(sweep, labels, task=settings["task"], **place)
    return files, [*bindings, f"session.labels = {labels}"]


def fingerprint_gin(gin: Gin) -> str:
    """Hash the gin files' text, so that a run is repeated when they change."""
    files, _ = gin
    return fingerprint(read_gin(name) for name in files)


def _bind(sweep: Sweep, dataset: Dataset, backbone: str, kind: str) -> list[str]:
    gin, name = sweep.config["gin"], sweep.backbone_names[backbone]
    chosen = [f"session.backbone = {name!r}"] if is_timms(backbone) else []
    return [f"BaseDataset.input_res = {dataset.resolution}", *chosen, *gin["all"], *gin[kind]]
