"""Which jobs have converged: by their histories, and by runs of twice the rounds."""

from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pandas as pd

from selfstudy.analysis.convergence import CONVERGED, Outlook, judge_gain, predict_gain
from selfstudy.analysis.intervals import arrange_runs
from selfstudy.analysis.runs import (
    KEYS,
    collect_histories,
    collect_runs,
    leave_out_collapsed,
)
from selfstudy.analysis.spread import estimate_margins
from selfstudy.analysis.utility import PLACE
from selfstudy.errors import DataError

MEASURED = {True: "as good", False: "better", None: "unclear"}  # when longer
COMPARED = [*KEYS, "longer", "gain", "noise", "low", "high"]
COLUMNS = [*KEYS, "accuracy", "rise", "expected", "error", *COMPARED[len(KEYS) :], CONVERGED, "why"]


def collect_with_convergence(
    paths: Iterable[str | Path], longer: Iterable[str | Path] = ()
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Collect runs, and find out which have converged.

    Args:
        paths: as in `selfstudy.analysis.runs.collect_runs`; `history.csv` lies beside each.
        longer: the same of jobs that trained for twice as many rounds.

    Returns:
        The table of `collect_runs`, which says of each run whether its job has `converged`; that of
        `tabulate_convergence`.

    Raises:
        DataError: a table cannot be read or lacks a column or a number, or the longer runs have
            other than twice the rounds.
    """
    paths, longer = list(map(Path, paths)), list(longer)
    runs = collect_runs(paths)
    histories = collect_histories([path.with_name("history.csv") for path in paths])
    others = collect_runs(longer) if longer else runs[:0]
    convergence = tabulate_convergence(runs, histories, others)
    return runs.merge(convergence[[*KEYS, CONVERGED]], "left", on=KEYS), convergence


def tabulate_convergence(
    runs: pd.DataFrame, histories: pd.DataFrame, longer: pd.DataFrame
) -> pd.DataFrame:
    """Tabulate which jobs have converged.

    Args:
        runs: the table of `selfstudy.analysis.runs.collect_runs`.
        histories: that of `collect_histories` of these.
        longer: that of `collect_runs` of jobs that trained for twice as many rounds.

    Returns:
        One row per job: its mean `accuracy`; the columns of `convergence.Outlook`; those of
        `compare_longer`, empty without such runs; whether it has `converged`, empty where that is
        not known; and `why`. Runs that have collapsed are left out.

    Raises:
        DataError: the longer runs have other than twice the rounds.
    """
    sound = leave_out_collapsed(runs)
    rows = []
    for place, group in histories.merge(sound[[*KEYS, "seed"]]).groupby(KEYS, sort=False):
        mean = group.groupby("round")[["learning_rate", "valid_accuracy"]].mean()
        outlook = predict_gain(*mean.to_numpy(float).T)
        rows.append((*place, *outlook, *outlook.judge()))
    table = pd.DataFrame(rows, columns=[*KEYS, *Outlook._fields, CONVERGED, "why"])
    table = table.astype({CONVERGED: "boolean"})
    table = table.merge(sound.groupby(KEYS)["accuracy"].mean().reset_index())
    table = table.merge(compare_longer(sound, leave_out_collapsed(longer)), "left", on=KEYS)
    for row in table.dropna(subset="gain").itertuples():
        converged = judge_gain(row.gain, np.nan_to_num(row.noise))
        table.loc[row.Index, CONVERGED] = converged
        table.loc[row.Index, "why"] = f"{MEASURED[converged]} when longer"
    return table[COLUMNS]


def compare_longer(usual: pd.DataFrame, longer: pd.DataFrame) -> pd.DataFrame:
    """Compare runs with such as trained for twice as many rounds, seed by seed.

    Args:
        usual: the table of `selfstudy.analysis.runs.collect_runs`.
        longer: the same of the longer runs; others than of jobs of `usual` are passed over.

    Returns:
        One row per job that has both: mean accuracy of the `longer` runs, what they `gain`, its
        standard error `noise` over the seeds that both have, and the ends of its 95 % interval,
        `low` and `high`; none of these three with one seed.

    Raises:
        DataError: the longer runs have other than twice the rounds.
    """
    both = usual.merge(longer[[*KEYS, "seed", "accuracy", "rounds"]], on=[*KEYS, "seed"])
    wrong = both[both["rounds_y"] != 2 * both["rounds_x"]]
    if len(wrong):
        row = wrong.iloc[0]
        raise DataError(
            f"{'/'.join(str(row[key]) for key in KEYS)}: {row['rounds_y']} rounds of the longer "
            f"run: expected twice {row['rounds_x']}"
        )
    both["accuracy"] = both["accuracy_y"] - both["accuracy_x"]
    tables = [pd.DataFrame(columns=COMPARED)]
    for _, group in both.groupby(PLACE, sort=False):
        table = group.groupby(KEYS, sort=False).agg(
            longer=("accuracy_y", "mean"), gain=("accuracy", "mean"), noise=("accuracy", "sem")
        )
        gains = arrange_runs(group)
        margin = estimate_margins(gains.accuracy, gains.network, gains.labels)
        ends = gains.tabulate(gains.mean - margin, gains.mean + margin)
        tables.append(table.reset_index().merge(ends, "left", on=["pretext", "labels"]))
    return pd.concat(tables[1:] or tables, ignore_index=True)[COMPARED]
