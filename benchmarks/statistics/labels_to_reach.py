"""How often intervals of the labels that an accuracy needs hold the truth.

Worlds differ in how accuracy rises with labels. Those of `FAMILIAR` are among the forms that curves
are mixed of. Few studies of `STRANGE`, which are not, have settled how wide intervals are; those of
`UNSEEN` were tried once, after that.
"""

from collections.abc import Collection, Iterable

import numpy as np
import pandas as pd
from scipy import stats
from studies import NOISES, PAPER

from selfstudy.analysis.intervals import Points
from selfstudy.analysis.needs import Estimate, estimate, find_equals, fit_points

SEEDS = (2, 3, 5)
FOUR = np.array([100.0, 300, 1000, 5000])
BUDGETS = {"four": FOUR, "five": PAPER[:5], "the paper's": PAPER}
# How error falls from about 1 at the first budget; r is from 0.15 to 0.6.
FAMILIAR = {
    "power law": lambda n, r: n**-r,
    "logistic in log n": lambda n, r: 2 / (1 + n ** (1.5 * r)),
    "exponential in a root of n": lambda n, r: np.exp(1 - n ** (r / 2)),
    "two power laws": lambda n, r: (n**-r + n ** (-r / 3)) / 2,
}
STRANGE = {
    "logarithm, up to a ceiling": lambda n, r: np.maximum(1 - r / 3 * np.log(n), 0),
    "power law, steeper from 10 n on": lambda n, r: n ** (-r / 2) * (1 + n / 10) ** (-r / 2),
    "power law, flatter from 10 n on": lambda n, r: n**-r * (1 + n / 10) ** (r / 2),
    "Gompertz in log n": lambda n, r: 1 - np.exp(-1.5 * n ** (-1.5 * r)),
    "normal distribution in log n": lambda n, r: stats.norm.sf(np.log(n) * r - 0.7),
    "two steps": lambda n, r: 0.6 / (1 + n ** (2 * r)) + 0.4 / (1 + (n / 30) ** (2 * r)),
    "arctangent in log n": lambda n, r: np.pi / 2 - np.arctan(3 * r * np.log(n) - 1),
    "one over a logarithm": lambda n, r: 1 / (1 + r * np.log(n)),
    "power law that slows from 5 n to 20 n": lambda n, r: (
        (np.minimum(n, 5) * (np.clip(n, 5, 20) / 5) ** 0.2 * np.maximum(n / 20, 1)) ** -r
    ),
    "power law with ripples": lambda n, r: n**-r * (1 + 0.06 * np.sin(2 * np.log(n))),
    "no rise up to 3 n, then a power law": lambda n, r: np.maximum(n / 3, 1) ** -r,
    "power law that rests from 12 n to 30 n": lambda n, r: (
        (np.minimum(n, 12) * (np.clip(n, 12, 30) / 12) ** 0.1 * np.maximum(n / 30, 1)) ** -r
    ),
    "power law with a step at 7 n": lambda n, r: n**-r * (1 - 0.15 / (1 + (7 / n) ** 4)),
    "power law with quick ripples": lambda n, r: n**-r * (1 + 0.04 * np.sin(3.5 * np.log(n))),
    "exponential and a logarithm": lambda n, r: np.exp(1 - n**r) / 2 + 0.5 / (1 + r * np.log(n)),
    "power law, twice as steep from 30 n on": lambda n, r: n**-r * np.maximum(n / 30, 1) ** -r,
}
UNSEEN = {
    "power law that rests from 2 n to 5 n": lambda n, r: (
        (np.minimum(n, 2) * (np.clip(n, 2, 5) / 2) ** 0.1 * np.maximum(n / 5, 1)) ** -r
    ),
    "power law that slows from 20 n to 100 n": lambda n, r: (
        (np.minimum(n, 20) * (np.clip(n, 20, 100) / 20) ** 0.3 * np.maximum(n / 100, 1)) ** -r
    ),
    "one over a squared logarithm": lambda n, r: 1 / (1 + r / 2 * np.log(n)) ** 2,
}
SHAPES = UNSEEN | STRANGE | FAMILIAR
NOISE = {  # spread at the first budget; how it falls; what a seed's budgets share; how it is spread
    "1 point": (0.01, 0.0, 0.0, "normal"),
    "1 point, falling": (0.01, 0.3, 0.0, "normal"),
    "2 points, shared": (0.02, 0.2, 0.6, "normal"),
    "heavy tails": (0.01, 0.2, 0.3, "tailed"),
}
PLACES = ("inside", "beyond", "as good as")
UTILITIES = (0.0, 1.5)  # of the method at the first budget, drawn evenly; it falls as n^-0.2


class Study:
    """A simulated study of scratch and a method that saves labels, and the truth.

    Args:
        shape: of SHAPES.
        labels: budgets (k,).
        seeds: how many.
        noise: of NOISE.
        rng: to draw from.
    """

    def __init__(
        self, shape: str, labels: np.ndarray, seeds: int, noise: str, rng: np.random.Generator
    ) -> None:
        self.labels = labels
        self.floor, self.start = rng.uniform(0, 0.3), rng.uniform(0.4, 0.85)
        self.best = 1 - self.floor - 1e-6
        self.rate, self.fall = rng.uniform(0.15, 0.6), SHAPES[shape]
        self.utility = rng.uniform(*UTILITIES)
        self.fits = {}
        for name, truth in (
            ("scratch", self.measure(labels)),
            ("method", self.measure(self.equate(labels))),
        ):
            spread, power, shared, kind = NOISE[noise]
            own, common = (NOISES[kind](rng, (seeds, width)) for width in (len(labels), 1))
            drawn = np.sqrt(1 - shared) * own + np.sqrt(shared) * common
            runs = np.clip(truth + spread * (labels / labels[0]) ** -power * drawn, 0, 1)
            network = np.arange(seeds)[None]
            self.fits |= fit_points(Points(np.array([name]), labels, runs[None], network))

    def measure(self, labels: np.ndarray | float) -> np.ndarray | float:
        """The true accuracy from scratch."""
        left = self.fall(labels / self.labels[0], self.rate) / self.fall(1.0, self.rate)
        return 1 - self.floor - (self.start - self.floor) * left

    def equate(self, labels: np.ndarray | float) -> np.ndarray | float:
        """The true n̂ of the method."""
        return labels * (1 + self.utility * (labels / self.labels[0]) ** -0.2)


def test_study(study: Study, rng: np.random.Generator) -> list[dict]:
    """Ask of a study all that a page says: a row each, none where it says nothing.

    Accuracies that a true curve has reached for good are left out: no number of labels is theirs.
    """
    scratch, method = study.fits["scratch"], study.fits["method"]
    first, last = study.labels[[0, -1]]
    asked = []
    if scratch.curve is not None:
        for place, ends in (("inside", (first, last)), ("beyond", (last, 2 * last))):
            true = np.exp(rng.uniform(*np.log(ends)))
            if study.measure(true) < study.best:
                needed = estimate(scratch.curve.find_labels(float(study.measure(true))))
                asked.append((place, needed, true))
    labels = np.exp(rng.uniform(*np.log([first, last])))
    equals = find_equals(method, scratch, labels)
    true = study.equate(labels)
    if equals is not None and study.measure(true) < study.best:
        asked.append(("as good as", equals, true))
    return [tell(*each) for each in asked] + [{"refused": scratch.curve is None}]


def tell(place: str, found: Estimate, true: float) -> dict:
    """Tell whether an interval holds the truth, and whether it has no upper end."""
    held, is_open = found.low <= true <= found.high, not np.isfinite(found.high)
    return {"place": place, "held": held, "open": is_open}


def count_held(
    shape: str, labels: np.ndarray, seeds: int, noise: str, studies: int
) -> pd.DataFrame:
    """Give a row per question, and one per study on whether a curve was refused."""
    rng, rows = np.random.default_rng([seeds, len(labels), list(NOISE).index(noise)]), []
    with np.errstate(divide="ignore"):
        for _ in range(studies):
            rows += test_study(Study(shape, labels, seeds, noise, rng), rng)
    return pd.DataFrame(rows)


def tabulate_needs(studies: int, shapes: Collection[str] = tuple(SHAPES)) -> pd.DataFrame:
    """Give a row per shape; percent, with 2, 3 and 5 seeds, over BUDGETS and NOISE alike.

    In brackets how many intervals have no upper end; `refused` is where no curve is fitted.
    """
    rows, each = [], -(-studies // (len(BUDGETS) * len(NOISE)))
    for shape in shapes:
        found = [
            pd.concat(
                count_held(shape, labels, seeds, noise, each)
                for labels in BUDGETS.values()
                for noise in NOISE
            )
            for seeds in SEEDS
        ]
        row = {"error": shape}
        for place in PLACES:
            own = [table[table["place"] == place] for table in found]
            held, unended = (join([t[of].mean() for t in own]) for of in ("held", "open"))
            row[place] = f"{held} ({unended})"
        rows.append(row | {"refused": join([table["refused"].mean() for table in found])})
    return pd.DataFrame(rows)


def join(shares: Iterable[float]) -> str:
    """Write shares as percent."""
    return " / ".join(f"{100 * share:.0f}" for share in shares)
