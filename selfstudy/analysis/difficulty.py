"""How hard each factor setting is: one table of all confusion matrices."""

from collections.abc import Mapping
from pathlib import Path

import pandas as pd

from selfstudy.analysis.tables import read_table, require_numbers

COLUMNS = ("classifier", "label", "predicted", "images")


def read_confusion(path: str | Path, classifier: str = "network") -> pd.DataFrame:
    """Read a confusion matrix: the shares of a class's images that were taken for each class.

    Args:
        path: of a table with the columns of `COLUMNS`.
        classifier: whose predictions to read.

    Returns:
        One row per true class, one column per predicted class, in the table's order.

    Raises:
        DataError: the table cannot be read, or lacks a column or a number.
    """
    names = dict.fromkeys(("classifier", "label", "predicted"), str)
    table = read_table(
        path, COLUMNS, dtype=names, keep_default_na=False, na_values={"images": [""]}
    )
    require_numbers(path, table, ["images"])
    table = table[table["classifier"] == classifier]
    order = table["label"].unique()
    counts = table.pivot(index="label", columns="predicted", values="images")
    counts = counts.loc[order, order]
    return counts.div(counts.sum(axis=1), axis=0)


def measure_difficulty(confusions: Mapping[str, str | Path]) -> pd.DataFrame:
    """Tell how hard datasets are, by their confusion matrices.

    Args:
        confusions: the tables of the datasets, by name.

    Returns:
        One row per dataset: the network's `accuracy`, averaged over classes; `its_accuracy` on its
        `hardest` class, and what this is most often `taken_for`; and the accuracy of `mean_colour`
        alone.

    Raises:
        DataError: a table cannot be read, or lacks a column or a number.
    """
    rows = []
    for dataset, path in confusions.items():
        shares = read_confusion(path)
        right = pd.Series(shares.values.diagonal(), shares.index)
        hardest = right.idxmin()
        mistakes = shares.loc[hardest].drop(hardest)
        rows.append(
            {
                "dataset": dataset,
                "accuracy": right.mean(),
                "hardest": hardest,
                "its_accuracy": right[hardest],
                "taken_for": mistakes.idxmax() if mistakes.any() else "",
                "mean_colour": read_confusion(path, "mean colour").values.diagonal().mean(),
            }
        )
    return pd.DataFrame(rows)
