"""Starts that are pretrained here, as `pretext:` and `pretrain_images:` say."""

import re
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from selfstudy.sweep import SCRATCH

ALL = "all"  # images of a dataset that may pretrain
NUMBERED = re.compile(r"(?P<method>.+)-(?P<images>\d+)")


class Pretrained(NamedTuple):
    """How a start is pretrained.

    Attributes:
        method: name of the pretext method.
        images: how many pretrain; None: all.
        dataset: whose images these are; None: that which is finetuned on.
        weights: which of `weights:` pretraining goes on from; None: new ones.
    """

    method: str
    images: int | None = None
    dataset: str | None = None
    weights: str | None = None


def list_pretrained(config: Mapping) -> Iterator[tuple[str, Pretrained]]:
    """List the names of a configuration's pretrained starts, and how each is pretrained."""
    for entry in config["pretext"]:
        if isinstance(entry, Mapping):
            for name, said in entry.items():
                yield name, Pretrained(said["pretext"], None, said.get("images"), said.get("from"))
        elif entry != SCRATCH:
            for images in config.get("pretrain_images", [ALL]):
                images = None if images == ALL else images
                yield name_numbered(entry, images), Pretrained(entry, images)


def name_numbered(method: str, images: int | None) -> str:
    """Name the start that a method pretrains on so many images; None: on all."""
    return method if images is None else f"{method}-{images}"


def split_numbered(name: str) -> tuple[str, int | None]:
    """Split a start's name into its method's and the number of images that it says."""
    found = NUMBERED.fullmatch(name)
    return (found["method"], int(found["images"])) if found else (name, None)
