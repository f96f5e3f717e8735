"""Whether runs were trained to their end: utility measures nothing where finetuning is cut short."""

import pandas as pd

CONVERGED = "converged"  # of a run; where there is no such column, nothing is known


def keep_converged(runs: pd.DataFrame) -> pd.DataFrame:
    """Leave out the runs that are known not to have converged.

    Args:
        runs: the table of `selfstudy.analysis.runs.collect_runs`.
    """
    return runs[runs[CONVERGED].astype(bool)] if CONVERGED in runs else runs
