"""What all starts share, and the two that need no others' weights."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch

from selfstudy.backbones.base import Backbone, is_description
from selfstudy.errors import ConfigurationError
from selfstudy.provenance import fingerprint, hash_array
from selfstudy.snapshots import SNAPSHOT, load_exactly, locate_run, read_snapshot, rebuild

# Arguments of a backbone that finetuning may choose anew, and those that follow the snapshot: its
# own configuration is of the features' size from scratch, and `accept` tells of the images'.
READING, FOLLOWING = ("feat_layer", "freeze_at_k"), ("out_feats", "img_size")
MakeBackbone = Callable[[], Backbone]


class Start:
    """Where the weights come from that finetuning begins with."""

    def make_backbone(self) -> Backbone:
        """Make the backbone, with these weights; its `input` says what images they expect.

        Raises:
            ConfigurationError: the weights are for another backbone.
            DataError: they are missing or damaged.
        """
        raise NotImplementedError

    def check(self) -> None:
        """Check, without the weights where these must be fetched, that they fit the backbone.

        Raises:
            ConfigurationError: they do not.
        """

    def describe(self) -> str:
        """Describe it for a run's stamp, in one line that changes when the weights do."""
        raise NotImplementedError

    def count_images(self) -> int | None:
        """Count the images that it was pretrained on; None where that is not known."""
        return None


class Scratch(Start):
    """New weights.

    Args:
        make: makes the backbone.
    """

    def __init__(self, make: MakeBackbone) -> None:
        self.make = make

    def make_backbone(self) -> Backbone:
        """Make it as it is."""
        return self.make()

    def describe(self) -> str:
        """Say that there are none."""
        return "scratch"


class Snapshot(Start):
    """The backbone of a run.

    Args:
        path: a snapshot, a run's folder, or the name of a run in `results/runs`.
        make: makes the backbone that is asked for, which must be the snapshot's, except for the
            size of its features, and how it is read; None: makes what the snapshot describes.
        key: what the path was given for.
    """

    def __init__(
        self, path: str | Path, make: MakeBackbone | None = None, key: str = "path"
    ) -> None:
        self.path = locate_run(path, SNAPSHOT, key)
        self.make = make

    def make_backbone(self) -> Backbone:
        """Make it, and load all of its weights and nothing else."""
        content = read_snapshot(self.path)
        description = content["backbone"]
        if self.make is not None:
            with torch.device("meta"):  # draws nothing
                asked = self.make().describe()
            description = read_as(description, asked, self.path)
        backbone = rebuild(self.path, description)
        load_exactly(self.path, backbone, content["weights"], "backbone")
        backbone.input = content["input"]
        return backbone

    def describe(self) -> str:
        """Give a checksum of its backbone, weights and images, not of how it came about.

        The rest of a snapshot names places, such as that of the data.
        """
        content = read_snapshot(self.path)
        parts = [repr(content["backbone"]), repr(content["input"])]
        for name, value in sorted(content["weights"].items()):
            values = value.reshape(-1).view(torch.uint8).numpy()
            parts += [name, f"{value.dtype} {tuple(value.shape)}", hash_array(values)]
        return f"snapshot {fingerprint(parts)}"

    def count_images(self) -> int | None:
        """Count them as the snapshot says."""
        return read_snapshot(self.path)["trained"].get("images")


def read_as(found: dict[str, Any], asked: dict[str, Any], source: str | Path) -> dict[str, Any]:
    """Describe a backbone that was found, read as is asked for.

    Args:
        found: its description, of `Backbone.describe`.
        asked: that of the backbone that is asked for.
        source: of what was found, for messages.

    Raises:
        ConfigurationError: another backbone is asked for.
    """
    if found["name"] != asked["name"]:
        raise ConfigurationError(
            f"{source}: its backbone is {found['name']}: expected {asked['name']}, which is "
            f"configured"
        )
    arguments = {}
    for name, value in found["arguments"].items():
        wanted = asked["arguments"].get(name)
        if is_description(value) and is_description(wanted):
            value = read_as(value, wanted, source)
        elif name in READING:
            value = wanted
        elif name not in FOLLOWING and value != wanted:
            raise ConfigurationError(
                f"{source}: its backbone {found['name']} has {name} = {value!r}: expected "
                f"{wanted!r}, which is configured"
            )
        arguments[name] = value
    return {"name": found["name"], "arguments": arguments}
