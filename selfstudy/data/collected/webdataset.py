"""Shards of WebDataset: tar files in which an image and its label have one name."""

import os
import tarfile
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from selfstudy.data.collected.base import Item, assign_split_names, list_parts, name_part
from selfstudy.data.listing import IMAGES
from selfstudy.errors import DataError


def open_items(folder: str, label: str = "cls") -> Iterator[Item]:
    """List the images of all shards below a folder.

    Args:
        folder: of shards whose names begin with their splits, such as `train-0000.tar`, or all of
            which train.
        label: the ending of labels' names, such as `0001.cls` beside `0001.jpg`.

    Raises:
        DataError: a shard cannot be read, or an image has no label.
    """
    paths = list_parts(folder, ".tar")
    splits = assign_split_names(folder, (path.name for path in paths))
    for path in paths:
        try:
            with tarfile.open(path) as archive:
                for key, text, member in list_members(path, archive, label):
                    name = f"{name_part(folder, path)}/{key}.image"
                    yield Item(name, text, splits[path.name], partial(read_member, path, member))
        except tarfile.TarError as error:
            raise DataError(f"{path}: cannot be read as a shard: {error}") from error


def list_members(
    path: Path, archive: tarfile.TarFile, label: str
) -> Iterator[tuple[str, str, tarfile.TarInfo]]:
    """List the images of a shard: what they are called, their labels, and where they lie."""
    images: dict[str, tarfile.TarInfo] = {}
    labels: dict[str, str] = {}
    for member in archive:
        base, name = os.path.split(member.name)
        key, _, ending = name.partition(".")
        if not member.isfile():
            continue
        if ".." in base.split("/"):
            raise DataError(f"{path}: {member.name!r}: expected a name that leads out of no folder")
        if ending == label:
            labels[f"{base}/{key}"] = archive.extractfile(member).read().decode("utf-8", "replace")
        elif ending.rpartition(".")[2].lower() in IMAGES:
            if f"{base}/{key}" in images:
                raise DataError(f"{path}: {member.name}: a second image of that name")
            images[f"{base}/{key}"] = member
    if not images:
        raise DataError(f"{path}: no images in it")
    for key, member in images.items():
        if key not in labels:
            raise DataError(f"{path}: {member.name}: no label: expected a file .{label} beside it")
        yield key.strip("/"), labels[key], member


def read_member(path: Path, member: tarfile.TarInfo) -> bytes:
    """Read the content of a member, from where it lies in the shard."""
    with path.open("rb") as file:
        file.seek(member.offset_data)
        return file.read(member.size)
