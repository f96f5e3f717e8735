"""How hard each factor setting is: one table of all confusion matrices."""

from collections.abc import Mapping
from pathlib import Path

import pandas as pd

from selfstudy.analysis.tables import read_table, require_numbers

COLUMNS = ("classifier", "label", "predicted", "images")


def read_confusion(path: str | Path, classifier: str = "network") -> pd.DataFrame:
    """Shares of each class's images (a row a class) that were taken for each class (a column)."""
    table = read_table(path, COLUMNS)
    require_numbers(path, table, ["images"])
    table = table[table["classifier"] == classifier]
    order = table["label"].unique()
    counts = table.pivot(index="label", columns="predicted", values="images")
    counts = counts.loc[order, order]
    return counts.div(counts.sum(axis=1), axis=0)


def measure_difficulty(confusions: Mapping[str, str | Path]) -> pd.DataFrame:
    """What the confusion matrices of datasets, by name, come to: a row a dataset.

    Returns:
        `accuracy` of the network, averaged over classes; that of its `hardest` class and what this
        is most often `taken_for`; and the accuracy of `mean_colour` alone.
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
