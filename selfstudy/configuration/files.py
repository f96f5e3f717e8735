"""Gin files: where they lie, and what they say with their includes in place."""

import re
from functools import cache
from pathlib import Path
from typing import NamedTuple

from selfstudy.errors import ConfigurationError, suggest
from selfstudy.provenance import PACKAGE

# In a checkout a link to the folder `config` at its top; a wheel holds that folder itself.
CONFIG = (PACKAGE / "config").resolve()
GIN = CONFIG / "gin"
INCLUDE = re.compile(r"^[ \t]*include\s+['\"](.+?)['\"].*$", re.MULTILINE)


class Text(NamedTuple):
    """A piece of gin text, which starts as many lines down as it does in its file.

    Attributes:
        source: what to call it in messages.
        text: itself.
    """

    source: str
    text: str

    def place(self, line: int | str) -> str:
        """Name a line of it."""
        return f"{self.source}, line {line}"


def find_gin(name: str, beside: Path = GIN) -> Path:
    """Find a gin file.

    Args:
        name: of a file in `config/gin`, such as `syn/r9/vae`, or the path of any `.gin` file.
        beside: the folder that paths may be relative to.

    Raises:
        ConfigurationError: there is none of that name; it names the nearest.
    """
    file = name if name.endswith(".gin") else f"{name}.gin"
    for folder in (GIN, beside, Path.cwd()):
        if (folder / file).is_file():
            return folder / file
    there = [str(file.relative_to(GIN).with_suffix("")) for file in sorted(GIN.rglob("*.gin"))]
    hint = suggest(name, there) if there else "the package was installed without its config/"
    raise ConfigurationError(f"{GIN / file}: there is no such file: {hint}")


@cache
def read_parts(path: Path) -> tuple[Text, ...]:
    """Read what a gin file says, in order, with its includes in their places.

    Raises:
        ConfigurationError: it, or what it includes, cannot be read, or it includes itself.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"{path}: cannot be read as text: {error}") from error
    parts, position = [], 0
    for include in INCLUDE.finditer(text):
        parts.append(Text(str(path), keep_from(text, position, include.start())))
        try:
            included = find_gin(include[1], path.parent)
        except ConfigurationError as error:
            place = parts[-1].place(text.count("\n", 0, include.start()) + 1)
            raise ConfigurationError(f"{place}: {error}") from None
        try:
            parts += read_parts(included)
        except RecursionError:
            raise ConfigurationError(f"{path}: it includes itself: {include[0]}") from None
        position = include.end()
    return (*parts, Text(str(path), keep_from(text, position, len(text))))


def keep_from(text: str, start: int, end: int) -> str:
    """Cut out the text from `start` to `end`, behind as many empty lines as lines before it."""
    return "\n" * text.count("\n", 0, start) + text[start:end]


def read_gin(name: str) -> str:
    """Read the text of the gin file `name` and of what it includes."""
    return "\n".join(part.text for part in read_parts(find_gin(name)))
