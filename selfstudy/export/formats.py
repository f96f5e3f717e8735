"""Formats for any backbone."""

from collections.abc import Mapping
from pathlib import Path
from typing import ClassVar

import torch
from torch import Tensor, nn

from selfstudy.training.snapshot import load_exactly


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
