"""What a published backbone says of itself: a model card, as the Hugging Face hub has them."""

import csv
from collections.abc import Iterator, Mapping
from pathlib import Path

TABLE = "tables/accuracy.csv"
PLACE = ("dataset", "backbone", "pretext", "seed")  # folders of a pretrained network in a study
SCRATCH = "scratch"
FRONT = """\
---
library_name: timm
pipeline_tag: image-feature-extraction
tags: [timm, image-feature-extraction, selfstudy]
license: unknown
---
"""
LICENCE = """\
The network's code is selfstudy's, under BSD 3-Clause. Under what its weights are published is for
their owners to say, above under `license`, as it depends on the images, too.
"""


def compose_card(about: Mapping[str, str], usage: str, takes: str, results: list[str]) -> str:
    """Compose a card in Markdown.

    Args:
        about: what `describe` says of a run.
        usage: lines of Python that load it.
        takes: the images that it takes, in words.
        results: rows of a table in Markdown, of `find_results`; none are none.
    """
    trained = f"{about['method']}, {about['rounds']} rounds, seed {about['seed']}"
    parts = [
        f"{FRONT}\n# {about['architecture']} trained by {about['method']}\n",
        f"A backbone that selfstudy {about['selfstudy']} trained: features of images for other "
        f"tasks.\n",
        f"| | |\n|---|---|\n| method | {trained} |\n| images | {about['data']} |\n"
        f"| features | {about['features']} |\n",
        f"```python\n{usage}\n```\n",
        f"It takes {takes}.\n",
    ]
    if results:
        parts += ["## Results\n", "\n".join(results) + "\n"]
    parts += ["## Recipe\n", f"```\n{about['configuration'].strip()}\n```\n", "## Licence\n"]
    return "\n".join([*parts, LICENCE])


def find_results(folder: Path) -> list[str]:
    """Find what finetuning a study's pretrained network has reached, beside scratch.

    Args:
        folder: of the network, `{results}/pretrain/{dataset}/{backbone}/{pretext}/seed{n}`.

    Returns:
        Rows of a table in Markdown, from `{results}/tables/accuracy.csv`; none without that table,
        or of other folders.
    """
    if len(folder.parts) <= len(PLACE) or folder.parts[-1 - len(PLACE)] != "pretrain":
        return []
    table = folder.parents[len(PLACE)] / TABLE
    if not table.is_file():
        return []
    with table.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    found = list(match_rows(rows, dict(zip(PLACE, folder.parts[-len(PLACE) :], strict=True))))
    head = "| task | labels | networks, runs | pretrained | from scratch |\n|---|---|---|---|---|"
    intervals = "\nMean over runs (95 % interval), on validation images."
    return [head, *found, intervals] if found else []


def match_rows(rows: list[dict[str, str]], place: Mapping[str, str]) -> Iterator[str]:
    """Match what a start has reached with what scratch has, at each budget of each task."""
    reached = {
        (row["pretext"], row["task"], row["labels"]): row
        for row in rows
        if all(row[key] == place[key] for key in ("dataset", "backbone"))
    }
    for (start, *budget), row in reached.items():
        if start == place["pretext"]:
            scratch = reached.get((SCRATCH, *budget))
            yield (
                f"| {row['task']} ({row['measure']}) | {row['labels']} | "
                f"{row['networks']}, {row['n']} | {format_mean(row)} | "
                f"{format_mean(scratch) if scratch else ''} |"
            )


def format_mean(row: Mapping[str, str]) -> str:
    """Format a mean with its interval, where it has one."""
    mean = f"{float(row['mean']):.3f}"
    if not row["low"] or not row["high"]:
        return mean
    return f"{mean} ({float(row['low']):.3f} to {float(row['high']):.3f})"
