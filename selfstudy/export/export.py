"""A trained backbone as a file for another library, which reads it back before it counts."""

from importlib import import_module
from importlib.metadata import version
from pathlib import Path
from typing import NamedTuple

import gin
import torch
from torch import Tensor

from selfstudy.backbones.study import Wrapper
from selfstudy.data.dataset import BaseDataset
from selfstudy.data.hdf5 import open_hdf5
from selfstudy.data.prepared import read_color_space
from selfstudy.errors import ConfigurationError, DataError
from selfstudy.export.counterparts import Timm, Torchvision
from selfstudy.export.formats import Export, Onnx, Safetensors
from selfstudy.files import write_whole

FORMATS: dict[str, type[Export]] = {
    "torchvision": Torchvision,
    "timm": Timm,
    "safetensors": Safetensors,
    "onnx": Onnx,
}
IMAGES = 8  # whose features are compared
TOLERANCE = 1e-4  # of the largest feature: float32 sums in another order
COLOURS = {
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
    network: Wrapper, dataset: BaseDataset, folder: Path, form: str, output: Path | None = None
) -> Exported:
    """Write the backbone of a trained network, inside its run's configuration, in a format.

    The file appears once its library has read it and made of some of the dataset's images the
    features that the network makes of them.

    Args:
        folder: the run's.
        form: a name of `FORMATS`.
        output: the file; None: in the run's folder, by the format's name.

    Raises:
        ConfigurationError: the format has no place for such a backbone, or a library is missing.
        DataError: the file cannot be written, or gives other features.
    """
    kind = FORMATS[form]
    require(form, kind.libraries)
    model = network.model.cpu().to(memory_format=torch.contiguous_format)
    rows = dataset.rows("valid", seed=0)[:IMAGES]
    images = dataset.read(rows, torch.device("cpu")).images.float()
    about = description(network, dataset, folder)
    exported = kind(str(folder), model, about)
    path = output or folder / kind.file
    content = exported.content(images)
    with write_whole(path, len(content)) as temporary:
        temporary.write_bytes(content)
        error = difference(exported.features(temporary, images), model.backbone(images))
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


def difference(found: tuple[Tensor, ...], expected: tuple[Tensor, ...]) -> float:
    """The largest difference of features that are found, relative to the largest expected."""
    errors = [
        (one - other).abs().max() / other.abs().max().clamp_min(torch.finfo(other.dtype).tiny)
        for one, other in zip(found, expected[: len(found)], strict=True)
    ]
    return float(torch.stack(errors).max())


def description(network: Wrapper, dataset: BaseDataset, folder: Path) -> dict[str, str]:
    """What a file says of the run it comes from, of its backbone and of its images."""
    resnet = {f"ResNet.{key}": str(value) for key, value in gin.get_bindings("ResNet").items()}
    return {
        "run": folder.as_posix(),
        "method": network.model.name,
        "architecture": gin.get_bindings("init_resnet").get("choice", network.model.name),
        **resnet,
        **preparation(dataset),
        "selfstudy": version("selfstudy"),
        "torch": version("torch"),
    }


def preparation(dataset: BaseDataset) -> dict[str, str]:
    """How images were made what a dataset holds."""
    with open_hdf5(dataset.path) as file:
        attributes, (_, channels, height, width) = dict(file.attrs), file["data"].shape
        space = read_color_space(file)
    text = f"float32 (b, {channels}, {height}, {width}), "
    if space is None:  # a file of the study's authors
        about = f"{text}prepared as in {dataset.path.name}, which does not say how"
        return {"images": about, "in_channels": str(channels)}
    mean, std = (", ".join(f"{x:g}" for x in attributes[key]) for key in ("mean", "std"))
    return {
        "images": f"{text}{COLOURS[space]}, minus ({mean}), divided by ({std})",
        "in_channels": str(channels),
        "colour_space": space,
        "mean": mean,
        "std": std,
    }
