"""Tables in a paper's layout, and the page of how results came about."""

import re
import shutil
import subprocess

import numpy as np
import pandas as pd
import pytest

from selfstudy.analysis.about import collect_devices, collect_times, compose_about_page
from selfstudy.analysis.layout import format_latex, format_markdown, lay_out
from selfstudy.analysis.runs import collect_frozen, collect_runs
from selfstudy.analysis.utility import measure_utility
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


def test_one_row_per_method_and_the_best_in_bold(accuracy):
    table = lay_out(accuracy)
    assert table.values.tolist() == [
        ["Classify", "0110 (-CV-)", "r9", "From scratch", "20.0 ± 1.0", "**50.0 ± 2.0**"],
        ["Classify", "0110 (-CV-)", "r9", "my_own", "**30.0 ± 3.0**", "49.0 ± 4.0"],
        ["Classify", "0110 (-CV-)", "r9", "CMC", "**30.0 ± 0.0**", ""],
        ["Pose", "0110 (-CV-)", "r9", "From scratch", "**20.0 ± 1.0**", "**50.0 ± 2.0**"],
    ]
    assert list(table.columns[4:]) == ["100", "1,000"]
    assert lay_out(accuracy.assign(n=1)).iloc[0, 4] == "20.0"


def test_bounds_are_marked():
    nan = float("nan")
    rows = [
        ("vae", 100, nan, nan, 1.5, np.inf),
        ("cmc", 100, -0.25, 0.1, nan, nan),
        ("rotate", 100, nan, nan, -1, 9),
        ("vae", 200, -0.5, 0.1, nan, nan),
        ("rotate", 200, nan, nan, -1, 4),
    ]
    columns = ["pretext", "labels", "utility", "std", "at_least", "at_most"]
    table = pd.DataFrame(rows, columns=columns)
    table = lay_out(table.assign(**PLACE, n=3))
    assert table["100"].tolist() == ["**≥ 1.50**", "-0.25 ± 0.10", "≤ 9.00"]
    assert table["200"].tolist() == ["**-0.50 ± 0.10**", "", "≤ 4.00"]
    assert r"VAE & \textbf{$\geq$1.50} & \textbf" in format_latex(table)
    assert r"Rotation & $\leq$9.00 & $\leq$4.00 \\" in format_latex(table)
    assert r"CMC & $-$0.25{\tiny$\pm$0.10} &  \\" in format_latex(table)


def test_almost_nothing_has_no_sign(accuracy):
    assert lay_out(accuracy.assign(mean=-1e-4))["100"].iloc[0] == "**0.0 ± 1.0**"


def test_markdown_and_latex_say_the_same(accuracy):
    table = lay_out(accuracy)
    assert format_markdown(table).count("\n") == 6
    assert re.search(r"\n\|\s+\|\s+\|\s+\| my_own +\| \*\*30.0 ± 3.0\*\* ", format_markdown(table))
    lines = format_latex(table).splitlines()
    assert r"\multicolumn{3}{l}{Pose, 0110 (-CV-), r9} \\*" in lines
    assert r"my\_own & \textbf{30.0{\tiny$\pm$3.0}} & 49.0{\tiny$\pm$4.0} \\" in lines
    assert lines.count(r"Labels & 100 & 1,000 \\") == 2  # on the first page, and on others
    assert len([line for line in lines if line.count("&") == 2]) == 2 + len(table)


def test_rows_of_a_place_stand_together(accuracy):
    """Also where the table has them apart."""
    table = lay_out(accuracy.iloc[[0, 5, 1, 6, 2, 3, 4]])
    assert table["Task"].tolist() == ["Classify", "Pose", "Classify", "Classify"]
    lines = [line.split(" ")[0] for line in format_latex(table).splitlines()]
    assert lines[-10:-3] == [
        r"\addlinespace",
        r"\multicolumn{3}{l}{Classify,",
        "From",
        r"my\_own",
        "CMC",
        r"\addlinespace",
        r"\multicolumn{3}{l}{Pose,",
    ]


@pytest.mark.skipif(not shutil.which("pdflatex"), reason="there is no LaTeX")
def test_latex_takes_the_table(accuracy, tmp_path):
    """A table of several pages, names of all characters that names may have, and an empty table."""
    many = [accuracy.assign(dataset=f"_my-Own_{number}") for number in range(40)]
    (tmp_path / "table.tex").write_text(format_latex(lay_out(pd.concat(many))), encoding="utf-8")
    none = measure_utility(pd.DataFrame(columns=[*PLACE, "pretext"]))  # nothing was pretrained
    (tmp_path / "none.tex").write_text(format_latex(lay_out(none)), encoding="utf-8")
    (tmp_path / "paper.tex").write_text(
        "\\documentclass{article}\n\\usepackage{booktabs, longtable}\n"
        "\\begin{document}\n\\input{table}\\input{none}\n\\end{document}\n"
    )
    command = ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "paper"]
    for _ in range(3):  # columns find their widths
        done = subprocess.run(command, cwd=tmp_path, capture_output=True)
    printed = done.stdout.decode(errors="replace")
    assert done.returncode == 0, printed[-2000:]
    assert "Overfull" not in printed


def test_frozen_runs_know_their_layer(tmp_path):
    path = tmp_path / "k2/0110/r9/cmc/classify/n100/metrics.csv"
    path.parent.mkdir(parents=True)
    metrics = {"seed": [0], "accuracy": [0.4], "best_accuracy": [0.5], "chance": [0.1]}
    pd.DataFrame({**metrics, "feature_spread": [1.0]}).to_csv(path, index=False)
    row = collect_frozen([path]).iloc[0]
    assert (row["layer"], row["pretext"], row["labels"], row["collapsed"]) == (2, "cmc", 100, False)
    assert collect_frozen([]).empty
    with pytest.raises(DataError, match="none of the runs"):
        collect_runs([])


def test_times_are_those_of_the_runs(tmp_path):
    for folder, seconds in {
        "pretrain/0110/r9/cmc": [60, 60],
        "finetune/0110/r9/cmc/classify/n100/seed0": [30],
        "finetune/0110/r9/cmc/classify/n100/seed1": [90],
        "frozen/k1/0110/r9/vae/classify/n100/seed1": [12],
    }.items():
        (tmp_path / folder).mkdir(parents=True)
        pd.DataFrame({"seconds": seconds}).to_csv(tmp_path / folder / "times.csv", index=False)
    assert collect_times(tmp_path).values.tolist() == [
        ["pretrain", "r9", "cmc", 1, 2.0, 120 / 3600],
        ["finetune", "r9", "cmc", 2, 1.0, 120 / 3600],
        ["frozen", "r9", "vae", 1, 0.2, 12 / 3600],
    ]
    said = {"device": "NVIDIA H200", "precision": "bfloat16", "accuracy": 0.5}
    runs = [path.parent for path in sorted(tmp_path.rglob("times.csv"))]
    for run, row in zip(runs, [said, said, {"accuracy": 0.5}, None], strict=True):
        if row:  # of the last one nothing is known yet
            pd.DataFrame([row]).to_csv(run / "metrics.csv", index=False)
    pd.DataFrame([said, said]).to_csv(runs[0].parent / "metrics.csv", index=False)
    assert sorted(collect_devices(tmp_path).values.tolist()) == [
        ["NVIDIA H200", "bfloat16", 2],
        ["unknown", "unknown", 1],
    ]
    text = compose_about_page({"seeds": [0, 1], "results": "<b>"}, tmp_path)
    assert "NVIDIA H200" in text
    assert "seeds:" in text
    assert "&lt;b&gt;" in text
    assert "torch" in text
