"""Gin text, parsed strictly: what nothing knows is an error, never ignored."""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from copy import deepcopy
from tokenize import TokenError

import gin
from gin.config import ParserDelegate, iterate_references
from gin.config_parser import (
    BindingStatement,
    BlockDeclaration,
    ConfigParser,
    ImportStatement,
    IncludeStatement,
)

from selfstudy.configuration.authors import KNOWN, TRANSLATED, Authors
from selfstudy.configuration.files import Text, find_gin, read_parts
from selfstudy.configuration.names import Part, enter
from selfstudy.errors import ConfigurationError, join_lines, suggest

# Of their scopes: validation and test have batches of their own.
SCOPED = {"valid/dataloader.batch_size": "dataloader.valid_batch_size"}
UNSCOPED = {
    "train/dataloader.batch_size": "dataloader.batch_size is training's",
    "test/dataloader.batch_size": "dataloader.valid_batch_size is the test's, too",
}
# Values as other languages write them.
SPELT = {"true": "True", "false": "False", "none": "None", "null": "None"}


@contextmanager
def parse(
    files: Iterable[str], bindings: Iterable[str], known: Mapping[str, Collection[str]]
) -> Iterator[Authors]:
    """Have gin hold what files and bindings say, inside the block, in our names.

    Args:
        files: in order.
        bindings: that override them.
        known: names of constructors and of their arguments.

    Raises:
        ConfigurationError: it names the place.
    """
    enter(known)
    parts = [part for name in files for part in read_parts(find_gin(name))]
    parts += [Text(f"binding {binding!r}", binding) for binding in bindings]
    authors = Authors()
    try:
        statements = [found for part in parts for found in list_statements(part)]
        # A macro may be used before it is said.
        macros = [bind_macro(each) for _, each in statements if not each.arg_name]
        for place, statement in statements:
            with explain(place):
                require_made(statement.value, macros)
                if statement.arg_name:
                    bind(statement, known, authors)
        yield authors
    finally:
        gin.clear_config()


def list_statements(part: Text) -> Iterator[tuple[str, BindingStatement]]:
    """List the places of what binds something in a piece of gin text, and what it says."""
    line: int | str = "?"
    try:
        for statement in ConfigParser(part.text, ParserDelegate()):
            line = statement.location.line_num
            # Includes are in their places, except those that stand where no line begins.
            if isinstance(statement, (ImportStatement, IncludeStatement)):
                raise ConfigurationError(f"{part.place(line)}: gin files import nothing here")
            if not isinstance(statement, BlockDeclaration):  # each of its bindings is listed
                yield part.place(line), statement
            line = "?"
    except RecursionError:
        raise ConfigurationError(f"{part.place(line)}: too many brackets in one another") from None
    except (ValueError, SyntaxError, TypeError, TokenError) as error:
        # Only some of these errors have the line as an attribute; all of them say it.
        found = re.search(r"line (\d+)|\((\d+), \d+\)", str(error))
        place = part.place(next(filter(None, found.groups())) if found else line)
        raise ConfigurationError(f"{place}: {reword(error)}") from error


def reword(error: Exception) -> str:
    """Say in our words what gin finds wrong with a value, which most often lacks quotes."""
    said = re.sub(r"\.?( \(line \d+\))?$", "", join_lines(error))
    if word := re.search(r"Failed to parse token '(.+)'", said):
        meant = SPELT.get(word[1].lower(), "text in quotes")
        return f"{word[1]} is no value: expected {meant}"
    if "Unable to parse value" in said or "Expected newline" in said:
        return f"{said}: text needs quotes"
    return said


@contextmanager
def explain(place: str) -> Iterator[None]:
    """Say where it was that something could not be bound."""
    try:
        yield
    except RecursionError:
        raise ConfigurationError(f"{place}: it refers to itself") from None
    except (ConfigurationError, ValueError, TypeError) as error:
        raise ConfigurationError(f"{place}: {join_lines(error)}") from error


def bind_macro(statement: BindingStatement) -> str:
    """Bind a macro; give its name."""
    scope, selector, _, value, _ = statement
    name = f"{scope}/{selector}" if scope else selector
    gin.bind_parameter((name, "gin.macro", "value"), value)
    return name


def require_made(value: object, macros: Iterable[str]) -> None:
    """Require that what a value refers to is said, and made.

    Raises:
        ConfigurationError: it is not.
    """
    for reference in iterate_references(value):
        said = repr(reference)
        if not said.startswith("%"):
            if not reference.evaluate:
                raise ConfigurationError(f"{said}: expected {said}(), which makes it")
        elif (name := said[1:]) not in macros:
            hint = suggest(name, macros) if macros else f"expected {name} = a value, anywhere"
            raise ConfigurationError(f"%{name} is not known: {hint}")


def bind(
    statement: BindingStatement, known: Mapping[str, Collection[str]], authors: Authors
) -> None:
    """Bind what a statement says, in our names."""
    scope, selector, argument, value, _ = statement
    name = f"{selector}.{argument}"
    scoped = f"{scope}/{name}"
    if scoped in UNSCOPED:
        raise ConfigurationError(f"{scoped} is not known here: {UNSCOPED[scoped]}")
    if scoped in SCOPED:
        scope, name = "", SCOPED[scoped]
    require_known(name, known)
    if name in TRANSLATED:
        value = deepcopy(value)  # in which gin puts what macros stand for
    for ours, bound in authors.translate(name, value):
        selector, _, argument = ours.rpartition(".")
        gin.bind_parameter((scope, selector, argument), bound)


def require_known(name: str, known: Mapping[str, Collection[str]]) -> None:
    """Require that something takes a binding, here or in the authors' program.

    Raises:
        ConfigurationError: nothing does; it says the nearest.
    """
    selector, _, argument = name.rpartition(".")
    if argument in known.get(selector, ()) or name in KNOWN:
        return
    there = sorted(f"{each}.{one}" for each, arguments in known.items() for one in arguments)
    raise ConfigurationError(f"{name} is not known: {suggest(name, [*there, *sorted(KNOWN)])}")


def list_bound(name: str) -> dict[str, object]:
    """List what is bound for a constructor, with macros and references resolved to `Part`s.

    Raises:
        ConfigurationError: it refers to itself.
    """
    try:
        found: Part = gin.get_configurable(name)()
    except RecursionError:
        raise ConfigurationError(f"{name}: what is bound for it refers to itself") from None
    return found.arguments
