"""Where own images come from: a folder for each class, or a table."""

import logging
import os
from collections import Counter
from collections.abc import Collection
from pathlib import Path
from typing import NamedTuple

from selfstudy.data.label_table import read_label_table
from selfstudy.data.labels import (
    EXPECTED,
    Labelled,
    escape_name,
    guess_split,
    read_label,
    read_split,
    warn_of_alike,
)
from selfstudy.data.listing import (
    IMAGES,
    is_by_product,
    is_folder,
    is_hidden,
    is_image,
    read_ending,
    walk_files,
)
from selfstudy.errors import DataError

KINDS = ", ".join(sorted(IMAGES))
log = logging.getLogger("selfstudy")


class Found(NamedTuple):
    """What a source holds.

    Attributes:
        images: sorted by name.
        left_out: for each file that might be an image, and is none of these, why.
    """

    images: list[Labelled]
    left_out: dict[str, DataError]


def find_images(source: str | Path, ignore: Collection[str] = ()) -> Found:
    """List the images of a source; they are not opened.

    Args:
        source: a folder `{class}/**/*.png` (or another of `listing.IMAGES`; hidden ones do not
            count); or a folder `train/{class}`, with `valid/{class}` and `test/{class}` where these
            splits are given, by any of the names in `labels.SPELLINGS`; or a CSV file, as
            `read_label_table` takes it.
        ignore: columns of the CSV file that say nothing here.

    Raises:
        DataError: the source is missing, has no images where it must, or does not make sense.
    """
    source = Path(source)
    try:
        if source.is_dir():
            images, left_out = find_in_folder(source)
        elif source.exists():
            images, left_out = read_label_table(source, ignore), {}
        else:
            raise DataError(f"{source}: there is no such folder or CSV file")
    except OSError as error:
        raise DataError(f"{error.filename or source}: cannot be read: {error.strerror}") from error
    return Found(sorted(images, key=lambda image: image.name), left_out)


def find_in_folder(source: Path) -> Found:
    """Find the images in a folder of classes, or of splits with classes in them."""
    splits = find_splits(source)
    places = [source / name for name in splits] if splits else [source]
    classes = [folder for place in places for folder in list_classes(place)]
    prefix, depth = os.path.join(source, ""), 2 if splits else 1
    images, left_out, others = [], {}, Counter()
    for entry in walk_files(source):
        name = entry.path.removeprefix(prefix)
        *folders, _ = name.split(os.sep)
        if is_by_product(entry.name):
            others[read_ending(entry.name) or entry.name] += 1
        elif len(folders) < depth:
            left_out[escape_name(name)] = DataError(
                f"{entry.path}: lies beside the folders of classes, in none of them"
            )
        elif is_image(entry.name):
            label = escape_name(folders[depth - 1]).strip()
            split = splits[folders[0]] if splits else "train"
            images.append(Labelled(entry.path, escape_name(name), label, split))
        else:
            left_out[escape_name(name)] = DataError(f"{entry.path}: expected one of {KINDS}")
    if others:
        listed = ", ".join(f"{count} {ending}" for ending, count in sorted(others.items()))
        log.info("%s: passed over, as no images: %s", source, listed)
    require_images(classes, images, depth, prefix)
    warn_of_alike(source, (escape_name(folder.name) for folder in classes))
    return Found(images, left_out)


def find_splits(source: Path) -> dict[str, str]:
    """Find which folders in one hold which split; none of them if they are classes.

    Raises:
        DataError: some folders are splits, or called as such, and others are not.
    """
    folders = list_folders(source)
    meant = {folder.name: split for folder in folders if (split := guess_split(folder.name))}
    holding = [name for name in meant if list_folders(source / name)]
    if not meant or (len(meant) < len(folders) and not holding):
        return {}  # a class may be called `train`, too: it has no folders in it, which a split has
    splits: dict[str, str] = {}
    for folder in folders:
        name, split = folder.name, read_split(folder.name)
        if split is None:
            advice = f"rename it to {meant[name]!r}" if name in meant else "rename or remove it"
            beside = (holding or list(meant))[0]
            about = "" if name == beside else f" beside {beside!r}"
            raise DataError(
                f"{source}: the folder {name!r}{about}: expected {EXPECTED}: {advice} (a class may "
                f"be called {beside!r} if there are no folders in it)"
            )
        if split in splits.values():
            other = next(other for other in splits if splits[other] == split)
            raise DataError(
                f"{source}: expected one of the folders {other!r} and {name!r}, found both"
            )
        splits[name] = split
    if "train" not in splits.values():
        raise DataError(f"{source}: expected a folder 'train' beside {next(iter(splits))!r}")
    return splits


def list_classes(parent: Path) -> list[Path]:
    """List the folders of classes in one.

    Raises:
        DataError: there are none, or their names are blank, or all hold splits.
    """
    classes = list_folders(parent)
    if not classes:
        raise DataError(f"{parent}: no folders in it: expected one for each class")
    for folder in classes:
        read_label(escape_name(folder.name), parent)
    if all(is_split_up(folder) for folder in classes):
        name, split = classes[0].name, list_folders(classes[0])[0].name
        raise DataError(
            f"{parent}: splits within classes, such as {name}/{split}: expected {split}/{name}"
        )
    return classes


def is_split_up(folder: Path) -> bool:
    """Tell whether the folders in one, of which there are some, are called as splits are."""
    inner = list_folders(folder)
    return bool(inner) and all(guess_split(each.name) for each in inner)


def list_folders(parent: Path) -> list[Path]:
    """List the folders in one that are not hidden, sorted."""
    with os.scandir(parent) as entries:
        found = [entry for entry in entries if is_folder(entry) and not is_hidden(entry.name)]
    return sorted(parent / entry.name for entry in found)


def require_images(
    classes: Collection[Path], images: Collection[Labelled], depth: int, prefix: str
) -> None:
    """Raise DataError unless there are images in each class's folder."""
    full = {tuple(image.path.removeprefix(prefix).split(os.sep)[:depth]) for image in images}
    for folder in classes:
        if folder.parts[-depth:] not in full:
            raise DataError(f"{folder}: no images in it: expected one of {KINDS}")
