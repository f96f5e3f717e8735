"""Fingerprints of the code and the files that a result depends on."""

import ast
import hashlib
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # Snakemake reads this before every run
    import numpy as np

PACKAGE = Path(__file__).parent


def fingerprint_code(*modules: str) -> str:
    """Hash the source of `modules` and of all of the package that they import.

    Modules are named within the package, such as `training.session`. What a package's `__init__`
    finds by itself (pretext methods, tasks) does not count unless it is named, so that adding a
    method changes nothing for the others.
    """
    found: set[Path] = set()
    waiting = [find_source(module) for module in modules]
    while waiting:
        path = waiting.pop()
        if path not in found:
            found.add(path)
            waiting += find_imports(path)
    return fingerprint(f"{path.relative_to(PACKAGE)}\n{path.read_text()}" for path in sorted(found))


def fingerprint_folder(name: str) -> str:
    """Hash the source of the modules in a folder of the package, not of what they import."""
    return fingerprint(path.read_text() for path in sorted((PACKAGE / name).glob("*.py")))


def fingerprint_package() -> str:
    """Hash the source of the whole package."""
    return fingerprint(path.read_text() for path in sorted(PACKAGE.rglob("*.py")))


def find_source(module: str) -> Path:
    """Find the source file of a module; it may not be there."""
    path = PACKAGE.joinpath(*module.split("."))
    return path / "__init__.py" if path.is_dir() else path.with_suffix(".py")


@cache
def find_imports(path: Path) -> list[Path]:
    """Find the modules of this package that a source file imports, anywhere in it."""
    found = []
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("selfstudy."):
            module = node.module.removeprefix("selfstudy.")
            found.append(find_source(module))
            # `from package import module` imports the module too.
            named = (find_source(f"{module}.{alias.name}") for alias in node.names)
            found += [source for source in named if source.is_file()]
    return found


def fingerprint(texts: Iterable[str]) -> str:
    """Hash texts in order; 16 hexadecimal digits."""
    digest = hashlib.sha256()
    for text in texts:
        digest.update(hashlib.sha256(text.encode()).digest())
    return digest.hexdigest()[:16]


def hash_files(paths: Iterable[str | Path]) -> str:
    """Hash the files' contents, one after another (SHA-256)."""
    digest = hashlib.sha256()
    for path in paths:
        with open(path, "rb") as file:
            hashlib.file_digest(file, lambda: digest)
    return digest.hexdigest()


def hash_array(values: "np.ndarray") -> str:
    """Hash an array's values by SHA-256."""
    return hashlib.sha256(values.tobytes()).hexdigest()
