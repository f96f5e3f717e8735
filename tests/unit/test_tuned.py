"""Which starts were tuned: the table, and the column in others."""

import pandas as pd
import pytest

from selfstudy.analysis.tuning import COLUMNS, list_unequal, mark_tuned, tabulate_tuning
from selfstudy.errors import DataError

PLACE = {"dataset": "0110", "backbone": "r9", "task": "classify"}
TRIALS = pd.DataFrame(
    {
        "number": range(5),
        "state": ["complete", "pruned", "complete", "diverged", "running"],
        "value": [0.4, 0.9, 0.6, None, None],
        "rounds": [10, 2, 10, 1, 3],
        "seconds": [360.0, 72.0, 360.0, 36.0, None],
        "learning_rate": [0.1, 0.2, 0.3, 0.4, 0.5],
    }
)
COUNTS = {"trials": 4, "complete": 2, "pruned": 1, "diverged": 1, "rounds": 23, "hours": 0.23}


@pytest.fixture
def write(tmp_path):
    """Write the trials of a start; give the table's path, and the search."""

    def write(pretext, trials=TRIALS):
        path = tmp_path / pretext / "trials.csv"
        path.parent.mkdir()
        trials.to_csv(path, index=False)
        return path, {pretext: {**PLACE, "pretext": pretext, "labels": 1000, "trials": 5}}

    return write


def test_a_row_says_what_a_search_cost_and_found(write, tmp_path):
    path, searches = write("cmc")
    (row,) = tabulate_tuning([path], searches).to_dict("records")
    found = {"labels": 1000, "accuracy": 0.6, "learning_rate": 0.3}
    recipe = (tmp_path / "cmc/recipe.gin").as_posix()
    assert row == {**PLACE, "pretext": "cmc", **COUNTS, **found, "recipe": recipe}


def test_rows_say_by_how_many_trials_they_were_tuned(write):
    first, searches = write("scratch")
    second, others = write("cmc", TRIALS.head(3))
    tuning = tabulate_tuning([first, second], searches | others)
    starts = ["cmc", "vae", "scratch", "cmc"]
    runs = pd.DataFrame([{**PLACE, "pretext": start} for start in starts])
    assert mark_tuned(runs, tuning)["tuned"].tolist() == [3, 0, 4, 3]
    assert list_unequal(tuning) == [
        "0110, r9, classify: starts were tuned by different numbers of trials: scratch by 4, "
        "cmc by 3"
    ]
    assert list_unequal(tabulate_tuning([first], searches)) == []


def test_without_tuning_nothing_is_tuned():
    tuning = tabulate_tuning([], {})
    assert list(tuning) == [*COLUMNS, "recipe"]
    assert mark_tuned(pd.DataFrame([{**PLACE, "pretext": "cmc"}]), tuning)["tuned"].tolist() == [0]
    assert list_unequal(tuning) == []


def test_a_damaged_table_is_named(write):
    path, searches = write("cmc", TRIALS.drop(columns="seconds"))
    with pytest.raises(DataError, match=r"cmc/trials.csv: column 'seconds' is missing"):
        tabulate_tuning([path], searches)
