"""Where the workflow's files lie."""

import os
import re
from collections.abc import Iterable

from selfstudy.data.names import name_prepared


class Paths:
    """Patterns of files and folders, with Snakemake's wildcards in braces.

    Args:
        results: the folder of runs, tables and figures.
        data: the folder of images.
        color: the space of the prepared images, "lab" or "rgb".
    """

    def __init__(self, results: str, data: str, color: str) -> None:
        run = "{dataset}/{backbone}/{pretext}"
        job = f"{run}/{{task}}/n{{labels}}"
        self.results, self.data = results, data
        self.packed = f"{data}/packed/{{dataset}}"
        self.prepared = f"{data}/prepared/{{dataset}}/{name_prepared('{resolution}', color)}"
        self.pretrain = f"{results}/pretrain/{run}/seed{{pretrain_seed}}"
        self.finetune = f"{results}/finetune/{job}"
        self.frozen = f"{results}/frozen/k{{layer}}/{job}"
        self.longer = f"{results}/longer/{job}"
        self.linear = f"{results}/linear/{run}/{{task}}"
        self.search = f"{results}/search/{{search}}"
        self.rows = f"{results}/rows/{{dataset}}"
        self.difficulty = f"{results}/difficulty/{{dataset}}"


def name_folder(backbone: str) -> str:
    """Name a backbone's folder: that of `timm/resnet18` is `timm-resnet18`."""
    return backbone.replace("/", "-")


def is_timms(backbone: str) -> bool:
    """Whether a backbone, by its folder's name, is one of timm's; no other begins like these."""
    return backbone.startswith("timm-")


def require(*paths: str) -> list[str]:
    """List what a user was to bring and is not there, for Snakemake to say where it is needed.

    What is there is no input: Snakemake would go by its time and its place, and take braces in its
    name for wildcards.
    """
    missing = (path for path in paths if not os.path.exists(path))
    return [path.replace("{", "[").replace("}", "]") for path in missing]


def match_any(names: Iterable[str]) -> str:
    """Give the pattern of a wildcard that is any of these names; without names nothing fits."""
    return "|".join(map(re.escape, names)) or "(?!)"
