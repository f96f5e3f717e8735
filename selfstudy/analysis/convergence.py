"""Whether runs were trained to their end: utility measures nothing where they are cut short."""

import pandas as pd

CONVERGED = "converged"  # of a run; where there is no such column or value, nothing is known


def keep_converged(runs: pd.DataFrame) -> tuple[pd.DataFrame, int]:
    """Leave out the runs that are known not to have converged.

    Args:
        runs: the table of `selfstudy.analysis.runs.collect_runs`.

    Returns:
        The other runs, and how many were left out.
    """
    if CONVERGED not in runs:
        return runs, 0
    cut_short = runs[CONVERGED].eq(False).fillna(False).astype(bool)
    return runs[~cut_short], int(cut_short.sum())
