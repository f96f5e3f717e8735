"""Classes that are found by the name of their module: methods, tasks."""

import pkgutil
from importlib import import_module
from pathlib import Path
from typing import TypeVar

from selfstudy.errors import ConfigurationError, suggest

T = TypeVar("T")


def list_names(package: str) -> list[str]:
    """List the modules of a room of this package, such as "methods", except base and packages."""
    modules = pkgutil.iter_modules([str(Path(__file__).parent / package)])
    return sorted(m.name for m in modules if m.name != "base" and not m.ispkg)


def find_class(package: str, base: type[T], name: str, key: str) -> type[T]:
    """Find the subclass of `base` that the module `name` of a room defines.

    Args:
        package: the room, such as "methods".
        base: what it must be.
        name: of the module.
        key: what the name was given for.

    Raises:
        ConfigurationError: there is no such module, or it does not define just one such class.
    """
    names = list_names(package)
    if name not in names:
        raise ConfigurationError(f"{key} = {name!r} is not known: {suggest(name, names)}")
    module = import_module(f"selfstudy.{package}.{name}")
    found = [
        value
        for value in vars(module).values()
        if isinstance(value, type)
        and issubclass(value, base)
        and value.__module__ == module.__name__
    ]
    if len(found) != 1:
        raise ConfigurationError(
            f"selfstudy/{package}/{name}.py: expected one {base.__name__} in it, found {len(found)}"
        )
    return found[0]
