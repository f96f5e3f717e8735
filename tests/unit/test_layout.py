"""Tables in a paper's layout, and the page of how results came about."""

import pandas as pd
import pytest

from selfstudy.analysis.about import page, times
from selfstudy.analysis.layout import laid_out, latex, plain
from selfstudy.analysis.runs import collect, collect_frozen
from selfstudy.errors import DataError

PLACE = {"dataset": "0110", "backbone": "r9", "task": "classify"}


@pytest.fixture
def accuracy():
    rows = [
        ("scratch", 100, 0.2, 0.01),
        ("scratch", 1000, 0.5, 0.02),
        ("my_own", 100, 0.30004, 0.03),
        ("my_own", 1000, 0.49, 0.04),
        ("cmc", 100, 0.3, 0.0),
    ]
    table = pd.DataFrame(rows, columns=["pretext", "labels", "mean", "std"])
    other = table[:2].assign(task="pose")
    return pd.concat([table.assign(**PLACE), other.assign(dataset="0110", backbone="r9")]).assign(
        n=2
    )


def test_a_row_a_method_and_the_best_in_bold(accuracy):
    table = laid_out(accuracy)
    assert table.values.tolist() == [
        ["Classify", "0110 (-CV-)", "r9", "From scratch", "20.0 ± 1.0", "**50.0 ± 2.0**"],
        ["", "", "", "my_own", "**30.0 ± 3.0**", "49.0 ± 4.0"],
        ["", "", "", "CMC", "**30.0 ± 0.0**", ""],
        ["Pose", "0110 (-CV-)", "r9", "From scratch", "**20.0 ± 1.0**", "**50.0 ± 2.0**"],
    ]
    assert list(table.columns[4:]) == ["100", "1,000"]
    assert laid_out(accuracy.assign(n=1)).iloc[0, 4] == "20.0"


def test_bounds_are_marked():
    nan = float("nan")
    rows = [("vae", 100, nan, nan, 1.5, 1), ("cmc", 100, -0.25, 0.1, nan, 0)]
    columns = ["pretext", "labels", "utility", "std", "at_least", "censored"]
    table = pd.DataFrame(rows, columns=columns)
    text = laid_out(table.assign(**PLACE, n=3))["100"].tolist()
    assert text == ["**≥ 1.50**", "-0.25 ± 0.10"]


def test_markdown_and_latex_say_the_same(accuracy):
    table = laid_out(accuracy)
    assert plain(table).count("\n") == 6
    assert "| **30.0 ± 3.0** |" in plain(table)
    written = latex(table)
    for part in (r"\toprule", r"\bottomrule", r"\textbf{30.0 $\pm$ 3.0}", r"my\_own", "llllrr"):
        assert part in written
    assert "±" not in written
    rows = [line for line in written.splitlines() if line.endswith(r"\\") and "&" in line]
    assert all(line.count("&") == 5 for line in rows)


def test_frozen_runs_know_their_layer(tmp_path):
    path = tmp_path / "k2/0110/r9/cmc/classify/n100/metrics.csv"
    path.parent.mkdir(parents=True)
    metrics = {"seed": [0], "accuracy": [0.4], "best_accuracy": [0.5], "chance": [0.1]}
    pd.DataFrame({**metrics, "feature_spread": [1.0]}).to_csv(path, index=False)
    row = collect_frozen([path]).iloc[0]
    assert (row["layer"], row["pretext"], row["labels"], row["collapsed"]) == (2, "cmc", 100, False)
    assert collect_frozen([]).empty
    with pytest.raises(DataError, match="none of the runs"):
        collect([])


def test_times_are_those_of_the_runs(tmp_path):
    for folder, seconds in {
        "pretrain/0110/r9/cmc": [60, 60],
        "finetune/0110/r9/cmc/classify/n100/seed0": [30],
        "finetune/0110/r9/cmc/classify/n100/seed1": [90],
        "frozen/k1/0110/r9/vae/classify/n100/seed1": [12],
    }.items():
        (tmp_path / folder).mkdir(parents=True)
        pd.DataFrame({"seconds": seconds}).to_csv(tmp_path / folder / "times.csv", index=False)
    assert times(tmp_path).values.tolist() == [
        ["pretrain", "r9", "cmc", 1, 2.0, 120 / 3600],
        ["finetune", "r9", "cmc", 2, 1.0, 120 / 3600],
        ["frozen", "r9", "vae", 1, 0.2, 12 / 3600],
    ]
    text = page({"seeds": [0, 1], "results": "<b>"}, tmp_path)
    assert "seeds:" in text
    assert "&lt;b&gt;" in text
    assert "torch" in text
