"""One look for all figures: sizes, and a colour, a marker and a name for each pretext method."""

from pathlib import Path
from typing import NamedTuple

import matplotlib as mpl
from matplotlib.figure import Figure

from selfstudy.errors import ConfigurationError
from selfstudy.factors import Factors
from selfstudy.files import write_whole

RC = {
    "axes.grid": True,
    "axes.labelsize": 8,
    "axes.spines.right": False,
    "axes.spines.top": False,
    "axes.titlesize": 8,
    "font.size": 8,
    "grid.color": "0.9",
    "grid.linewidth": 0.5,
    "legend.fontsize": 8,
    "legend.frameon": False,
    "lines.linewidth": 1.2,
    "lines.markersize": 4,
    "pdf.fonttype": 42,  # text stays text
    "savefig.dpi": 200,
    "xtick.labelsize": 7,
    "ytick.labelsize": 7,
}


class Look(NamedTuple):
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
SPARE = ["#D55E00", "#56B4E9", "#F0E442", "#999999"]


def look(pretext: str) -> Look:
    """The look of a method; one that is not the paper's gets a spare colour by its name."""
    spare = Look(pretext, SPARE[sum(pretext.encode()) % len(SPARE)], "P")
    return LOOKS.get(pretext, spare)


def dataset_title(name: str) -> str:
    """A dataset's name; a rendered one's with the letters of its factors."""
    try:
        return f"{name} ({Factors.parse(name).letters})"
    except ConfigurationError:
        return name


def say_missing(figure: Figure, missing: int, expected: int) -> None:
    """Say below a figure how many of the jobs that it should show are missing."""
    if missing:
        said = f"{missing} of {expected} jobs are not done and left out"
        figure.text(0.5, -0.01, said, ha="center", va="top", fontsize=7)


def save(figure: Figure, path: str | Path) -> None:
    """Save in the format that the name says. The same figure gives the same file."""
    form = Path(path).suffix.removeprefix(".")
    metadata = {"CreationDate": None} if form == "pdf" else None
    with mpl.rc_context(RC), write_whole(path) as temporary:
        figure.savefig(temporary, format=form, bbox_inches="tight", metadata=metadata)
