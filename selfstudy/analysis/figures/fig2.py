"""Figure 2: a contact sheet of the datasets, a row per factor code and a column per class."""

import io
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure
from PIL import Image

from selfstudy.data.hdf5 import opened
from selfstudy.data.packed import CLASSES
from selfstudy.errors import DataError
from selfstudy.factors import MULTI, Factors

CELL = 0.9  # inches


def draw(packed: dict[str, list[Path]]) -> Figure:
    """Show the first image of each class of every single-object dataset.

    Args:
        packed: packed files of each dataset, by its name, such as `0110`; the first file of each
            is read. Multi-object datasets have no class per image and are left out.

    Raises:
        DataError: a file is missing, damaged or not in the packed format.
    """
    names = [name for name in packed if not name.endswith(MULTI)]
    rows, columns = max(len(names), 1), len(CLASSES)
    figure = Figure(figsize=(CELL * (columns + 1), CELL * (rows + 0.4)), layout="constrained")
    axes = figure.subplots(rows, columns, squeeze=False)
    for panel in axes.flat:
        panel.set(xticks=[], yticks=[])
        panel.spines[:].set_visible(False)
    for panel, title in zip(axes[0], CLASSES, strict=True):
        panel.set_title(title, fontsize=8)
    for row, name in zip(axes, names, strict=False):
        factors = Factors.parse(name)
        label = f"{factors.code}\n{factors.letters}"
        row[0].set_ylabel(
            label, rotation=0, ha="right", va="center", fontsize=8, family="monospace"
        )
        for class_id, image in first_of_each_class(packed[name][0]).items():
            row[class_id].imshow(image)
    return figure


def first_of_each_class(path: Path) -> dict[int, np.ndarray]:
    """The first image of every class in a packed file: uint8 (height, width, 3) by class id."""
    with opened(path) as file:
        try:
            classes, places = np.unique(file["targets"][:], return_index=True)
            return {
                int(class_id): np.array(
                    Image.open(io.BytesIO(file["png_images"][place].tobytes())).convert("RGB")
                )
                for class_id, place in zip(classes, places, strict=True)
                if class_id < len(CLASSES)
            }
        except (OSError, KeyError, ValueError) as error:
            raise DataError(f"{path}: expected packed single-object images: {error}") from error
