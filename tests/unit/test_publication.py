"""A study's rows, kept dataset by dataset, and the page made of them, on studies of known truth."""

import re
import shutil

import numpy as np
import pandas as pd
import pytest
from worlds import METHODS, World, simulate_world

from selfstudy.analysis.publication import PAGE, publish
from selfstudy.analysis.rows import ROWS, collect_rows
from selfstudy.configuration import CONFIG
from selfstudy.errors import DataError
from selfstudy.sweep.check import read_configuration
from selfstudy.sweep.runs import Sweep

LABELS = np.array([100, 300, 1000, 3000, 10000])
FALL = World(lambda n: 3 * (100 / n) ** 0.4, datasets=5, training=0.0, labels=LABELS)


@pytest.fixture
def study(tmp_path, monkeypatch):
    """The sweep of a finished study; it is in `results`, a table per dataset and kind of rows."""
    monkeypatch.chdir(tmp_path)
    drawn = simulate_world(FALL, np.random.default_rng(0))
    config = read_configuration(CONFIG / "study_small.yaml")
    of = config["datasets"]["0000"]
    sweep = Sweep(
        config
        | {
            "datasets": dict.fromkeys(drawn.names["dataset"], of),
            "pretext": ["scratch", *METHODS[:4]],
            "tasks": {"classify": {"labels": LABELS.tolist()}},
        }
    )
    runs = drawn.tabulate_runs().assign(task="classify", collapsed=False, converged=True)
    tables = {
        "runs": runs.assign(best_accuracy=runs["accuracy"], folder="gone"),
        "linear": drawn.tabulate_linear().assign(task="classify"),
        "convergence": runs.drop_duplicates(ROWS["convergence"]),
        "times": runs[runs["seed"] == 0].assign(run="finetune", seconds=36.0),
    }
    for name, table in tables.items():
        for dataset, own in table.groupby("dataset"):
            path = tmp_path / sweep.paths.rows.format(dataset=dataset) / f"{name}.csv"
            path.parent.mkdir(parents=True, exist_ok=True)
            own.to_csv(path, index=False)
    return sweep


def read_page(folder):
    return (folder / PAGE).read_text()


@pytest.mark.slow
def test_a_page_of_rows_alone_tells_the_truth(study, tmp_path):
    kept = tmp_path / "kept"
    assert collect_rows(kept, study) == list(study.datasets)
    shutil.rmtree(study.paths.results)
    assert collect_rows(kept, study) == []
    publish(kept, study)
    page = read_page(kept)
    assert page.startswith("# Results\n\n125 of 125 jobs of finetuning, on 0000 (----), 1000")
    falls = next(line for line in page.splitlines() if "Utility falls as labels grow" in line)
    assert "| supported" in falls
    utility = page.split("## Utility")[1].split("## Hours")[0]
    at_first = [float(cell) for cell in re.findall(r"\| \**(\d\.\d\d) ± 0\.00\** *\|", utility)]
    assert at_first[0] == pytest.approx(3, abs=0.1)  # at 100 labels; the truth
    assert re.search(r"\| all +\| 1\.25", page)  # hours of 125 jobs of 36 seconds
    for name in re.findall(r"!\[\w+\]\((\w+\.png)\)", page):
        assert (kept / name).stat().st_size > 3000
    assert {"fig1.png", "fig3.png", "fig7.png"} <= {path.name for path in kept.iterdir()}
    before = page
    publish(kept, study)
    assert read_page(kept) == before


def test_datasets_add_their_rows_one_after_another(study, tmp_path):
    kept, first, *others = tmp_path / "kept", *study.datasets
    for dataset in others:
        shutil.move(study.paths.rows.format(dataset=dataset), tmp_path / dataset)
    assert collect_rows(kept, study) == [first]
    publish(kept, study)
    assert read_page(kept).startswith("# Results\n\n25 of 125 jobs")
    one = pd.read_csv(kept / "runs.csv", dtype=str)
    shutil.rmtree(study.paths.results)  # another machine
    shutil.move(tmp_path / others[0], study.paths.rows.format(dataset=others[0]))
    assert collect_rows(kept, study) == [others[0]]
    two = pd.read_csv(kept / "runs.csv", dtype=str)
    assert two["dataset"].unique().tolist() == [first, others[0]]
    pd.testing.assert_frame_equal(two[: len(one)], one)


def test_an_unfinished_dataset_has_no_rows(study, tmp_path):
    (tmp_path / study.paths.rows.format(dataset="1000") / "times.csv").unlink()
    assert "1000" not in collect_rows(tmp_path / "kept", study)


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        ("0000,r9,classify,vae,1,300,", "0000,r9,classify,vae,1,300,9", "accuracy of 0000/r9/vae"),
        ("dataset,backbone", "dataset,device", "column 'backbone' is missing"),
        (",folder\n", ",place\n", "column 'folder' is only in what is kept"),
    ],
)
def test_rows_that_differ_are_refused_and_nothing_is_added(study, tmp_path, old, new, reason):
    kept = tmp_path / "kept"
    shutil.move(study.paths.rows.format(dataset="1000"), tmp_path / "1000")
    collect_rows(kept, study)
    before = {path: path.read_bytes() for path in kept.iterdir()}
    shutil.move(tmp_path / "1000", study.paths.rows.format(dataset="1000"))
    made = tmp_path / study.paths.rows.format(dataset="0000") / "runs.csv"
    text = made.read_text()
    assert old in text
    made.write_text(text.replace(old, new, 1))
    with pytest.raises(DataError, match=reason):
        collect_rows(kept, study)
    assert {path: path.read_bytes() for path in kept.iterdir()} == before


def test_a_row_twice_is_refused(study, tmp_path):
    made = tmp_path / study.paths.rows.format(dataset="0000") / "times.csv"
    made.write_text(made.read_text() + made.read_text().splitlines()[-1] + "\n")
    with pytest.raises(DataError, match="is there twice"):
        collect_rows(tmp_path / "kept", study)


def test_rows_of_other_jobs_are_refused(study, tmp_path):
    collect_rows(tmp_path, study)
    other = Sweep(study.config | {"pretext": ["scratch", "vae"]})
    with pytest.raises(DataError, match="/rotate/classify/n100 is none of the configuration's"):
        publish(tmp_path, other)
