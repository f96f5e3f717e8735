"""Gin configuration: how a run trains. Strict: what nothing knows is an error, never ignored."""

import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from difflib import get_close_matches
from functools import cache
from inspect import signature
from pathlib import Path
from tokenize import TokenError
from typing import NamedTuple, TypeVar

import gin
from gin.config import ParserDelegate
from gin.config_parser import ConfigParser, ImportStatement, IncludeStatement

from selfstudy.errors import ConfigurationError

T = TypeVar("T")
GIN = Path(__file__).parents[1] / "config" / "gin"
INCLUDE = re.compile(r"^[ \t]*include\s+['\"](.+?)['\"].*$", re.MULTILINE)
BINDING = re.compile(r"^[ \t]*([\w./]*\w)[ \t]*=(?!=).*$", re.MULTILINE)
# Bindings of the authors for what happens by itself here: accepted, without effect.
BY_ITSELF = {
    "BaseDataset.use_fp16",
    "CMCModel.dataset_size",
    "dataloader.num_workers",
    "dataloader.shuffle",
    "session.keep_bn_f32",
    "session.use_apex",
}


class Part(NamedTuple):
    """A piece of gin text, which starts as many lines down as it does in its file."""

    source: str
    text: str

    def place(self, line: int | str) -> str:
        return f"{self.source}, line {line}"

    def line(self, position: int) -> int:
        return self.text.count("\n", 0, position) + 1


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


def gin_file(name: str, beside: Path = GIN) -> Path:
    """The path of a gin file.

    Args:
        name: of a file in `config/gin`, such as `syn/r9/vae`, or the path of any `.gin` file.
        beside: the folder that paths may be relative to.

    Raises ConfigurationError, naming the nearest file, if there is none of that name.
    """
    file = name if name.endswith(".gin") else f"{name}.gin"
    for folder in (GIN, beside, Path.cwd()):
        if (folder / file).is_file():
            return folder / file
    there = [str(file.relative_to(GIN).with_suffix("")) for file in sorted(GIN.rglob("*.gin"))]
    raise ConfigurationError(f"{GIN / file}: there is no such file: {nearest(name, there)}")


@cache
def gin_parts(path: Path) -> tuple[Part, ...]:
    """What a gin file says, in order, with its includes in their places."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"{path}: cannot be read as text: {error}") from error
    parts, position = [], 0
    for include in INCLUDE.finditer(text):
        parts.append(Part(str(path), kept_from(text, position, include.start())))
        try:
            included = gin_file(include[1], path.parent)
        except ConfigurationError as error:
            place = parts[-1].place(text.count("\n", 0, include.start()) + 1)
            raise ConfigurationError(f"{place}: {error}") from None
        try:
            parts += gin_parts(included)
        except RecursionError:
            raise ConfigurationError(f"{path}: it includes itself: {include[0]}") from None
        position = include.end()
    return (*parts, Part(str(path), kept_from(text, position, len(text))))


def kept_from(text: str, start: int, end: int) -> str:
    """The text from `start` to `end`, behind as many empty lines as there are lines before it."""
    return "\n" * text.count("\n", 0, start) + text[start:end]


def gin_text(name: str) -> str:
    """The text of the gin file `name` and of what it includes."""
    return "\n".join(part.text for part in gin_parts(gin_file(name)))


@contextmanager
def configured(names: Iterable[str], bindings: Iterable[str] = ()) -> Iterator[None]:
    """Gin's configuration inside the block: the files `names` in order, then the bindings.

    Raises ConfigurationError for a missing file, bad syntax or an unknown binding.
    """
    import selfstudy.training.session  # noqa: F401  registers everything that can be configured

    parts = [part for name in names for part in gin_parts(gin_file(name))]
    parts += [Part(f"binding {binding!r}", binding) for binding in bindings]
    try:
        for part in parts:
            parse(part)
        yield
    finally:
        gin.clear_config()


def parse(part: Part) -> None:
    """Add a piece of gin text to the configuration."""
    parameters = known_parameters()
    for binding in BINDING.finditer(part.text):
        if binding[1] not in parameters | BY_ITSELF:
            place, hint = (
                part.place(part.line(binding.start(1))),
                nearest(binding[1], sorted(parameters)),
            )
            raise ConfigurationError(f"{place}: {binding[1]} is not known: {hint}")
    text = BINDING.sub(lambda match: "" if match[1] in BY_ITSELF else match[0], part.text)
    try:
        for statement in ConfigParser(text, ParserDelegate()):
            # Includes are in their places, but for those that stand where no line begins.
            if isinstance(statement, (ImportStatement, IncludeStatement)):
                place = part.place(statement.location.line_num)
                raise ConfigurationError(f"{place}: gin files import nothing here")
        gin.parse_config(text)
    except (ValueError, SyntaxError, TypeError, TokenError) as error:
        # Only some of these errors have the line as an attribute; all of them say it.
        line = re.search(r"line (\d+)|\((\d+), \d+\)", str(error))
        place = part.place(next(filter(None, line.groups())) if line else "?")
        raise ConfigurationError(f"{place}: {' '.join(str(error).split())}") from error


def known_parameters() -> set[str]:
    """Every binding there is, such as `ResNet.width`."""
    parameters = set()
    for selector, configurable in gin.config._REGISTRY.items():
        allowed, denied = configurable.allowlist, configurable.denylist or ()
        for name in signature(configurable.wrapper).parameters:
            if (not allowed or name in allowed) and name not in denied:
                parameters.add(f"{selector.rpartition('.')[2]}.{name}")
    return parameters
