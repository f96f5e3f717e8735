"""Which files below a folder are images. Only names are read, so that a million take seconds."""

import os
from collections.abc import Iterator
from pathlib import Path

# Endings, without the dot.
IMAGES = frozenset().union(
    ("png", "apng", "jpg", "jpeg", "jpe", "jfif", "gif", "webp", "avif"),
    ("bmp", "dib", "tif", "tiff", "jp2", "j2k", "jpx", "ppm", "pgm", "pbm", "pnm"),
)
# What lies beside images without being any: documents, tables, data, archives, programs.
BY_PRODUCTS = frozenset().union(
    ("txt", "md", "rst", "log", "pdf", "doc", "docx", "htm", "html", "url", "bib"),
    ("csv", "tsv", "xls", "xlsx", "parquet", "db", "sql", "sqlite"),
    ("json", "jsonl", "xml", "yaml", "yml", "toml", "ini", "cfg"),
    ("mat", "npz", "h5", "hdf5", "pkl", "pt", "pth"),
    ("zip", "tar", "gz", "tgz", "bz2", "xz", "7z", "rar", "md5", "sha256"),
    ("py", "ipynb", "sh"),
)
NOTES = frozenset(("readme", "license", "licence", "copying", "notice", "makefile"))
# What systems leave in folders, beside files whose names begin with a dot.
LEFT_BY_SYSTEMS = frozenset(
    ("thumbs.db", "desktop.ini", "icon\r", "__macosx", "@eadir", "$recycle.bin")
)


def walk_files(folder: str | Path) -> Iterator[os.DirEntry[str]]:
    """Walk through all files below a folder, except for hidden ones.

    Links are followed, except those that lead back to a folder they lie in. The order is the same
    wherever the folder lies.

    Raises:
        OSError: a folder cannot be read.
    """
    waiting: list[tuple[str, frozenset[tuple[int, int]]]] = [(os.fspath(folder), frozenset())]
    while waiting:
        place, above = waiting.pop()
        about = os.stat(place)
        here = (about.st_dev, about.st_ino)
        if here in above:
            continue
        with os.scandir(place) as entries:
            for entry in sorted(entries, key=lambda entry: entry.name):
                if is_hidden(entry.name):
                    continue
                if is_folder(entry):
                    waiting.append((entry.path, above | {here}))
                else:
                    yield entry


def is_folder(entry: os.DirEntry[str]) -> bool:
    """Tell whether this is a folder, or a link to one; a link that leads nowhere is none."""
    try:
        return entry.is_dir()
    except OSError:  # such as a link to itself
        return False


def is_hidden(name: str) -> bool:
    """Tell by its name whether a file or folder is hidden, or left there by the system."""
    return name.startswith(".") or name.lower() in LEFT_BY_SYSTEMS


def is_image(name: str) -> bool:
    """Tell by its ending whether a file is an image of a kind that is read."""
    return read_ending(name) in IMAGES


def is_by_product(name: str) -> bool:
    """Tell by its name whether a file is surely no image. What is neither might be one."""
    return read_ending(name) in BY_PRODUCTS or name.lower() in NOTES


def read_ending(name: str) -> str:
    """Read the ending of a file's name, in lower case; empty if there is none."""
    return os.path.splitext(name)[1][1:].lower()
