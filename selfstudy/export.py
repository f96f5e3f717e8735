"""A trained backbone as a file for another library, which reads it back before it counts."""

import io
from collections.abc import Mapping
from importlib import import_module
from importlib.metadata import version
from pathlib import Path
from typing import Any, ClassVar, NamedTuple

import gin
import torch
from torch import Tensor, nn

from selfstudy.data.dataset import BaseDataset
from selfstudy.data.hdf5 import opened
from selfstudy.errors import ConfigurationError, DataError
from selfstudy.files import written_whole
from selfstudy.networks.imagenet import our_name
from selfstudy.networks.resnet import ARCHITECTURES, RESNET9, ResNet
from selfstudy.networks.study import Wrapper
from selfstudy.training.snapshot import load_exactly

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


class Export:
    """How a run's backbone is written in one format, and read by its library.

    Attributes:
        file: its name in a run's folder.
        libraries: modules that it takes.

    Args:
        name: of the run, for messages.
        model: in evaluation mode, on the CPU, inside the run's configuration.
        about: what the file says of itself, where its format has a place for that.
    """

    file: ClassVar[str]
    libraries: ClassVar[tuple[str, ...]]

    def __init__(self, name: str, model: nn.Module, about: Mapping[str, str]) -> None:
        self.name, self.model, self.backbone, self.about = name, model, model.backbone, about

    def content(self, images: Tensor) -> bytes:
        """The file, for images like these."""
        raise NotImplementedError

    def features(self, path: Path, images: Tensor) -> tuple[Tensor, ...]:
        """Pooled and, where the library gives them, dense features by the file at `path`."""
        raise NotImplementedError

    def usage(self, path: Path) -> str:
        """Lines of Python that load the file at `path`."""
        raise NotImplementedError


class Safetensors(Export):
    """The backbone's weights by their names here, with all that is known of them."""

    file = "backbone.safetensors"
    libraries = ("safetensors.torch",)

    def content(self, images: Tensor) -> bytes:
        from safetensors.torch import save

        return save(self.backbone.state_dict(), dict(self.about))

    def features(self, path: Path, images: Tensor) -> tuple[Tensor, ...]:
        from safetensors.torch import load_file

        backbone = self.model.make_backbone().eval()
        load_exactly(path, backbone, load_file(path), "backbone")
        return backbone(images)[:2]

    def usage(self, path: Path) -> str:
        return f"import safetensors.torch\nweights = safetensors.torch.load_file({str(path)!r})"


class Onnx(Export):
    """The computation from any number of `images` to `pooled` and `dense`."""

    file = "backbone.onnx"
    libraries = ("onnxscript", "onnxruntime")

    def content(self, images: Tensor) -> bytes:
        program = torch.onnx.export(
            Maps(self.backbone).eval(),
            (images.new_zeros(2, *images.shape[1:]),),  # a batch of one would stay one
            input_names=["images"],
            output_names=["pooled", "dense"],
            dynamic_shapes=({0: "batch"},),
            verbose=False,
        )
        for node in program.model.graph.all_nodes():
            node.metadata_props.clear()  # where the code lies on this machine
        program.model.metadata_props.update(self.about)
        return program.model_proto.SerializeToString()

    def features(self, path: Path, images: Tensor) -> tuple[Tensor, ...]:
        from onnxruntime import InferenceSession

        session = InferenceSession(path, providers=["CPUExecutionProvider"])
        return tuple(map(torch.from_numpy, session.run(None, {"images": images.numpy()})))

    def usage(self, path: Path) -> str:
        return (
            f"import onnxruntime\n"
            f"session = onnxruntime.InferenceSession({str(path)!r})\n"
            f"pooled, dense = session.run(None, {{'images': images}})  # float32 arrays"
        )


class Maps(nn.Module):
    """A backbone without the outputs of its blocks."""

    def __init__(self, backbone: nn.Module) -> None:
        super().__init__()
        self.backbone = backbone

    def forward(self, images: Tensor) -> tuple[Tensor, Tensor]:
        pooled, dense, _ = self.backbone(images)
        return pooled, dense


class Torchvision(Export):
    """The weights of torchvision's network of the same name, whose output is the pooled features.

    The linear layer comes before the average here and after it there: the same, as both are linear.
    """

    file = "backbone_torchvision.pth"
    libraries = ("torchvision.models",)
    make = "get_model"

    def __init__(self, name: str, model: nn.Module, about: Mapping[str, str]) -> None:
        """Raises ConfigurationError if the library has no such network."""
        super().__init__(name, model, about)
        self.choice = gin.get_bindings("init_resnet").get("choice")
        there = [choice for choice in ARCHITECTURES if choice != RESNET9]
        single = isinstance(self.backbone, ResNet)
        if not single or self.choice not in there:
            what = self.choice if single else f"{type(self.backbone).__name__} (of {model.name})"
            raise self.refusal(
                f"no counterpart of {what}: expected a single network, one of {', '.join(there)}"
            )
        if self.backbone.feat_layer != -1:
            raise self.refusal(
                f"no features but the linear layer's: expected ResNet.feat_layer = -1, not "
                f"{self.backbone.feat_layer}"
            )
        self.arguments = {"num_classes": self.backbone.out_feats, **self.dilation()}
        with torch.device("meta"):
            expected = self.network().state_dict()
        ours = self.backbone.state_dict()
        self.weights = {key: ours[our_name(key)] for key in expected}
        for key, value in self.weights.items():
            if value.shape != expected[key].shape:
                raise self.refusal(
                    f"another {self.choice}: {key} is {tuple(expected[key].shape)} there, here "
                    f"{tuple(value.shape)}: expected ResNet.width = 64 and ResNet.is_half = False"
                )

    @property
    def library(self) -> str:
        return self.libraries[0].partition(".")[0]

    def refusal(self, there: str) -> ConfigurationError:
        return ConfigurationError(
            f"{self.name}: --format {self.library}: {self.library} has {there}; --format "
            f"safetensors and onnx take any backbone"
        )

    def dilation(self) -> dict[str, Any]:
        """The library's argument for the layers that are dilated."""
        dilated = self.dilated()
        return {"replace_stride_with_dilation": dilated} if any(dilated) else {}

    def dilated(self) -> list[bool]:
        """Whether layers 2, 3 and 4 keep the resolution."""
        return [layer[0].downsample[0].stride == (1, 1) for layer in self.backbone.layers[1:]]

    def network(self) -> nn.Module:
        """The library's network, with new weights."""
        make = getattr(import_module(self.libraries[0]), self.make)
        network = make(self.choice, **self.arguments)
        if self.skips_pool():
            network.maxpool = nn.Identity()
        return network

    def skips_pool(self) -> bool:
        return isinstance(self.backbone.stem[3], nn.Identity)

    def content(self, images: Tensor) -> bytes:
        buffer = io.BytesIO()
        torch.save(self.weights, buffer)
        return buffer.getvalue()

    def features(self, path: Path, images: Tensor) -> tuple[Tensor, ...]:
        network = self.network().eval()
        network.load_state_dict(torch.load(path, weights_only=True))
        return (network(images),)

    def usage(self, path: Path) -> str:
        arguments = ", ".join(f"{key}={value!r}" for key, value in self.arguments.items())
        pool = "model.maxpool = torch.nn.Identity()  # it was trained without\n"
        return (
            f"import torch, {self.libraries[0]}\n"
            f"model = {self.libraries[0]}.{self.make}({self.choice!r}, {arguments}).eval()\n"
            f"{pool * self.skips_pool()}"
            f"model.load_state_dict(torch.load({str(path)!r}, weights_only=True))"
        )


class Timm(Torchvision):
    """The same of timm, whose names are torchvision's."""

    file = "backbone_timm.pth"
    libraries = ("timm",)
    make = "create_model"

    def dilation(self) -> dict[str, Any]:
        strides = {(False, False, False): 32, (False, False, True): 16, (False, True, True): 8}
        dilated = tuple(self.dilated())
        if dilated not in strides:
            raise self.refusal(
                f"no such dilation: expected ResNet.replace_stride_with_dilation = one of "
                f"{', '.join(str(list(each)) for each in strides)}, not {list(dilated)}"
            )
        return {} if not any(dilated) else {"output_stride": strides[dilated]}


FORMATS: dict[str, type[Export]] = {
    "torchvision": Torchvision,
    "timm": Timm,
    "safetensors": Safetensors,
    "onnx": Onnx,
}


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
    with written_whole(path, len(content)) as temporary:
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
    with opened(dataset.path) as file:
        attributes, (_, channels, height, width) = dict(file.attrs), file["data"].shape
    text = f"float32 (b, {channels}, {height}, {width}), "
    if "colour_space" not in attributes:  # a file of the study's authors
        about = f"{text}prepared as in {dataset.path.name}, which does not say how"
        return {"images": about, "in_channels": str(channels)}
    mean, std = (", ".join(f"{x:g}" for x in attributes[key]) for key in ("mean", "std"))
    space = attributes["colour_space"]
    return {
        "images": f"{text}{COLOURS[space]}, minus ({mean}), divided by ({std})",
        "in_channels": str(channels),
        "colour_space": space,
        "mean": mean,
        "std": std,
    }
