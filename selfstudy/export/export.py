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
from selfstudy.data.inputs import Input, make_adapter
from selfstudy.description import Described
from selfstudy.errors import ConfigurationError, DataError
from selfstudy.export.counterparts import Torchvision
from selfstudy.export.formats import Export, Onnx, Safetensors
from selfstudy.export.hub import Timm
from selfstudy.export.images import describe_images, tell_images
from selfstudy.snapshots import SNAPSHOT, read_snapshot

FORMATS: dict[str, type[Export]] = {
    "torchvision": Torchvision,
    "timm": Timm,
    "safetensors": Safetensors,
    "onnx": Onnx,
}
IMAGES = 8  # whose features are compared
TOLERANCE = 1e-4  # of the largest feature: float32 sums in another order


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
    exported = kind(str(folder), backbone, describe(backbone, dataset, folder))
    path = output or folder / kind.file
    # Of what it takes, which may hold less: Lab has colours that RGB has not.
    given = make_adapter(backbone.input, exported.takes)(images)
    expected = backbone.extract(make_adapter(exported.takes, backbone.input)(given))
    errors: list[float] = []

    def check(file: Path) -> None:
        errors.append(measure_difference(exported.features(file, given), expected))
        if not errors[0] <= TOLERANCE:
            raise DataError(
                f"{path}: not written: {form} gives features that differ from those of {folder} by "
                f"{errors[0]:.1e} of the largest: expected at most {TOLERANCE:.0e}"
            )

    exported.save(path, given, check)
    return Exported(path, errors[0], exported.usage(path), tell(exported.takes, dataset))


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
        "data": "/".join(Path(str(trained.get("data", ""))).parts[-2:]),
        "rounds": str(trained.get("rounds", "")),
        "seed": str(trained.get("seed", "")),
        "configuration": str(trained.get("configuration", "")),
        "architecture": backbone.name,
        "features": str(backbone.out_feats),
        "backbone": json.dumps(backbone.describe()),
        **arguments,
        "images": tell(backbone.input, dataset),
        **describe_images(backbone.input),
        "selfstudy": version("selfstudy"),
        "torch": version("torch"),
    }


def tell(images: Input | None, dataset: BaseDataset) -> str:
    """Tell in words how images are prepared, those of a dataset by its own account."""
    return tell_images(images, dataset.resolution, dataset.path.name)
