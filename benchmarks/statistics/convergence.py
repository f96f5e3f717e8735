"""How often runs are called converged, by what twice their rounds would truly add."""

from typing import NamedTuple

import numpy as np
import pandas as pd

from selfstudy.analysis.convergence import FEWEST_ROUNDS, judge_gain, predict_gain

START, SEED_SPREAD = 0.1, 0.01
# The share of what can be learned that is, after so much training.
SHAPES = {
    "exponential": lambda s: 1 - np.exp(-s),
    "stretched exponential": lambda s: 1 - np.exp(-np.sqrt(s)),
    "power of -1": lambda s: 1 - 1 / (1 + s),
    "power of -1/2": lambda s: 1 - (1 + s) ** -0.5,
    "begins late": lambda s: s**2 / (1 + s**2),
}
GAINS = {  # in points
    "below 0.5": (-np.inf, 0.005),
    "0.5 to 1": (0.005, 0.01),
    "1 to 2": (0.01, 0.02),
    "more than 2": (0.02, np.inf),
}


class Training(NamedTuple):
    """How accuracy truly comes about in training.

    Attributes:
        rounds: of it; a tenth of them warms up, then the rate falls to zero along a line.
        shape: a name of `SHAPES`.
        pace: the training that it takes, in units of the whole's.
        top: accuracy at its end.
        harm: by how much the highest rate lowers accuracy.
        power: of the rate, that the harm goes by.
        noise: of accuracy after a round, and how much more of it there is at the highest rate.
    """

    rounds: int
    shape: str
    pace: float
    top: float
    harm: float
    power: float
    noise: tuple[float, float]

    def list_rates(self) -> np.ndarray:
        """List the learning rates at the ends of rounds, the highest being 1 (r,)."""
        rounds = np.arange(self.rounds + 1)
        warm = max(1, round(self.rounds / 10))
        return np.minimum(rounds / warm, (self.rounds - rounds) / (self.rounds - warm))[1:]

    def measure(self) -> np.ndarray:
        """Give the true accuracy after each round (r,)."""
        rates = self.list_rates()
        length = np.cumsum((np.append(0, rates[:-1]) + rates) / 2)
        learned = SHAPES[self.shape](length / (self.pace * self.rounds))
        return START + learned * (self.top - START - self.harm * rates**self.power)

    def lengthen(self) -> "Training":
        return self._replace(rounds=2 * self.rounds, pace=self.pace / 2)

    def draw(self, seeds: int, rng: np.random.Generator) -> np.ndarray:
        """Draw the histories of seeds (s, r)."""
        steady, more = self.noise
        scale = steady + more * self.list_rates()
        own = SEED_SPREAD * rng.standard_normal((seeds, 1))
        return self.measure() + own + scale * rng.standard_normal((seeds, self.rounds))


def draw_training(rng: np.random.Generator) -> Training:
    return Training(
        rounds=int(np.exp(rng.uniform(np.log(4), np.log(300)))),
        shape=str(rng.choice(list(SHAPES))),
        pace=10 ** rng.uniform(-2.5, 0.5),
        top=rng.uniform(0.4, 0.99),
        harm=rng.choice([0, 0.02, 0.05, 0.1, 0.2]),
        power=rng.choice([0.5, 1, 2]),
        noise=(rng.choice([0.002, 0.005, 0.01]), rng.choice([0, 0.01, 0.03])),
    )


def judge_last_quarter(drawn: np.ndarray) -> bool | None:
    """Judge by how much higher the last quarter of histories (s, r) is than the one before it."""
    quarter = drawn.shape[1] // 4
    rise = drawn[:, -quarter:].mean(1) - drawn[:, -2 * quarter : -quarter].mean(1)
    return judge_gain(rise.mean(), rise.std(ddof=1) / np.sqrt(len(rise)))


def judge_trainings(count: int, seeds: int) -> pd.DataFrame:
    """Judge simulated trainings.

    Returns:
        One row each: what twice the rounds would truly `gain`, whether there are `few` rounds, and
        the verdicts by its `history`, by that one's last `quarter` and by `longer` runs.
    """
    rng, rows = np.random.default_rng(0), []
    for _ in range(count):
        short = draw_training(rng)
        long, rates = short.lengthen(), short.list_rates()
        drawn, added = short.draw(seeds, rng), long.draw(seeds, rng)[:, -1]
        outlook = predict_gain(rates, drawn.mean(0))
        gains = added - drawn[:, -1]
        rows.append(
            {
                "gain": long.measure()[-1] - short.measure()[-1],
                "few": np.isnan(outlook.expected),
                "history": outlook.judge()[0],
                "quarter": judge_last_quarter(drawn),
                "longer": judge_gain(gains.mean(), gains.std(ddof=1) / np.sqrt(seeds)),
            }
        )
    return pd.DataFrame(rows)


def tabulate_verdicts(count: int, seeds: int = 3) -> pd.DataFrame:
    """Give a row per true gain; percent: converged / not / not known."""
    judged = judge_trainings(count, seeds)
    rows = []
    for name, (low, high) in GAINS.items():
        chosen = judged[judged["gain"].between(low, high, inclusive="right")]
        row = {"true gain, points": name}
        for column, part in (
            (f"by history, {FEWEST_ROUNDS} rounds or more", chosen[~chosen["few"]]["history"]),
            ("by history, fewer rounds", chosen[chosen["few"]]["history"]),
            ("by the last quarter", chosen["quarter"]),
            ("by runs of twice the rounds", chosen["longer"]),
        ):
            said = [100 * part.isin([value]).mean() for value in (True, False)]
            row[column] = f"{said[0]:.0f} / {said[1]:.0f} / {100 - sum(said):.0f} ({len(part)})"
        rows.append(row)
    return pd.DataFrame(rows)
