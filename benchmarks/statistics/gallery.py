"""Draws the figures of docs/gallery.md, except images: `python benchmarks/statistics/gallery.py`.

They are of a simulated study, so that each has something to show: its numbers mean nothing.
"""

import io
from collections.abc import Callable, Iterator
from importlib import import_module
from inspect import signature
from pathlib import Path

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from PIL import Image
from worlds import CODES, World, simulate_world

from selfstudy.analysis.advice import Question
from selfstudy.analysis.decision import advise_all
from selfstudy.analysis.figures import list_names
from selfstudy.analysis.figures.learning import draw_learning_curves
from selfstudy.analysis.figures.style import assign_looks
from selfstudy.drawing import RC
from selfstudy.files import write_whole

FOLDER = Path(__file__).parents[2] / "docs" / "gallery"
IMAGES = "fig2"  # of images, not of runs: docs/rendered.png
DOTS, COLORS = 100, 64  # an inch; of a picture
ROUNDS, LAYERS = np.arange(1, 31), (0, 1, 2)
WORLD = World(
    utility=lambda n: 1.2 * (1000 / n) ** 0.4 - 0.3,
    datasets=6,
    backbones=2,
    tasks=2,
    training=0.008,
    subsets=0.004,
    pretraining=0.004,
    vary=0.2,
    by_method=0.3,
    both=0.15,
    factor=0.3,
    network=-0.3,
    linear=0.6,
    labels=np.array([100.0, 250, 1000, 4000, 20000]),
)
SIZES = {"": 200_000, "-20000": 20_000, "-2000": 2000}  # images that pretrain, by a start's ending


class Simulated:
    """What the figures show, each by the name that `draw` asks for it by.

    Args:
        datasets: how many of them.
        backbones: how many.
        tasks: how many.
    """

    def __init__(self, datasets: int, backbones: int = 1, tasks: int = 1) -> None:
        drawn = simulate_world(WORLD, np.random.default_rng(3))
        known = CODES[:datasets], ("r9", "r50")[:backbones], ("classify", "pose")[:tasks]

        def choose(table: pd.DataFrame) -> pd.DataFrame:
            table = table.replace({"task": {"a": "classify", "b": "pose"}})
            table = table.astype({"labels": int})
            for column, names in zip(("dataset", "backbone", "task"), known, strict=True):
                table = table[table[column].isin(names)]
            return table

        self.runs, self.linear = choose(drawn.tabulate_runs()), choose(drawn.tabulate_linear())

    @property
    def looks(self) -> dict:
        return assign_looks(list(dict.fromkeys(self.runs["pretext"])))

    @property
    def histories(self) -> pd.DataFrame:
        rng, found = np.random.default_rng(0), []
        for number in ROUNDS:
            reached = 1 - 0.7 * np.exp(-number / 7) + 0.01 * rng.standard_normal(len(self.runs))
            accuracy = self.runs["accuracy"] * reached
            found.append(self.runs.assign(round=number, valid_accuracy=accuracy))
        return pd.concat(found)

    @property
    def frozen(self) -> pd.DataFrame:
        chosen = (self.runs["pretext"] != "scratch") & (self.runs["labels"] == 1000)
        tuned = self.runs[chosen]
        return pd.concat(
            tuned.assign(layer=layer, accuracy=tuned["accuracy"] * (1 - 0.06 * (layer + 1)))
            for layer in LAYERS
        )


def add_sizes(study: Simulated) -> None:
    """Give each of two methods three numbers of images; the fewer, the less they are worth."""
    scratch = study.runs[study.runs["pretext"] == "scratch"]
    found = [scratch.assign(pretrain_images=0)]
    for method in ("rotate", "amdim"):
        runs = study.runs[study.runs["pretext"] == method]
        for number, (ending, images) in enumerate(SIZES.items()):
            worse = runs["accuracy"] - 0.012 * number
            named = {"pretext": method + ending, "pretrain_images": images, "accuracy": worse}
            found.append(runs.assign(**named))
    study.runs = pd.concat(found)


def choose_study(name: str) -> Simulated:
    """Choose what a figure shows well: few panels, but all that it needs."""
    few = {"fig1": (6, 2, 2), "fig4": (1, 1, 2), "fig5": (1, 2), "fig6": (6,), "fig10": (6,)}
    study = Simulated(*few.get(name, (2,) if name == "fig11" else (1,)))
    if name == "fig7":
        study = Simulated(6)
        for table in ("runs", "linear"):
            rows = getattr(study, table)
            setattr(study, table, rows[rows["labels"].isin([250, 4000])])
    if name == "fig10":
        study.runs = study.runs[study.runs["labels"].isin([250, 4000])]
    if name == "fig11":
        add_sizes(study)
    return study


def draw_figure(name: str) -> Figure:
    """Draw one of `selfstudy.analysis.figures.list_names`."""
    draw, study = import_module(f"selfstudy.analysis.figures.{name}").draw, choose_study(name)
    wanted = set(signature(draw).parameters) - {"interpolation"}
    return draw(**{part: getattr(study, part) for part in wanted})


def draw_decision() -> Figure:
    """Draw what the decision page shows."""
    study = Simulated(1)
    study.runs = study.runs[study.runs["pretext"].isin(["scratch", "rotate", "cmc"])]
    return draw_learning_curves(advise_all(study.runs, Question(), {}), study.looks)


def list_drawings() -> Iterator[tuple[str, Callable[[], Figure]]]:
    """List the pictures by name."""
    for name in list_names():
        if name != IMAGES:
            yield name, lambda name=name: draw_figure(name)
    yield "decision", draw_decision


def save_small(figure: Figure, path: Path) -> None:
    """Save a picture of few colours."""
    buffer = io.BytesIO()
    with mpl.rc_context(RC):
        figure.savefig(buffer, format="png", dpi=DOTS, bbox_inches="tight")
    picture = Image.open(buffer).convert("RGB").quantize(COLORS, dither=Image.Dither.NONE)
    with write_whole(path) as temporary:
        picture.save(temporary, format="png", optimize=True)


if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    for name, draw in list_drawings():
        save_small(draw(), FOLDER / f"{name}.png")
        print(f"docs/gallery/{name}.png")
