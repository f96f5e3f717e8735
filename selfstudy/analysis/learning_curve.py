"""Learning curves: accuracy against labels, between the budgets and beyond (docs/statistics.md).

A curve's shape is a mixture of two, each a power law with a floor, an exponential or a logistic
function of a power of n, drawn at random; what the points say of each shape is known in closed
form. So a fit is a sample of the curves that the points allow, and all that is read from it has an
interval that knows of the points' noise and of the form not being known.
"""

from functools import lru_cache
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from scipy import stats
from scipy.stats import qmc

FARTHEST = 4  # times the most labels that were measured
FEWEST_BUDGETS = 3
DRAWS, SHAPES, GRID = 2000, 2**14, 100
SCALES = (0.03, 1.0)  # of the shapes, times the fewest and the most labels
RISING = 0.05  # of the curves that the points allow; where fewer do, the points fall
STIFFNESS = 10  # of curves between budgets: less bends them more
UNLIKELY = 0.01  # that the closest curve is so far from the points by chance
# How error falls, as functions of n over a scale, and the power of it, from the least to the most.
FORMS = (
    (lambda x, power: (1 + x) ** -power, (0.02, 2.0)),
    (lambda x, power: np.exp(-(x**power)), (0.02, 1.0)),
    (lambda x, power: 1 / (1 + x**power), (0.05, 2.0)),
)


class Shapes(NamedTuple):
    """Shapes of curves, mixtures of two, that fall from 1 at the first budget to 0 at the last.

    Attributes:
        form: of both, by its place in FORMS (s, 2).
        scale: of labels (s, 2).
        power: of labels (s, 2).
        share: of the two in the mixture (s, 2).
        ends: the fewest and the most labels that were measured.
    """

    form: np.ndarray
    scale: np.ndarray
    power: np.ndarray
    share: np.ndarray
    ends: tuple[float, float]

    def choose(self, which: np.ndarray) -> "Shapes":
        """Give the shapes of these indices."""
        return Shapes(*(part[which] for part in self[:-1]), self.ends)

    def evaluate(self, labels: np.ndarray) -> np.ndarray:
        """Evaluate the shapes at `labels` (k,), infinity among them: (s, k)."""
        first, last = (self._fall(np.array([end])) for end in self.ends)
        fallen = (self._fall(labels) - last) / (first - last)
        return (self.share[..., None] * fallen).sum(1)

    def _fall(self, labels: np.ndarray) -> np.ndarray:
        x = labels / self.scale[..., None]
        power = np.broadcast_to(self.power[..., None], x.shape)
        value = np.empty(x.shape)
        for index, (fall, _) in enumerate(FORMS):
            own = self.form == index
            value[own] = fall(x[own], power[own])
        return value


class LearningCurve(NamedTuple):
    """The curves that points allow.

    Attributes:
        labels: from the fewest that were measured to FARTHEST times the most (g,).
        accuracy: of each curve there, rising (d, g).
    """

    labels: np.ndarray
    accuracy: np.ndarray

    def read(self, labels: float) -> np.ndarray:
        """Read the curves' accuracies (d,) at a number of labels within `self.labels`."""
        place = np.interp(np.log(labels), np.log(self.labels), np.arange(len(self.labels)))
        before = min(int(place), len(self.labels) - 2)
        low, high = self.accuracy[:, before], self.accuracy[:, before + 1]
        return low + (place - before) * (high - low)

    def find_labels(self, accuracy: np.ndarray | float) -> np.ndarray:
        """Find the labels at which each curve reaches an accuracy, one or as many as curves.

        Returns:
            Labels (d,): 0 where a curve starts above it, infinity where it ends below it.
        """
        below = (self.accuracy < np.reshape(accuracy, (-1, 1))).sum(1)
        after, curve = np.clip(below, 1, len(self.labels) - 1), np.arange(len(below))
        low, high = self.accuracy[curve, after - 1], self.accuracy[curve, after]
        share = np.clip((accuracy - low) / np.where(high > low, high - low, 1), 0, 1)
        logs = np.log(self.labels)
        needed = np.exp(logs[after - 1] + share * (logs[after] - logs[after - 1]))
        return np.select([below == 0, below == len(self.labels)], [0, np.inf], needed)


class UnfittedError(ValueError):
    """Points that no learning curve fits; it says why."""


@lru_cache(maxsize=32)
def draw_shapes(labels: tuple[float, ...]) -> tuple[Shapes, np.ndarray]:
    """Draw shapes for budgets: the same ones each time.

    Args:
        labels: the budgets (k,), rising.

    Returns:
        The shapes, and what they are at the budgets (s, k).
    """
    fewest, most = labels[0], labels[-1]
    drawn = qmc.Sobol(7, seed=0).random(SHAPES)
    form = (drawn[:, :2] * len(FORMS)).astype(int)
    low, high = np.log(SCALES[0] * fewest), np.log(SCALES[1] * most)
    scale = np.exp(low + drawn[:, 2:4] * (high - low))
    ends = np.log([powers for _, powers in FORMS])[form]  # (s, 2, 2)
    power = np.exp(ends[..., 0] + drawn[:, 4:6] * (ends[..., 1] - ends[..., 0]))
    share = np.stack([drawn[:, 6], 1 - drawn[:, 6]], 1)
    shapes = Shapes(form, scale, power, share, (fewest, most))
    first, last = (shapes._fall(np.array([end]))[..., 0] for end in shapes.ends)
    shapes = shapes.choose((first - last > 1e-4 * first).all(1))
    return shapes, shapes.evaluate(np.array(labels))


def fit_learning_curve(
    labels: np.ndarray, mean: np.ndarray, covariance: np.ndarray, freedom: float
) -> LearningCurve:
    """Sample the curves that points allow.

    With each shape, a curve is given by its accuracies at the first and the last budget, any of
    which are as likely before; after, they are distributed as Student's t about those of least
    squares. Curves that fall, or end above an accuracy of 1, are left out.

    Args:
        labels: budgets (k,), rising, FEWEST_BUDGETS or more.
        mean: accuracies at these (k,), from 0 to 1.
        covariance: of their errors (k, k).
        freedom: the degrees of freedom that it is known with.

    Raises:
        UnfittedError: no curve that rises fits the points.
    """
    shapes, at_first = draw_shapes(tuple(map(float, labels)))
    whiten = np.linalg.cholesky(np.linalg.inv(covariance))
    first, last, points = at_first @ whiten, (1 - at_first) @ whiten, mean @ whiten
    aa, ab, bb = (first**2).sum(1), (first * last).sum(1), (last**2).sum(1)
    ay, by, determinant = first @ points, last @ points, aa * bb - ab**2
    low, high = (bb * ay - ab * by) / determinant, (aa * by - ab * ay) / determinant
    misfit = np.maximum(points @ points - low * ay - high * by, 0)
    spare = len(labels) - 2
    if stats.f.sf(misfit.min() / spare, spare, freedom) < UNLIKELY:
        raise UnfittedError("no learning curve goes through its points")
    total = freedom + spare
    weight = -np.log(determinant) / 2 - total / 2 * np.log1p(misfit / freedom)
    weight = np.exp(weight - weight.max())

    rng = np.random.default_rng(0)
    chosen = rng.choice(len(weight), 4 * DRAWS, p=weight / weight.sum())
    t = rng.standard_normal((2, len(chosen))) / np.sqrt(rng.chisquare(total, len(chosen)) / total)
    t *= np.sqrt((freedom + misfit[chosen]) / total)
    root = np.sqrt(bb / determinant)[chosen]  # of their covariance
    start = low[chosen] + root * t[0]
    end = high[chosen] - (ab / determinant)[chosen] / root * t[0] + t[1] / np.sqrt(bb[chosen])
    limit = shapes.choose(chosen).evaluate(np.array([np.inf]))[:, 0]
    sound = np.flatnonzero((start < end) & (start * limit + end * (1 - limit) <= 1))
    if len(sound) < RISING * len(chosen):
        raise UnfittedError("its accuracy does not rise with labels")
    sound = sound[:DRAWS]
    grid = np.union1d(np.geomspace(labels[0], FARTHEST * labels[-1], GRID), labels)
    fallen = shapes.choose(chosen[sound]).evaluate(grid)
    accuracy = start[sound, None] * fallen + end[sound, None] * (1 - fallen)
    bend(accuracy, np.searchsorted(grid, labels), rng)
    return LearningCurve(grid, accuracy)


def bend(accuracy: np.ndarray, budgets: np.ndarray, rng: np.random.Generator) -> None:
    """Bend rising curves between budgets, where nothing was measured, in place.

    Between two budgets, a curve rises by as much as before, but by steps that are drawn: gamma
    distributed, `STIFFNESS` of them on average making up the whole (a Dirichlet process).

    Args:
        accuracy: of the curves (d, g).
        budgets: their places in these (k,).
        rng: to draw from.
    """
    rises = np.maximum(np.diff(accuracy), 1e-12)  # which rounding may make flat
    for first, last in pairwise(budgets):
        rise = rises[:, first:last]
        whole = rise.sum(1, keepdims=True)
        steps = rng.standard_gamma(STIFFNESS * rise / whole)
        bent = whole * steps.cumsum(1) / steps.sum(1, keepdims=True)
        accuracy[:, first + 1 : last] = accuracy[:, first, None] + bent[:, :-1]
