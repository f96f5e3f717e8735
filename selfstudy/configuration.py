"""Gin configuration: how a run trains. Strict: what nothing knows is an error, never ignored."""

import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from difflib import get_close_matches
from functools import cache
from inspect import signature
from pathlib import Path
from tokenize import TokenError
from typing import TypeVar

import gin

from selfstudy.errors import ConfigurationError

T = TypeVar("T")
GIN = Path(__file__).parents[1] / "config" / "gin"
INCLUDE = re.compile(r"^\s*include\s+['\"](.+?)['\"]", re.MULTILINE)
BINDING = re.compile(r"^\s*([\w./]*\w)\s*=(?!=)", re.MULTILINE)


def nearest(name: object, candidates: Iterable[object]) -> str:
    """A hint for error messages: the known name closest to `name`, or all of them."""
    names = [str(candidate) for candidate in candidates]
    matches = get_close_matches(str(name), names, n=1, cutoff=0.5)
    return f"did you mean {matches[0]!r}?" if matches else f"expected one of {', '.join(names)}"


def known(name: str, table: Mapping[str, T], key: str) -> T:
    """The entry `name` of `table`, or an error that names the `key` it was given for."""
    if name not in table:
        raise ConfigurationError(f"{key} = {name!r} is not known: {nearest(name, table)}")
    return table[name]


@cache
def gin_text(name: str) -> str:
    """The text of the gin file `name`, such as `syn/r9/vae`, with its includes in their places.

    Raises ConfigurationError, naming the nearest file, if there is none of that name.
    """
    path = GIN / (name if name.endswith(".gin") else f"{name}.gin")
    if not path.is_file():
        there = [str(file.relative_to(GIN).with_suffix("")) for file in sorted(GIN.rglob("*.gin"))]
        raise ConfigurationError(f"{path}: there is no such file: {nearest(name, there)}")
    return INCLUDE.sub(lambda match: gin_text(match[1]), path.read_text(encoding="utf-8"))


@contextmanager
def configured(names: Iterable[str], bindings: Iterable[str] = ()) -> Iterator[None]:
    """Gin's configuration inside the block: the files `names` in order, then the bindings.

    Raises ConfigurationError for a missing file, bad syntax or an unknown binding.
    """
    import selfstudy.training.session  # noqa: F401  registers everything that can be configured

    sources = [(f"config/gin/{name}.gin", gin_text(name)) for name in names]
    sources += [(f"binding {binding!r}", binding) for binding in bindings]
    try:
        for source, text in sources:
            parse(source, text)
        yield
    finally:
        gin.clear_config()


def parse(source: str, text: str) -> None:
    parameters = known_parameters()
    for binding in BINDING.findall(text):
        if binding not in parameters:
            raise ConfigurationError(
                f"{source}: {binding} is not known: {nearest(binding, sorted(parameters))}"
            )
    try:
        gin.parse_config(text)
    except (ValueError, SyntaxError, TypeError, TokenError) as error:
        raise ConfigurationError(f"{source}: {' '.join(str(error).split())}") from error


def known_parameters() -> set[str]:
    """Every binding there is, such as `ResNet.width`."""
    parameters = set()
    for selector, configurable in gin.config._REGISTRY.items():
        allowed, denied = configurable.allowlist, configurable.denylist or ()
        for name in signature(configurable.wrapper).parameters:
            if (not allowed or name in allowed) and name not in denied:
                parameters.add(f"{selector.rpartition('.')[2]}.{name}")
    return parameters
