"""The measure that utility is read from, in place of accuracy where another is asked for."""

import pandas as pd

from selfstudy.analysis.runs import KEYS
from selfstudy.errors import DataError
from selfstudy.measures import ACCURACY, TITLES, spell_measure

MEASURE = "measure"  # the column that says which one stands in `accuracy`


def use_measure(table: pd.DataFrame, measure: str) -> pd.DataFrame:
    """Put a measure in place of accuracy, which all analysis reads.

    Whether a run has collapsed, or converged, has been told by its accuracy before.

    Args:
        table: of `collect_runs`, `collect_frozen` or `collect_linear` (`selfstudy.analysis.runs`).
        measure: one of `selfstudy.measures.TITLES`.

    Returns:
        The table, with a column `measure` that says it.

    Raises:
        DataError: a run lacks it.
    """
    if measure != ACCURACY and not table.empty:
        values = table[measure] if measure in table else pd.Series(float("nan"), table.index)
        lacking = table[values.isna()]
        if len(lacking):
            place = ", ".join(f"{key} {lacking.iloc[0][key]}" for key in [*KEYS, "seed"])
            raise DataError(
                f"measure: {measure!r}: {len(lacking)} of {len(table)} runs have no such number, "
                f"such as that of {place}: expected {ACCURACY!r}, or a measure that all have"
            )
        table = table.assign(accuracy=values)
    return table.assign(**{MEASURE: measure})


def find_measure(table: pd.DataFrame) -> str:
    """Find what stands in a table's column `accuracy`."""
    return table[MEASURE].iloc[0] if MEASURE in table and len(table) else ACCURACY


def title_measure(table: pd.DataFrame) -> str:
    """Name what stands in a table's column `accuracy`, as an axis does."""
    return TITLES[find_measure(table)]


def qualify_measure(table: pd.DataFrame) -> str:
    """Say what stands there, behind a name: ` (macro F1)`; nothing if it is accuracy."""
    measure = find_measure(table)
    return "" if measure == ACCURACY else f" ({spell_measure(measure)})"
