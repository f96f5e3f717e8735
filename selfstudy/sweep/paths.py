"""Where the workflow's files lie."""

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
        self.pretrain = f"{results}/pretrain/{run}"
        self.finetune = f"{results}/finetune/{job}"
        self.frozen = f"{results}/frozen/k{{layer}}/{job}"
        self.linear = f"{results}/linear/{run}/{{task}}"
        self.search = f"{results}/search/{{search}}"
        self.difficulty = f"{results}/difficulty/{{dataset}}"


def match_any(names: Iterable[str]) -> str:
    """Give the pattern of a wildcard that is any of these names; without names nothing fits."""
    return "|".join(names) or "(?!)"
