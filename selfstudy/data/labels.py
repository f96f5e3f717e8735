"""Labels and splits of own images, as people spell them."""

import logging
import re
import unicodedata
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from selfstudy.errors import DataError

SPELLINGS = {
    "train": ("train", "training"),
    "valid": ("valid", "val", "validation", "dev"),
    "test": ("test", "testing"),
}
SPLIT_OF = {name: split for split, names in SPELLINGS.items() for name in names}
EXPECTED = "train, valid or test (or training, val, validation, dev, testing)"
# Such as `training_set`, `val2017` and `images-test`: meant as a split, though not a name of one.
AROUND = r"(?:images?|imgs?|data|sets?|splits?|samples?|seg)*"
RESEMBLES = re.compile(f"{AROUND}({'|'.join(sorted(SPLIT_OF, key=len, reverse=True))}){AROUND}")
NO_LETTERS = re.compile(r"[\W\d_]+")
CONTROLS = re.compile("[\0-\x1f\x7f-\x9f\u2028\u2029]")
log = logging.getLogger("selfstudy")


class Labelled(NamedTuple):
    """An image of a source."""

    path: str
    name: str  # relative to the source
    label: str
    split: str  # "train" too where none is given


def read_split(text: str) -> str | None:
    """Read a split's name, whatever its case: "train", "valid" or "test", or None if it is none."""
    return SPLIT_OF.get(text.strip().casefold())


def guess_split(text: str) -> str | None:
    """Guess the split that a name is meant for, such as "train" by `Training_Set`, if any."""
    match = RESEMBLES.fullmatch(NO_LETTERS.sub("", text).casefold())
    return match and SPLIT_OF[match[1]]


def read_label(text: str, place: str | Path) -> str:
    """Read a label, without the blanks around it.

    Raises:
        DataError: nothing is left, or what is left would break lines; it names the place.
    """
    label = text.strip()
    if not label:
        raise DataError(f"{place}: the label {text!r} is blank")
    if CONTROLS.search(label):
        raise DataError(f"{place}: the label {label!r} has a line break or the like in it")
    return label


def warn_of_alike(source: str | Path, spelled: Iterable[str]) -> None:
    """Log which labels, as they are spelled in the source, differ only in case or blanks."""
    groups: dict[str, list[str]] = {}
    for text in sorted(set(spelled)):
        plain = "".join(unicodedata.normalize("NFKC", text).casefold().split())
        groups.setdefault(plain, []).append(text)
    for texts in groups.values():
        if len(texts) > 1:
            classes = len({text.strip() for text in texts})
            log.warning(
                "%s: the labels %s differ only in case, blanks or form: taken as %s",
                source,
                " and ".join(map(repr, texts)),
                "one class" if classes == 1 else f"{classes} classes",
            )


def escape_name(name: str) -> str:
    """Turn a file's name into one line of text, also where its bytes are not UTF-8."""
    if name.isprintable():
        return name
    text = name.encode("utf-8", "backslashreplace").decode()
    return CONTROLS.sub(lambda match: match[0].encode("unicode_escape").decode(), text)
