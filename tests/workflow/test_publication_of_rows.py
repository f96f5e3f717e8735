"""A dataset's rows are made by the workflow, kept, and published without the runs."""

import shutil
import subprocess
import sys

import pandas as pd

DATASET = "0110"


def publish(study, folder):
    command = [sys.executable, "-m", "selfstudy", "publish", str(folder)]
    command += ["--configfile", str(study.folder / "config.yaml")]
    done = subprocess.run(command, cwd=study.folder, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return (folder / "results.md").read_text()


def test_rows_are_kept_when_the_runs_are_gone(study, tmp_path):
    target = f"results/rows/{DATASET}/runs.csv"
    assert study.planned(target) == {"rows": 1}
    study.snakemake(target)
    kept = tmp_path / "kept"
    page = publish(study, kept)
    rows = pd.read_csv(kept / "runs.csv", dtype={"dataset": str})
    runs = pd.read_csv(study.folder / "results/tables/runs.csv", dtype={"dataset": str})
    columns = ["pretext", "task", "labels", "seed", "accuracy"]
    expected = runs.loc[runs["dataset"] == DATASET, columns]
    assert rows[columns].to_numpy().tolist() == expected.to_numpy().tolist()
    assert f"jobs of finetuning, on {DATASET} (-CV-)." in page
    shutil.rmtree(study.folder / "results")
    assert publish(study, kept) == page
