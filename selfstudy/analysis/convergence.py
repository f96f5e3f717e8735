"""Whether runs were trained to their end: utility measures nothing where finetuning is cut short.

A run whose learning rate ends at zero looks flat at its end, whether it was cut short or not. What
twice the rounds would bring is therefore read from its whole history, or measured
(docs/statistics.md).
"""

from typing import NamedTuple

import numpy as np
import pandas as pd

from selfstudy.analysis import KEYS
from selfstudy.analysis.spread import estimate_margins
from selfstudy.errors import DataError

CONVERGED = "converged"  # of a run; where there is no such column, nothing is known
MARGIN = 0.01  # of accuracy: who brings no more by twice the rounds has converged
SHARE = 1 / 3  # of the training, from which on its rise counts
FEWEST_ROUNDS = 6  # of that
DOUBLED = 1 - 2**-0.5  # of a distance that falls with the root of the training
LEVEL, RISES, FEW = "level", "rises", "too few rounds"
AS_GOOD, BETTER = "as good when longer", "better when longer"
JUDGED = [*KEYS, "gain", "noise", CONVERGED, "why"]
PLACE = ["dataset", "backbone", "task"]
PAIRED = ["accuracy", "longer", "difference", "noise", "low", "high"]


class Gain(NamedTuple):
    """What twice the rounds would bring.

    Attributes:
        mean: in accuracy; not a number where there are too few rounds to tell.
        error: its standard error.
        late: whether most of the rise came in the second half of the rounds.
    """

    mean: float
    error: float
    late: bool

    @property
    def why(self) -> str:
        """Why the run has or has not converged."""
        if np.isnan(self.mean):
            return FEW
        return RISES if self.late or self.mean + self.error > MARGIN else LEVEL


def keep_converged(runs: pd.DataFrame) -> pd.DataFrame:
    """Leave out the runs that are known not to have converged.

    Args:
        runs: the table of `selfstudy.analysis.runs.collect_runs`.
    """
    return runs[runs[CONVERGED].astype(bool)] if CONVERGED in runs else runs


def predict_gain(rates: np.ndarray, accuracy: np.ndarray) -> Gain:
    """Predict what twice the rounds would bring, by how accuracy came about.

    With s, the sum of learning rates so far, as the length of the training, accuracy is fitted by
    `a - b s^(-1/2) - c rate`, of which the last part is what the rate's fall brings anyway.

    Args:
        rates: the learning rate at the end of each round (r,), not all zero.
        accuracy: after each (r,).
    """
    length = np.cumsum((np.append(0, rates[:-1]) + rates) / 2)
    begun = (length >= SHARE * length[-1]) & (np.arange(len(rates)) >= rates.argmax())
    if begun.sum() < FEWEST_ROUNDS:
        return Gain(np.nan, np.nan, False)
    left = np.sqrt(length[-1] / length[begun])
    parts = np.stack([np.ones(begun.sum()), -left, -rates[begun] / rates.max()], axis=1)
    found, *_ = np.linalg.lstsq(parts, accuracy[begun])
    residual = accuracy[begun] - parts @ found
    variance = residual @ residual / (begun.sum() - 3) * np.linalg.pinv(parts.T @ parts)[1, 1]
    if found[2] < 0:  # a falling rate does no harm
        found, *_ = np.linalg.lstsq(parts[:, :2], accuracy[begun])
    late = accuracy[-1] - accuracy[len(accuracy) // 2 - 1]
    return Gain(
        DOUBLED * max(found[1], 0),
        DOUBLED * np.sqrt(variance),
        bool(late > max(MARGIN, (accuracy[-1] - accuracy.min()) / 2)),
    )


def judge_convergence(histories: pd.DataFrame, longer: pd.DataFrame) -> pd.DataFrame:
    """Judge which jobs have converged.

    Args:
        histories: the table of `selfstudy.analysis.runs.collect_histories`.
        longer: that of `compare_longer`, which decides where it has a job.

    Returns:
        One row per job: the `gain` by twice the rounds, as its history has it, and that one's
        standard error, `noise`; whether it has `converged`, and `why`.
    """
    measured, rows = longer.set_index(KEYS)[CONVERGED], []
    for place, group in histories.dropna(subset="valid_accuracy").groupby(KEYS, sort=False):
        mean = group.groupby("round")[["learning_rate", "valid_accuracy"]].mean()
        gain = predict_gain(*mean.to_numpy(float).T)
        why = gain.why
        if place in measured.index:
            why = AS_GOOD if measured[place] else BETTER
        rows.append((*place, gain.mean, gain.error, why in (LEVEL, AS_GOOD), why))
    return pd.DataFrame(rows, columns=JUDGED)


def compare_longer(usual: pd.DataFrame, longer: pd.DataFrame) -> pd.DataFrame:
    """Compare runs with such as trained for twice as many rounds.

    Args:
        usual: runs, with the columns of `KEYS`, `seed`, `accuracy` and `rounds`.
        longer: runs of the same kind.

    Returns:
        One row per job that has both: mean `accuracy`, that of the `longer` runs, their
        `difference` over `n` seeds that both have, its standard error `noise`, the ends of its 95 %
        interval, not numbers where one seed is all, and whether the job has `converged`: the longer
        runs are not better by more than the margin and the noise.

    Raises:
        DataError: the longer runs have other than twice the rounds.
    """
    both = usual.merge(longer, on=[*KEYS, "seed"], suffixes=("", "_longer"))
    wrong = both[both["rounds_longer"] != 2 * both["rounds"]]
    if len(wrong):
        row = wrong.iloc[0]
        raise DataError(
            f"{'/'.join(str(row[key]) for key in KEYS)}: {row['rounds_longer']} rounds of the "
            f"longer run: expected twice {row['rounds']}"
        )
    both["difference"] = both["accuracy_longer"] - both["accuracy"]
    tables = [pd.DataFrame(columns=[*KEYS, "n", *PAIRED, CONVERGED])]
    for _, group in both.groupby(PLACE, sort=False):
        jobs = group.groupby(KEYS, sort=False)
        table = jobs.agg(
            n=("seed", "size"),
            accuracy=("accuracy", "mean"),
            longer=("accuracy_longer", "mean"),
            difference=("difference", "mean"),
            noise=("difference", "sem"),
        ).reset_index()
        margin = table[["pretext", "labels"]].merge(_find_margins(group), "left")["margin"]
        table["low"], table["high"] = table["difference"] - margin, table["difference"] + margin
        table[CONVERGED] = table["difference"] <= table["noise"].clip(lower=MARGIN).fillna(MARGIN)
        tables.append(table)
    return pd.concat(tables[1:] or tables, ignore_index=True)


def _find_margins(differences: pd.DataFrame) -> pd.DataFrame:
    """Find half the width of intervals of mean differences, of a dataset, backbone and task."""
    wide = differences.pivot(index=["pretext", "seed"], columns="labels", values="difference")
    methods = wide.index.unique("pretext")
    seeds = wide.index.unique("seed")
    wide = wide.reindex(pd.MultiIndex.from_product([methods, seeds]))
    values = wide.to_numpy().reshape(len(methods), len(seeds), -1)
    network = np.zeros(values.shape[:2], int)
    margins = estimate_margins(values, network, wide.columns.to_numpy())
    return pd.DataFrame(margins, methods, wide.columns).stack().rename("margin").reset_index()
