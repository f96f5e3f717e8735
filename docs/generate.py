"""Writes those parts of the documentation that are the program's own words.

A page says which, and where: `<!-- insert: commands -->`.
"""

import re
from collections.abc import Callable
from dataclasses import fields
from inspect import Parameter, signature
from pathlib import Path

from griffe import Docstring, DocstringSectionKind, Parser

import selfstudy
from selfstudy.cli import COMMANDS, make_parser
from selfstudy.configuration.authors import RENAMED
from selfstudy.configuration.names import list_arguments, list_classes
from selfstudy.data.dataset import BaseDataset
from selfstudy.data.kinds import DATASETS
from selfstudy.sweep.reference import write_keys
from selfstudy.training.recipe import Recipe

README = Path(__file__).parents[1] / "README.md"
PLACE = re.compile(r"<!-- insert: (\w+) -->")
GIN_HEAD = "| name | default | what |\n|---|---|---|\n"


def on_page_markdown(markdown: str, **_: object) -> str:
    """Put what a page asks for in its place; MkDocs calls this for each page."""
    return PLACE.sub(lambda place: WRITERS[place[1]](), markdown)


def write_commands() -> str:
    """Write what each command says of itself."""
    (choices,) = [action.choices for action in make_parser()._actions if action.choices]
    return "\n\n".join(
        f"## selfstudy {name}\n\n```text\n{choices[name].format_help()}```" for name in COMMANDS
    )


def write_python() -> str:
    """Write what the public names' docstrings say."""
    return "\n".join(f"::: selfstudy.{selfstudy._NAMES[name]}.{name}" for name in selfstudy.__all__)


def write_example() -> str:
    """Write the README's program."""
    return re.search(r"```python\n.*?```", README.read_text(encoding="utf-8"), re.DOTALL)[0]


def write_gin() -> str:
    """Write the settings of each part of a run, one table a part."""
    parts = {part.name: part.default_factory for part in fields(Recipe)}
    parts |= {kind.__name__: kind for kind in (BaseDataset, *DATASETS.values(), *list_classes())}
    tables = {name: write_settings(name, kind) for name, kind in parts.items()}
    return "\n".join(f"### {name}\n\n{table}" for name, table in tables.items() if table)


def write_settings(name: str, kind: type) -> str:
    """Write a row per setting of a class: its name, its default, and what its docstring says."""
    about = describe_arguments(kind)
    defaults = {key: one.default for key, one in signature(kind.__init__).parameters.items()}
    rows = [
        f"| `{name}.{setting}` | `{defaults[setting]!r}` | {about.get(setting, '')} |\n"
        for setting in list_arguments(kind, getattr(kind, "handed", ()))
        if defaults[setting] is not Parameter.empty
    ]
    return GIN_HEAD + "".join(rows) if rows else ""


def describe_arguments(kind: type) -> dict[str, str]:
    """Read what a class's docstring, and those that it inherits from, say of arguments."""
    about: dict[str, str] = {}
    for each in reversed(kind.__mro__):
        for section in Docstring(each.__doc__ or "").parse(Parser.google, warnings=False):
            if section.kind is DocstringSectionKind.parameters:
                about |= {item.name: " ".join(item.description.split()) for item in section.value}
    return about


def write_authors() -> str:
    """Write a row per name of the authors that has another one here."""
    rows = (
        f"| `{theirs}` | {', '.join(f'`{name}`' for name in ours)} |\n"
        for theirs, ours in sorted(RENAMED.items())
    )
    return "| the authors | here |\n|---|---|\n" + "".join(rows)


WRITERS: dict[str, Callable[[], str]] = {
    "authors": write_authors,
    "commands": write_commands,
    "configuration": write_keys,
    "example": write_example,
    "gin": write_gin,
    "python": write_python,
}
