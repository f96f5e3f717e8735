"""Formats for any backbone."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import ClassVar

import torch
from torch import Tensor, nn

from selfstudy.backbones.base import Backbone, make_described
from selfstudy.files import write_whole
from selfstudy.snapshots import load_exactly
from selfstudy.starts.file import DIGEST, hash_weights


class Export:
    """How a run's backbone is written in one format, and read by its library.

    Attributes:
        file: its name in a run's folder.
        libraries: modules that it takes.
        takes: the images that it takes; None: nobody knows.

    Args:
        name: of the run, for messages.
        backbone: in evaluation mode, on the CPU.
        about: what the file says of itself, where its format has a place for that.
    """

    file: ClassVar[str]
    libraries: ClassVar[tuple[str, ...]]

    def __init__(self, name: str, backbone: Backbone, about: Mapping[str, str]) -> None:
        self.name, self.backbone, self.about = name, backbone, about
        self.takes = backbone.input

    def save(self, path: Path, images: Tensor, check: Callable[[Path], None]) -> None:
        """Write the file, for images like these; it appears once the check has passed."""
        content = self.content(images)
        with write_whole(path, len(content)) as temporary:
            temporary.write_bytes(content)
            check(temporary)

    def content(self, images: Tensor) -> bytes:
        """Make what the file holds, for images like these."""
        raise NotImplementedError

    def features(self, path: Path, images: Tensor) -> tuple[Tensor, ...]:
        """Compute pooled and, where the library gives them, dense features by the file."""
        raise NotImplementedError

    def usage(self, path: Path) -> str:
        """Say in Python how to load the file at `path`."""
        raise NotImplementedError


class Safetensors(Export):
    """The backbone's weights by their names here, with all that is known of them."""

    file = "backbone.safetensors"
    libraries = ("safetensors.torch",)

    def content(self, images: Tensor) -> bytes:
        """Write the weights, what is known of them, and a checksum of both."""
        from safetensors.torch import save

        weights = self.backbone.state_dict()
        return save(weights, {**self.about, DIGEST: hash_weights(weights, self.about)})

    def features(self, path: Path, images: Tensor) -> tuple[Tensor, ...]:
        """Load the weights into a backbone made anew."""
        from safetensors.torch import load_file

        backbone = make_described(self.backbone.describe()).eval()
        load_exactly(path, backbone, load_file(path), "backbone")
        return backbone.extract(images)[:2]

    def usage(self, path: Path) -> str:
        """Say how to load the weights."""
        return f"import safetensors.torch\nweights = safetensors.torch.load_file({str(path)!r})"


class Onnx(Export):
    """The computation from any number of `images` to `pooled` and `dense`."""

    file = "backbone.onnx"
    libraries = ("onnxscript", "onnxruntime")

    def content(self, images: Tensor) -> bytes:
        """Write the computation."""
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
        """Run the computation."""
        from onnxruntime import InferenceSession

        session = InferenceSession(path, providers=["CPUExecutionProvider"])
        return tuple(map(torch.from_numpy, session.run(None, {"images": images.numpy()})))

    def usage(self, path: Path) -> str:
        """Say how to run the computation."""
        return (
            f"import onnxruntime\n"
            f"session = onnxruntime.InferenceSession({str(path)!r})\n"
            f"pooled, dense = session.run(None, {{'images': images}})  # float32 arrays"
        )


class Maps(nn.Module):
    """A backbone without the outputs of its blocks."""

    def __init__(self, backbone: Backbone) -> None:
        super().__init__()
        self.backbone = backbone

    def forward(self, images: Tensor) -> tuple[Tensor, Tensor]:
        """Compute pooled and dense features."""
        pooled, dense, _ = self.backbone.extract(images)
        return pooled, dense
