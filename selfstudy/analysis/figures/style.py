"""One look for all figures of runs: a colour, a marker and a name for each start."""

import textwrap
from collections.abc import Iterable
from typing import NamedTuple

from matplotlib.figure import Figure

from selfstudy.analysis.escaping import show_name
from selfstudy.errors import ConfigurationError
from selfstudy.factors import Factors
from selfstudy.sweep.pretrained import split_numbered


class Look(NamedTuple):
    """How a start is drawn."""

    label: str
    color: str
    marker: str


# Okabe and Ito's colours, told apart by the colour-blind.
LOOKS = {
    "scratch": Look("From scratch", "#000000", "o"),
    "vae": Look("VAE", "#E69F00", "s"),
    "rotate": Look("Rotation", "#009E73", "^"),
    "cmc": Look("CMC", "#0072B2", "D"),
    "amdim": Look("AMDIM", "#CC79A7", "v"),
}
# For other starts, in turn. As many colours and markers as have no common divisor: 35 pairs.
COLORS = ("#D55E00", "#56B4E9", "#999999", "#882255", "#F0E442")
MARKERS = ("P", "X", "p", "*", "h", "<", ">")
LEGEND = 24  # characters of a line
TITLES = {
    "amdim_ref": "AMDIM (reference)",
    "barlow": "Barlow Twins",
    "byol": "BYOL",
    "deepcluster": "DeepCluster",
    "dino": "DINO",
    "imagenet": "ImageNet",
    "jigsaw": "Jigsaw",
    "lejepa": "LeJEPA",
    "mae": "MAE",
    "moco": "MoCo",
    "mocov3": "MoCo v3",
    "simclr": "SimCLR",
    "simsiam": "SimSiam",
    "swav": "SwAV",
    "vicreg": "VICReg",
}


def assign_looks(starts: Iterable[str]) -> dict[str, Look]:
    """Assign a look to each start, those that are not the paper's taking theirs in turn.

    Args:
        starts: names, in the order of the configuration, so that all its figures agree.

    Returns:
        Looks by name, those of the paper's starts among them.
    """
    others = (start for start in dict.fromkeys(starts) if start not in LOOKS)
    return LOOKS | {
        start: Look(
            fit_text(title_start(start), LEGEND),
            COLORS[place % len(COLORS)],
            MARKERS[place % len(MARKERS)],
        )
        for place, start in enumerate(others)
    }


def title_start(name: str) -> str:
    """Spell a start's name as people do.

    One that is spelled like the title of another is put into quotes, and so is one that begins with
    an underscore, which legends leave out.
    """
    titles = TITLES | {start: look.label for start, look in LOOKS.items()}
    if name in titles:
        return titles[name]
    method, images = split_numbered(name)
    if images is not None and method in titles:
        return f"{titles[method]}, {images:,} images"
    shown = show_name(name)
    return f"'{shown}'" if shown.startswith("_") or shown in titles.values() else shown


def title_dataset(name: str) -> str:
    """Give a dataset's name, that of a rendered one with the letters of its factors."""
    try:
        return f"{name} ({Factors.parse(name).letters})"
    except ConfigurationError:
        return show_name(name)


def fit_text(text: str, width: int, lines: int | None = None) -> str:
    """Break the lines of a text at `width` characters; cut it if there are more than `lines`."""
    broken = [part for line in text.split("\n") for part in textwrap.wrap(line, width)]
    if lines and len(broken) > lines:
        broken = [*broken[: lines - 1], broken[lines - 1][: width - 1] + "…"]
    return "\n".join(broken)


def say_missing(figure: Figure, missing: int, expected: int) -> None:
    """Say below a figure how many of the jobs that it should show are missing."""
    if missing:
        said = f"{missing} of {expected} jobs are not done and left out"
        figure.text(0.5, -0.01, said, ha="center", va="top", fontsize=7)
