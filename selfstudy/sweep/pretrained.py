"""Starts that are pretrained here, as `pretext:` and `pretrain_images:` say."""

import re
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from selfstudy.sweep import SCRATCH

ALL = "all"  # images of a dataset that may pretrain
NUMBERED = re.compile(r"(?P<name>.+)-(?P<images>\d+)")


class Pretrained(NamedTuple):
    """How a start is pretrained.

    Attributes:
        method: name of the pretext method.
        images: how many pretrain; None: all.
        dataset: whose images these are; None: that which is finetuned on.
        weights: which of `weights:` pretraining goes on from; None: new ones.
        bindings: of gin, over those of its method.
    """

    method: str
    images: int | None = None
    dataset: str | None = None
    weights: str | None = None
    bindings: tuple[str, ...] = ()


def list_pretrained(config: Mapping) -> Iterator[tuple[str, Pretrained]]:
    """List the names of a configuration's pretrained starts, and how each is pretrained."""
    named: dict[str, Pretrained] = {}
    recipes = config["gin"]["pretext"]
    for entry in config["pretext"]:
        if isinstance(entry, Mapping):
            named |= {
                name: Pretrained(
                    said["pretext"],
                    dataset=said.get("images"),
                    weights=said.get("from"),
                    bindings=tuple(recipes.get(name, ())),
                )
                for name, said in entry.items()
            }
        elif entry != SCRATCH:
            named[entry] = Pretrained(entry)
    for name, about in named.items():
        for images in config.get("pretrain_images", [ALL]):
            images = None if images == ALL else images
            yield name_numbered(name, images), about._replace(images=images)


def name_numbered(name: str, images: int | None) -> str:
    """Name the start that is pretrained on so many images; None: on all."""
    return name if images is None else f"{name}-{images}"


def split_numbered(name: str) -> tuple[str, int | None]:
    """Split a start's name into that of the one on all images, and the number that it says."""
    found = NUMBERED.fullmatch(name)
    return (found["name"], int(found["images"])) if found else (name, None)


def find_whole(name: str, images: int | None) -> str:
    """Find the name of the start on all images, of one on so many.

    Names of one's own may end with a number, too.
    """
    whole, said = split_numbered(name)
    return whole if said == images else name
