"""How all figures are drawn and saved."""

from pathlib import Path

import matplotlib as mpl
from matplotlib.figure import Figure

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
    "text.parse_math": False,  # names are drawn as they are
    "xtick.labelsize": 7,
    "ytick.labelsize": 7,
}


def save(figure: Figure, path: str | Path) -> None:
    """Save in the format that the name says. The same figure gives the same file."""
    form = Path(path).suffix.removeprefix(".")
    metadata = {"CreationDate": None} if form == "pdf" else None
    with mpl.rc_context(RC), write_whole(path) as temporary:
        figure.savefig(temporary, format=form, bbox_inches="tight", metadata=metadata)
