"""Fingerprints of the code and the files that a result depends on."""

import hashlib
from collections.abc import Iterable
from pathlib import Path

PACKAGE = Path(__file__).parent
SHARED = ("errors.py", "factors.py", "files.py", "data")
CODE = {
    "render": (*SHARED, "rendering"),
    "prepare": SHARED,
    "train": (
        *SHARED,
        "augment.py",
        "batch.py",
        "configuration.py",
        "downstream",
        "networks",
        "pretext",
        "training",
    ),
    "results": (*SHARED, "analysis"),
}


def code_fingerprint(stage: str) -> str:
    """A hash of the package's source that `stage`, a key of `CODE`, runs through."""
    files: list[Path] = []
    for part in CODE[stage]:
        path = PACKAGE / part
        files += sorted(path.rglob("*.py")) if path.is_dir() else [path]
    return fingerprint([str(file.relative_to(PACKAGE)) + file.read_text() for file in files])


def fingerprint(texts: Iterable[str]) -> str:
    """A short hash of texts in order."""
    digest = hashlib.sha256()
    for text in texts:
        digest.update(hashlib.sha256(text.encode()).digest())
    return digest.hexdigest()[:16]
