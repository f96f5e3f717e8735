"""Whether files are others than before: quickly by names, sizes and times, or by contents."""

import hashlib
import os
from collections.abc import Callable, Collection, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from itertools import islice
from pathlib import Path
from typing import NamedTuple

from selfstudy.data.label_table import read_label_table
from selfstudy.data.labels import Labelled
from selfstudy.data.listing import walk_files
from selfstudy.data.unlabelled import read_table
from selfstudy.errors import DataError
from selfstudy.files import require_file
from selfstudy.provenance import hash_files

READERS = 16  # files read at a time; small ones wait for the disk
BATCH = 4096  # files at a time that are waited for
UNREADABLE = "unreadable"


class Files(NamedTuple):
    """Files that belong together.

    Attributes:
        paths: of each, by its name, which says nothing of the place where all of them lie.
        text: that counts as much as they do, such as that of the table that names them.
    """

    paths: dict[str, str]
    text: bytes = b""


class Survey(NamedTuple):
    """What can be told of files without reading them.

    Attributes:
        files: how many there are.
        size: of all of them, in bytes.
        named: a fingerprint of their names and sizes.
        timed: the same, and of when they were changed last.
    """

    files: int
    size: int
    named: str
    timed: str

    def __str__(self) -> str:
        files = "1 file" if self.files == 1 else f"{self.files} files"
        return f"{files} of {self.size} bytes ({self.timed[:16]})"


def list_folder(folder: str | Path) -> Files:
    """List all files below a folder, except for hidden ones.

    Raises:
        OSError: a folder cannot be read.
    """
    cut = len(os.path.join(folder, ""))
    return Files({entry.path[cut:]: entry.path for entry in walk_files(folder)})


def list_table(table: str | Path, ignore: Collection[str] = ()) -> Files:
    """List the files that a table names, behind its text.

    A table that makes no sense is its text alone; whoever prepares the images says why.

    Args:
        table: a CSV file, as `read_label_table` takes it.
        ignore: columns that say nothing here.

    Raises:
        OSError: it cannot be read.
    """
    return _list_named(Path(table), partial(read_label_table, ignore=ignore))


def list_unlabelled(source: str | Path) -> Files:
    """List all files below a folder, or those that a table of images without labels names.

    Raises:
        OSError: it cannot be read.
    """
    return list_folder(source) if Path(source).is_dir() else _list_named(Path(source), read_table)


def _list_named(table: Path, read: Callable[[Path], Iterable[Labelled]]) -> Files:
    require_file(table)
    text = table.read_bytes()
    try:
        return Files({image.name: image.path for image in read(table)}, text)
    except DataError:
        return Files({}, text)


def list_file(path: str | Path) -> Files:
    """List a file alone, whatever its name.

    Raises:
        OSError: it is not there.
    """
    os.stat(path)
    return Files({"": os.fspath(path)})


def survey(files: Files) -> Survey:
    """Survey files; those that are missing count as such."""
    named, timed = hashlib.sha256(files.text), hashlib.sha256(files.text)
    total = 0
    for name, path in files.paths.items():
        try:
            about = os.stat(path)
            size, time = about.st_size, about.st_mtime_ns
        except OSError:
            size = time = -1
        line = f"\0{name}\0{size}".encode("utf-8", "surrogateescape")
        named.update(line)
        timed.update(line)
        timed.update(b"\0%d" % time)
        total += max(size, 0)
    return Survey(len(files.paths), total, named.hexdigest(), timed.hexdigest())


def hash_contents(files: Files) -> str:
    """Hash the names and contents of files."""
    digest = hashlib.sha256(files.text)
    hashes = hash_each(files.paths.values())
    for name, content in zip(files.paths, hashes, strict=True):
        digest.update(f"\0{name}\0{content}".encode("utf-8", "surrogateescape"))
    return digest.hexdigest()


def hash_each(paths: Iterable[str]) -> Iterator[str]:
    """Hash the contents of each file, several at a time; `UNREADABLE` stands for what is that."""
    left = iter(paths)
    with ThreadPoolExecutor(READERS) as pool:
        while batch := list(islice(left, BATCH)):
            yield from pool.map(_hash_file, batch)


def _hash_file(path: str) -> str:
    try:
        require_file(path)  # a pipe might never end
        return hash_files([path])
    except OSError:
        return UNREADABLE
