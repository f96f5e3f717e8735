"""What follows from a dataset's name and its entry in the configuration."""

import os
from collections.abc import Mapping
from functools import cache
from typing import NamedTuple

from selfstudy.configuration import GIN
from selfstudy.data.names import BUCKETS
from selfstudy.errors import ConfigurationError
from selfstudy.factors import MULTI, Factors

TRAINING_BUCKETS = 10
COLUMNS = ("image", "label", "name")  # that a collection is read by
COLLECTIONS = ("huggingface", "parquet", "webdataset", "torchvision")
CIFAR_RESOLUTION, CIFAR_TRAINING, CIFAR_HELD_OUT = 32, 45_000, (5_000, 10_000)


class Dataset(NamedTuple):
    """A dataset of the sweep.

    Args:
        name: such as `0110`; that of a rendered one says its factors.
        settings: its entry under `datasets:`.
    """

    name: str
    settings: Mapping

    @property
    def source(self) -> str:
        """Where its images come from, one of the schema's `sources`."""
        return self.settings["source"]

    @property
    def family(self) -> str:
        """The folder of gin files that its runs are configured by.

        Images of one's own have none: they go the way of rendered single objects.
        """
        if self.source.startswith("cifar"):
            return "cifar"
        return "dense" if self.name.endswith(MULTI) and not self.is_own else "syn"

    @property
    def resolution(self) -> int:
        """The size in pixels of its prepared images."""
        return self.settings.get("resolution", CIFAR_RESOLUTION)

    @property
    def training_images(self) -> int | None:
        """The number of its training images, where that is known before it is prepared."""
        if self.source == "render":
            return self.settings["images"] // BUCKETS * TRAINING_BUCKETS
        return CIFAR_TRAINING if self.source.startswith("cifar") else None

    @property
    def place(self) -> str | None:
        """Where the user's files lie that it is made of; None where it is made of none.

        CIFAR is fetched if it is not there, and is the official one wherever it lies.
        """
        if self.source == "rendered":
            return os.path.join(self.settings["folder"], "img")
        if self.source == "images":
            return self.settings.get("table") or self.settings["folder"]
        if self.source in COLLECTIONS:
            return self.settings["folder"]
        return self.settings["file"] if self.source == "prepared" else None

    @property
    def places(self) -> list[str]:
        """Where all of these files lie, those without labels among them."""
        return [place for place in (self.place, self.settings.get("unlabelled")) if place]

    @property
    def preparation(self) -> dict[str, object]:
        """How images of one's own are prepared, wherever they lie; what is not said is default."""
        places = ("source", "folder", "table", "unlabelled", "resolution", *COLUMNS)
        return {key: value for key, value in self.settings.items() if key not in places}

    @property
    def collection(self) -> dict[str, str]:
        """What of a collection is read, as `data.collected.open_collection` takes it."""
        keys = ("folder", *COLUMNS)
        return {key: self.settings[key] for key in keys if key in self.settings}

    @property
    def is_own(self) -> bool:
        """Whether it is labelled images of one's own, of which nothing else is known."""
        return self.source == "images" or self.source in COLLECTIONS

    @property
    def is_rendered(self) -> bool:
        """Whether it is rendered, here or elsewhere."""
        return self.source in ("render", "rendered")

    @property
    def poses_vary(self) -> bool:
        """Whether there may be objects of several poses: not where the viewpoint is fixed."""
        try:
            return Factors.parse(self.name).viewpoint
        except ConfigurationError:  # no factors are known
            return True

    def fits(self, task: str) -> bool:
        """Whether it has something to learn of a task, and there is a configuration for it."""
        if self.is_own:
            return task == "classify"  # nothing else is known of them
        if task == "pose" and not self.poses_vary:
            return False
        return task in list_configured(self.family)


@cache
def list_configured(family: str) -> set[str]:
    """List the methods and tasks that a family has gin files for, with any backbone."""
    return {path.stem for path in GIN.glob(f"{family}/*/*.gin")}
