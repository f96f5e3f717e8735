"""Own images without labels, which pretrain: where they come from, and which of them count."""

import logging
import os
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

from selfstudy.data.label_table import find_name
from selfstudy.data.labels import Labelled, escape_name
from selfstudy.data.listing import is_by_product, is_image, walk_files
from selfstudy.data.sources import KINDS, Found
from selfstudy.delimited import read_delimited
from selfstudy.errors import DataError

MARK = "unlabelled:"  # before their names, which those of labelled images may equal
UNLABELLED = "unlabelled"
log = logging.getLogger("selfstudy")


def find_unlabelled(source: str | Path, labelled: str | Path) -> Found:
    """List the images of a source without labels; they are not opened.

    Args:
        source: a folder, with images at any depth, or a table, of whose columns `file` counts.
        labelled: the source of the images with labels.

    Raises:
        DataError: the source is missing, has no images, or lies in the folder of labelled ones.
    """
    source, labelled = Path(source), Path(labelled)
    if labelled.resolve() in (source.resolve(), *source.resolve().parents):
        problem = "is the labelled one" if source.samefile(labelled) else f"lies in {labelled}"
        raise DataError(
            f"unlabelled: {source}: {problem}, where folders are classes: expected another folder"
        )
    try:
        if source.is_dir():
            images, left_out = find_in_folder(source)
        elif source.exists():
            images, left_out = read_table(source), {}
        else:
            raise DataError(f"unlabelled: {source}: there is no such folder or CSV file")
    except OSError as error:
        raise DataError(f"{error.filename or source}: cannot be read: {error.strerror}") from error
    if not images:
        raise DataError(f"unlabelled: {source}: no images in it: expected one of {KINDS}")
    return Found(sorted(images, key=lambda image: image.name), left_out)


def find_in_folder(source: Path) -> Found:
    """Find the images in a folder, at any depth."""
    prefix, images, left_out = os.path.join(source, ""), [], {}
    for entry in walk_files(source):
        name = MARK + escape_name(entry.path.removeprefix(prefix))
        if is_image(entry.name):
            images.append(Labelled(entry.path, name, "", UNLABELLED))
        elif not is_by_product(entry.name):
            left_out[name] = DataError(f"{entry.path}: expected one of {KINDS}")
    return Found(images, left_out)


def read_table(source: Path) -> list[Labelled]:
    """Read which images a table names, in its column `file`.

    Raises:
        DataError: the table does not make sense.
    """
    columns, rows, _ = read_delimited(source, ("file",))
    if others := [name for name in columns if name != "file"]:
        log.info("%s: passed over, the columns %s", source, ", ".join(others))
    images = []
    for line, values in rows:
        text = values[columns.index("file")]
        if not text.strip() or "\0" in text:
            raise DataError(f"{source}, line {line}: 'file' is no file's name: {text!r}")
        name = find_name(source.parent, text)
        path = os.path.join(source.parent, name)
        images.append(Labelled(path, MARK + escape_name(name), "", UNLABELLED))
    return images


def leave_out_equal(
    source: str | Path,
    unlabelled: Sequence[Labelled],
    labelled: Sequence[Labelled],
    splits: Sequence[str],
    contents: Mapping[str, bytes],
) -> list[Labelled]:
    """Leave out images that are equal to labelled ones, or to one another; log how many.

    Validation and test images pretrain nothing, and no image does so twice.

    Args:
        source: for the log.
        unlabelled: images without labels.
        labelled: those with labels.
        splits: what each of these is for: "train", "valid" or "test".
        contents: fingerprints of images' pixels, by name.

    Raises:
        DataError: no image is left.
    """
    seen = {contents[image.name]: split for image, split in zip(labelled, splits, strict=True)}
    kept, equal = [], Counter()
    for image in unlabelled:
        content = contents[image.name]
        if content in seen:
            equal[seen[content]] += 1
        else:
            seen[content] = UNLABELLED
            kept.append(image)
    log.info(
        "%s: %d images without labels pretrain, too; left out: %d that are equal to validation "
        "images, %d to test images, %d to training images, %d to one another",
        *(source, len(kept), *(equal[split] for split in ("valid", "test", "train", UNLABELLED))),
    )
    if not kept:
        raise DataError(
            f"unlabelled: {source}: each of its {len(unlabelled)} images is equal to a labelled "
            f"one: expected others"
        )
    return kept
