"""Labelled images in files of other libraries, laid out as image files and a table."""

import csv
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from tempfile import TemporaryDirectory

from selfstudy.data.collected.base import Item, Items
from selfstudy.data.label_table import COLUMNS
from selfstudy.data.labels import Labelled, escape_name, read_label
from selfstudy.errors import ConfigurationError, DataError


def open_collection(source: str, settings: Mapping[str, str]) -> list[Item]:
    """Open a collection of labelled images, none of which is read yet.

    Args:
        source: the name of a module here.
        settings: arguments of the reader's `open_items`.

    Raises:
        ConfigurationError: a library is missing.
        DataError: the collection is missing, or does not make sense.
    """
    try:
        read: Items = import_module(f"selfstudy.data.collected.{source}").open_items
        found = list(read(**settings))
    except ModuleNotFoundError as error:
        raise ConfigurationError(
            f"source: {source} needs {error.name}: pip install 'selfstudy[data]'"
        ) from error
    except OSError as error:
        place = error.filename or settings["folder"]
        raise DataError(f"{place}: cannot be read: {error.strerror or error}") from error
    if not found:
        raise DataError(f"{settings['folder']}: no images in it")
    return found


def list_labelled(source: str, settings: Mapping[str, str]) -> list[Labelled]:
    """List the images of a collection, as those of a folder are listed; there are no files yet."""
    items = open_collection(source, settings)
    found = [Labelled("", item.name, item.label, item.split) for item in items]
    return sorted(found, key=lambda image: image.name)


@contextmanager
def unpack(
    source: str,
    settings: Mapping[str, str],
    progress: Callable[[int], object] = lambda images: None,
) -> Iterator[Path]:
    """Yield a table, as `read_label_table` takes it, of all images of a collection.

    Image files and table lie in a temporary folder, which is called in errors as the collection is.

    Args:
        source: the name of a module here.
        settings: as `open_collection` takes them.
        progress: is told of each image that is written.

    Raises:
        ConfigurationError, DataError: as of `open_collection`, or from within the block.
    """
    place = Path(settings["folder"])
    items = open_collection(source, settings)
    with TemporaryDirectory(prefix="selfstudy-") as temporary:
        table = Path(temporary, escape_name(place.resolve().name))
        images = Path(temporary, "images")
        try:
            with table.open("w", newline="", encoding="utf-8") as file:
                rows = csv.writer(file)
                rows.writerow(COLUMNS)
                for item in items:
                    path = images / item.name
                    path.parent.mkdir(parents=True, exist_ok=True)
                    path.write_bytes(item.read())
                    label = read_label(item.label, f"{place}: {item.name}")
                    rows.writerow([path.relative_to(temporary), label, item.split])
                    progress(1)
            yield table
        except DataError as error:
            said = str(error).replace(f"{images}/", f"{place}: ").replace(str(table), str(place))
            raise DataError(said) from error
