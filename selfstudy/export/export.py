"""A trained backbone as a file for another library, which reads it back before it counts."""

import json
from importlib import import_module
from importlib.metadata import version
from pathlib import Path
from typing import NamedTuple

import torch
from torch import Tensor

from selfstudy.backbones.base import Backbone
from selfstudy.data.dataset import BaseDataset
from selfstudy.description import Described
from selfstudy.errors import ConfigurationError, DataError
from selfstudy.export.counterparts import Timm, Torchvision
from selfstudy.export.formats import Export, Onnx, Safetensors
from selfstudy.files import write_whole
from selfstudy.snapshots import SNAPSHOT, read_snapshot

FORMATS: dict[str, type[Export]] = {
    "torchvision": Torchvision,
    "timm": Timm,
    "safetensors": Safetensors,
    "onnx": Onnx,
}
IMAGES = 8  # whose features are compared
TOLERANCE = 1e-4  # of the largest feature: float32 sums in another order
COLORS = {
    "lab": "CIE Lab of sRGB (D65, as skimage.color.rgb2lab gives it)",
    "rgb": "sRGB from 0 to 255",
}


class Exported(NamedTuple):
    """A file that its library has read."""

    path: Path
    error: float  # largest difference from the run's features, over the largest feature
    usage: str  # lines of Python that load it
    images: str  # how they must be prepared


@torch.no_grad()
def export(
    backbone: Backbone, dataset: BaseDataset, folder: Path, form: str, output: Path | None = None
) -> Exported:
    """Write the backbone of a run in a format.

    The file appears once its library has read it and made of some of the dataset's images the
    features that the network makes of them.

    Args:
        backbone: of the run, ready for the dataset's images.
        dataset: whose images are compared.
        folder: the run's.
        form: a name of `FORMATS`.
        output: the file; None: in the run's folder, by the format's name.

    Raises:
        ConfigurationError: the format has no place for such a backbone, or a library is missing.
        DataError: the file cannot be written, or gives other features.
    """
    kind = FORMATS[form]
    require(form, kind.libraries)
    backbone = backbone.cpu().to(memory_format=torch.contiguous_format)
    rows = dataset.rows("valid")[:IMAGES]
    images = backbone.adapter(dataset.read(rows, torch.device("cpu"), {}).images.float())
    about = describe(backbone, dataset, folder)
    exported = kind(str(folder), backbone, about)
    path = output or folder / kind.file
    content = exported.content(images)
    with write_whole(path, len(content)) as temporary:
        temporary.write_bytes(content)
        error = measure_difference(exported.features(temporary, images), backbone.extract(images))
        if not error <= TOLERANCE:
            raise DataError(
                f"{path}: not written: {form} gives features that differ from those of {folder} by "
                f"{error:.1e} of the largest: expected at most {TOLERANCE:.0e}"
            )
    return Exported(path, error, exported.usage(path), about["images"])


def require(form: str, libraries: tuple[str, ...]) -> None:
    """Raise ConfigurationError unless all libraries are installed."""
    for name in libraries:
        try:
            import_module(name)
        except ModuleNotFoundError as error:
            raise ConfigurationError(
                f"--format {form} needs {error.name}: pip install selfstudy[export]"
            ) from error


def measure_difference(found: tuple[Tensor, ...], expected: tuple[Tensor, ...]) -> float:
    """Measure the largest difference of features, relative to the largest expected."""
    errors = [
        (one - other).abs().max() / other.abs().max().clamp_min(torch.finfo(other.dtype).tiny)
        for one, other in zip(found, expected[: len(found)], strict=True)
    ]
    return float(torch.stack(errors).max())


def describe(backbone: Backbone, dataset: BaseDataset, folder: Path) -> dict[str, str]:
    """Describe the run that a file comes from, its backbone and its images, all as text."""
    trained = read_snapshot(folder / SNAPSHOT)["trained"]
    arguments = {
        name: str(value)
        for part in backbone.modules()
        if isinstance(part, Described)
        for name, value in part.describe_arguments().items()
    }
    return {
        "run": folder.as_posix(),
        "method": str(trained.get("method") or trained.get("task") or ""),
        "architecture": backbone.name,
        "backbone": json.dumps(backbone.describe()),
        **arguments,
        **describe_images(backbone, dataset),
        "selfstudy": version("selfstudy"),
        "torch": version("torch"),
    }


def describe_images(backbone: Backbone, dataset: BaseDataset) -> dict[str, str]:
    """Describe the images that a backbone expects."""
    size, channels = dataset.resolution, 3
    text = f"float32 (b, {channels}, {size}, {size}), "
    if backbone.input is None:  # it was trained on a file of the study's authors
        about = f"{text}prepared as in {dataset.path.name}, which does not say how"
        return {"images": about, "in_channels": str(channels)}
    space, *statistics = backbone.input
    mean, std = (", ".join(f"{x:.12g}" for x in values) for values in statistics)
    return {
        "images": f"{text}{COLORS[space]}, minus ({mean}), divided by ({std})",
        "in_channels": str(channels),
        "color_space": space,
        "mean": mean,
        "std": std,
    }
