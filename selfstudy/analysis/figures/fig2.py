"""Figure 2: a contact sheet of the datasets.

Of single objects, a row per factor code and a column per class; of several objects, scenes with
their targets.
"""

import io
from collections.abc import Mapping
from pathlib import Path

import h5py
import matplotlib as mpl
import numpy as np
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from PIL import Image

from selfstudy.analysis.escaping import show_name
from selfstudy.analysis.figures.style import fit_text, title_dataset
from selfstudy.data.hdf5 import open_hdf5
from selfstudy.data.packed import read_classes
from selfstudy.drawing import RC
from selfstudy.errors import DataError
from selfstudy.sweep.runs import Sweep

CAPTION = (
    "The data: of single objects the first image of each class, of several objects two scenes with "
    "their instances, classes and depth."
)
CELL = 0.9  # inches
SCENES = 2
LABEL, TITLE = (16, 4), (13, 3)  # of a row and of a panel: characters of a line, and lines
Panels = list[tuple[str, np.ndarray | None]]  # titles and images
# Of a scene: the title of the panel, and how its channel of the targets is shown.
TARGETS = {
    "instances": (0, "tab10", 9),
    "classes": (1, "tab20", 19),
    "depth": (2, "viridis_r", 255),
}


def list_inputs(sweep: Sweep) -> dict[str, list[str]]:
    """List the first packed file of each rendered dataset."""
    return {"packed": [sweep.list_packed(dataset)[0] for dataset in sweep.rendered]}


def draw(packed: dict[str, list[Path]]) -> Figure:
    """Show the first image of each class, or the first scenes, of every dataset.

    Args:
        packed: packed files of each dataset, by its name, such as `0110`; the first file of each
            is read.

    Raises:
        DataError: a file is missing, damaged or not in the packed format.
    """
    panels = {name: list_panels(paths[0]) for name, paths in packed.items()}
    with mpl.rc_context(RC):
        return draw_panels(panels)


def draw_panels(panels: Mapping[str, Panels]) -> Figure:
    """Draw a row for each dataset, of the panels of `list_panels`."""
    # A row of titles goes above the first dataset of each kind.
    rows, columns = len(panels), max(map(len, panels.values()))
    figure = Figure(figsize=(CELL * (columns + 1), CELL * (rows + 0.6)), layout="constrained")
    axes = figure.subplots(rows, columns, squeeze=False)
    shown: list[str] = []
    for row, (name, images) in zip(axes, panels.items(), strict=True):
        label = fit_text(title_dataset(name).replace(" ", "\n"), *LABEL)
        row[0].set_ylabel(
            label, rotation=0, ha="right", va="center", fontsize=8, family="monospace"
        )
        titles = [title for title, _ in images]
        for panel, (title, image) in zip(row, images, strict=False):
            panel.set_title(title if titles != shown else "", fontsize=8)
            show(panel, image)
        for panel in row[len(images) :]:
            panel.set_visible(False)
        shown = titles
    return figure


def show(panel: Axes, image: np.ndarray | None) -> None:
    """Show an image without axes, or nothing."""
    panel.set(xticks=[], yticks=[])
    panel.spines[:].set_visible(False)
    if image is not None:
        panel.imshow(image, interpolation="nearest")


def list_panels(path: Path) -> Panels:
    """List titles and images (h, w, 3) of a packed file's row; no image of a class it lacks.

    Raises:
        DataError: the file is not in the packed format.
    """
    with open_hdf5(path) as file:
        try:
            return list_scenes(file) if "png_targets" in file else list_classes(file)
        except (OSError, KeyError, ValueError, SyntaxError) as error:
            raise DataError(f"{path}: expected packed images: {error}") from error


def list_classes(file: h5py.File) -> Panels:
    """List the classes, each with its first image."""
    targets = file["targets"][:]
    panels = []
    for number, name in enumerate(read_classes(file)):
        places = np.flatnonzero(targets == number)
        image = decode(file["png_images"][places[0]]) if len(places) else None
        panels.append((fit_text(show_name(name), *TITLE), image))
    return panels


def list_scenes(file: h5py.File) -> Panels:
    """List the first scenes, each image with its targets behind it."""
    panels = []
    for place in range(min(SCENES, len(file["png_images"]))):
        targets = decode(file["png_targets"][place])
        panels.append(("image", decode(file["png_images"][place])))
        for title, (channel, colors, most) in TARGETS.items():
            values = colormaps[colors](targets[..., channel] / most)[..., :3]
            # The background of ids, and where there is no depth.
            values[targets[..., channel] == 0] = 1
            panels.append((title, values))
    return panels


def decode(encoded: np.ndarray) -> np.ndarray:
    """Decode an image file (bytes,) uint8 to RGB (h, w, 3) uint8."""
    return np.array(Image.open(io.BytesIO(encoded.tobytes())).convert("RGB"))
