"""What a gin file may name: the arguments of constructors."""

import pkgutil
from collections.abc import Callable, Iterable
from dataclasses import fields
from functools import partial
from importlib import import_module
from inspect import Parameter, signature
from typing import Any, NamedTuple

import gin

import selfstudy.backbones
from selfstudy.backbones.base import BACKBONES, FAMILIES
from selfstudy.data.dataset import BaseDataset
from selfstudy.data.kinds import DATASETS
from selfstudy.description import Described
from selfstudy.methods.base import find_method
from selfstudy.registry import list_names
from selfstudy.tasks.base import find_task
from selfstudy.training.recipe import Recipe

# What a run is, beside how it trains: `session.` and these.
RUN = (
    "backbone",
    "dataset",
    "frozen",
    "images",
    "labels",
    "method",
    "probes",
    "restore_session",
    "start",
    "subset",
)
TASK = "task"


class Part(NamedTuple):
    """A constructor and arguments that are bound for it; gin makes these, and no objects.

    Attributes:
        name: in gin.
        arguments: bound, by name.
    """

    name: str
    arguments: dict[str, object]


def list_constructors() -> dict[str, dict[str, Any]]:
    """List what may be bound: names of constructors, and of their arguments with their types.

    Each module of methods, tasks and backbones is found by being there.
    """
    known = {part.name: list_arguments(part.default_factory) for part in fields(Recipe)}
    known["session"] |= dict.fromkeys((*RUN, TASK), Any)
    known["BaseDataset"] = list_arguments(BaseDataset)
    for name, dataset in DATASETS.items():
        known[name] = list_arguments(dataset, known["BaseDataset"])
    for cls in list_classes():
        known[cls.__name__] = list_arguments(cls, cls.handed)
    return known


def list_classes() -> list[type[Described]]:
    """List all backbones, methods and tasks."""
    for module in pkgutil.iter_modules(selfstudy.backbones.__path__):
        import_module(f"selfstudy.backbones.{module.name}")
    backbones = {find_class_of(make) for make in BACKBONES.values()} | set(FAMILIES.values())
    methods = [find_method(name) for name in list_names("methods")]
    return [*backbones, *methods, *(find_task(name) for name in list_names("tasks"))]


def find_class_of(make: Callable[..., object]) -> type[Described]:
    """Give the class of what `find_backbone` finds."""
    return make.func if isinstance(make, partial) else make


def list_arguments(cls: type, handed: Iterable[str] = ()) -> dict[str, Any]:
    """List the arguments of a constructor with their types, except for those that it is handed.

    A dataset is handed its path. What has no annotation may be of any type.
    """
    left_out = {"self", "path", *handed}
    return {
        name: Any if about.annotation is Parameter.empty else about.annotation
        for name, about in signature(cls.__init__).parameters.items()
        if name not in left_out
    }


def enter(known: Iterable[str]) -> None:
    """Make names known to gin, as functions that tell what is bound for them."""
    for name in known:
        if gin.config._REGISTRY.get_match(name) is None:
            gin.external_configurable(make_teller(name), name=name, module="selfstudy")


def make_teller(name: str) -> Callable[..., Part]:
    """Make the function that gin calls in place of a constructor."""

    def tell(**arguments: object) -> Part:
        return Part(name, arguments)

    return tell
