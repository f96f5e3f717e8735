"""The whole workflow on tiny data: what it makes, and what it runs again."""

import re
import subprocess
import sys
from pathlib import Path

import h5py
import pandas as pd
import pytest
import yaml

from selfstudy.data.packed import CLASSES

ROOT = Path(__file__).parents[2]
RESULTS = {
    "tables": 1,
    "decision": 1,
    "about": 1,
    "figure": 10,
}  # all but the images, in two formats


def test_the_chain_ends_with_tables_and_figures(finished):
    results = finished.folder / "results"
    runs = pd.read_csv(results / "tables/runs.csv", dtype={"dataset": str})
    assert len(runs) == 5 * 2
    assert runs["accuracy"].between(0, 1).all()
    assert set(runs["pretext"]) == {"scratch", "vae", "rotate", "cmc", "amdim"}
    accuracy = pd.read_csv(results / "tables/accuracy.csv")
    assert len(accuracy) == 10
    utility = pd.read_csv(results / "tables/utility.csv")
    assert len(utility) == 4 * 2
    assert utility["utility"].fillna(utility["at_least"]).between(-1, 9).all()
    linear = pd.read_csv(results / "tables/linear.csv", dtype={"dataset": str})
    assert len(linear) == 4 * 2
    assert linear["accuracy"].between(0, 1).all()
    finetuned = runs.set_index(["pretext", "labels"])["label_subset"]
    for row in linear.itertuples():
        assert row.label_subset == finetuned[row.pretext, row.labels]
    for number in (1, 2, 3, 7, 8, 9):
        for form in ("pdf", "png"):
            assert (results / f"figures/fig{number}.{form}").stat().st_size > 5000
    assert len(pd.read_csv(results / "tables/outcomes.csv")) == 4
    assert "not enough runs" in (results / "claims.md").read_text()
    frozen = pd.read_csv(results / "tables/frozen.csv")
    assert len(frozen) == 4
    assert set(frozen["layer"]) == {1}
    assert frozen["accuracy"].between(0, 1).all()
    assert "\\textbf" in (results / "tables/accuracy.tex").read_text()
    assert "| **" in (results / "tables/utility.md").read_text()
    named = [*runs["folder"], *accuracy["folder"], *utility["folder"], *frozen["folder"]]
    for folder in [*named, *(Path(snapshot).parent for snapshot in linear["snapshot"])]:
        assert (finished.folder / folder / "config.gin").is_file()
    rounds = runs.set_index("labels")["rounds"]
    assert set(rounds[10]) == {3}, "few labels have a schedule of their own"
    assert set(rounds[100]) == {2}


def test_longer_runs_add_theirs_alone(study):
    study.config["longer"] = {"labels": [100]}
    planned = study.planned()
    assert planned.keys() == {"longer", "tables", "decision", "about", "figure"}
    assert planned["longer"] == 5


def test_another_interpolation_makes_tables_and_figures_anew(study):
    study.config["interpolation"] = "paper"
    assert study.planned() == {"tables": 1, "decision": 1, "about": 1, "figure": 12}
    study.snakemake("results/claims.md", "--force", "--rerun-triggers", "mtime")
    assert "along chords between budgets" in (study.folder / "results/claims.md").read_text()


def test_a_part_of_the_runs_is_enough_if_asked_for(study):
    study.config["partial"] = True
    metrics = study.folder / "results/finetune/0110/r9/cmc/classify/n10/metrics.csv"
    figure = study.folder / "results/figures/fig3.png"
    metrics.unlink()
    before = figure.read_bytes()
    study.snakemake("results/figures/fig3.png", "--force", "--rerun-triggers", "mtime")
    assert not metrics.exists()
    assert figure.read_bytes() != before


def test_the_command_line_is_read_as_yaml(new_study):
    def planned(*config):
        return new_study.planned("--config", *config)

    assert planned("partial=true", "pretext=[scratch]")["tables"] == 1
    assert "finetune" not in planned("partial=true", "pretext=[scratch]")
    wide = planned("pretext=[scratch]", "tasks={classify: {labels: [10, 50, 100]}}")
    assert wide["finetune"] == 3


def test_every_job_has_a_log(finished):
    logs = finished.folder / "logs"
    log = (logs / "results/pretrain/0110/r9/vae/seed0.log").read_text()
    assert "round 2 of 2" in log
    assert len(list((logs / "data/packed/0110").glob("*.log"))) == 12


def test_a_second_run_does_nothing(finished):
    assert finished.planned() == {}


def test_a_new_budget_adds_its_own_jobs(study):
    study.config["tasks"]["classify"]["labels"].append(50)
    assert study.planned() == {"finetune": 5, "linear": 4, **RESULTS}


def test_a_new_network_adds_what_starts_from_it(study):
    study.config["seeds"] = [0, 1]
    before = {"finetune": 10, "finetune_frozen": 4, "linear": 4, **RESULTS}
    assert study.planned() == before
    study.config["pretrain_seeds"] = [0, 3]
    assert study.planned() == {"pretrain": 4, **before}
    scratch = "results/finetune/0110/r9/scratch/classify/n10/metrics.csv"
    assert study.planned(scratch) == {"finetune": 1}, "for its seed"
    target = "results/finetune/0110/r9/vae/classify/n10/metrics.csv"
    output = study.snakemake("--dry-run", target)
    assert "results/pretrain/0110/r9/vae/seed3/snapshot.pt" in output
    study.config["pretext"] = ["scratch"]
    assert "pretrain" not in study.planned()


def test_a_new_dataset_adds_its_own_jobs(study):
    study.config["datasets"]["0000"] = {"source": "render", "images": 240, "resolution": 16}
    assert study.planned() == {
        "render": 12,
        "prepare": 1,
        "pretrain": 4,
        "finetune": 10,
        "linear": 4,
        "finetune_frozen": 4,
        "tables": 1,
        "decision": 1,
        "about": 1,
        "figure": 12,
    }


def test_a_changed_binding_repeats_what_depends_on_it(study):
    study.config["gin"]["finetune"] = ["optimizer.weight_decay = 0.001"]
    assert study.planned() == {"finetune": 10, "finetune_frozen": 4, "linear": 4, **RESULTS}


def test_one_figure_asks_for_its_own_runs_only(new_study):
    new_study.config["backbones"] = ["r9", "r50"]
    assert new_study.planned("results/figures/fig3.pdf") == {
        "render": 12,
        "prepare": 1,
        "pretrain": 4,
        "finetune": 10,
        "figure": 1,
    }


def test_tasks_are_compared_on_a_backbone_that_all_have(new_study):
    new_study.config["backbones"] = ["r9", "r50"]
    new_study.config["tasks"]["pose"] = {"labels": [10], "backbones": ["r50"]}
    output = new_study.snakemake("--dry-run", "results/figures/fig4.pdf")
    assert output.count("rule finetune:") == 10 + 5
    assert "/r9/" not in output
    new_study.config["tasks"]["classify"]["backbones"] = ["r9"]
    output = new_study.snakemake("--dry-run", "results/figures/fig4.pdf")
    assert "/r9/cmc/classify/" in output
    assert "/r50/cmc/pose/" in output


def planned_costs(study):
    """What `selfstudy plan` prints of a study: the row of each rule."""
    path = study.folder / "config.yaml"
    path.write_text(yaml.safe_dump(study.config))
    command = [sys.executable, "-m", "selfstudy", "plan", "--configfile", str(path)]
    done = subprocess.run(command, capture_output=True, text=True, cwd=study.folder, check=True)
    header, *rows = done.stdout.partition("\n\n")[0].splitlines()
    return {row.split()[0]: dict(zip(header.split(), row.split(), strict=True)) for row in rows}


def test_a_plan_says_what_is_done_and_what_the_rest_costs(study):
    study.config["gin"]["all"][-1] = "scheduler.milestones = [1, 40000]"
    rows = planned_costs(study)
    assert list(rows)[:5] == ["render", "prepare", "pretrain", "finetune", "linear"]
    assert (rows["render"]["jobs"], rows["render"]["done"]) == ("12", "12")
    assert float(rows["render"]["hours_left"]) == 0
    assert (rows["finetune"]["jobs"], rows["finetune"]["done"]) == ("10", "0")
    # 100 images, 40,000 times, at some thousands a second.
    assert 0.05 < float(rows["pretrain"]["hours"]) == float(rows["pretrain"]["hours_left"]) < 50
    assert rows["tables"]["hours"] == "-"


def test_the_difficulty_of_the_data_is_asked_for_by_name(study):
    names = ["results/tables/difficulty.csv", "results/figures/difficulty.png"]
    assert study.planned() == {}
    study.snakemake(*names)
    table = pd.read_csv(study.folder / names[0], dtype={"dataset": str})
    assert list(table["dataset"]) == ["0110"]
    assert table.loc[0, "hardest"] in CLASSES
    confusion = pd.read_csv(study.folder / "results/difficulty/0110/confusion.csv")
    # Every validation image once, by each classifier.
    assert confusion.groupby("classifier")["images"].sum().to_dict() == {
        "mean colour": 20,
        "network": 20,
    }
    right = confusion.query("classifier == 'network' and label == predicted")["images"].sum()
    assert table.loc[0, "accuracy"] == pytest.approx(right / 20, abs=1e-3)
    history = pd.read_csv(study.folder / "results/difficulty/0110/history.csv")
    assert history["valid_accuracy"].iloc[-1] == pytest.approx(right / 20)
    assert (study.folder / names[1]).read_bytes().startswith(b"\x89PNG")


def test_a_new_seed_trains_that_seed_alone(study):
    target = "results/finetune/0110/r9/vae/classify/n10/metrics.csv"
    first = study.folder / target.replace("metrics.csv", "seed0/metrics.csv")
    before = first.stat().st_mtime_ns
    study.config["seeds"] = [0, 1]
    assert study.planned(target) == {"finetune": 1}
    study.snakemake(target)
    assert first.stat().st_mtime_ns == before
    assert pd.read_csv(study.folder / target)["seed"].tolist() == [0, 1]
    study.config["seeds"] = [0]
    study.snakemake(target)
    assert first.stat().st_mtime_ns == before
    assert pd.read_csv(study.folder / target)["seed"].tolist() == [0]


def test_renderings_are_the_same_byte_for_byte(finished, new_study):
    target = "data/packed/0110/imgs_11.h5"
    new_study.snakemake(target)
    assert (new_study.folder / target).read_bytes() == (finished.folder / target).read_bytes()


def test_a_damaged_file_ends_in_one_line(finished, new_study):
    packed = new_study.folder / "data/packed/0110"
    packed.mkdir(parents=True)
    for path in sorted((finished.folder / "data/packed/0110").iterdir()):
        (packed / path.name).write_bytes(path.read_bytes())
    with h5py.File(packed / "imgs_04.h5", "r+") as file:
        del file["png_images_crc32"]
        file["png_images"][1] = file["png_images"][1][:60]
    target = "data/prepared/0110/data_16_lab.h5"
    output = new_study.snakemake(target, "--rerun-triggers", "mtime", fails=True)
    assert "error: data/packed/0110/imgs_04.h5: 'png_images': image 1 cannot be decoded" in output
    assert "Traceback" not in output
    assert not (new_study.folder / "data/prepared/0110").exists() or not list(
        (new_study.folder / "data/prepared/0110").iterdir()
    )


def test_a_mistaken_configuration_ends_in_one_line(new_study):
    """What else is noticed, test_sweep.py shows."""
    new_study.config["seds"] = [1]
    output = new_study.snakemake("--dry-run", fails=True)
    assert "unknown key 'seds': did you mean 'seeds'?" in output
    assert "Traceback" not in output


def test_a_mistaken_binding_ends_in_one_line_before_anything_runs(new_study):
    new_study.config["gin"]["finetune"] = ["optimizer.weight_dekay = 0.001"]
    output = new_study.snakemake("--dry-run", fails=True)
    assert "optimizer.weight_dekay is not known: did you mean 'optimizer.weight_decay'?" in output
    assert "Traceback" not in output


def test_the_full_study_resolves(tmp_path):
    """With the cluster's profile; with the default one, test_documented.py resolves a part."""
    command = [sys.executable, "-m", "snakemake", "results/figures/fig3.pdf", "--dry-run"]
    command += ["--cores", "all", "--profile", "slurm"]
    command += ["--snakefile", str(ROOT / "Snakefile"), "--quiet", "rules"]
    (tmp_path / "config").symlink_to(ROOT / "config")
    (tmp_path / "profiles").symlink_to(ROOT / "profiles")
    (tmp_path / "slurm").symlink_to(ROOT / "slurm")
    done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, check=False)
    assert done.returncode == 0, done.stderr
    config = yaml.safe_load((ROOT / "config/config.yaml").read_text())
    datasets, budgets = len(config["datasets"]) - 1, len(config["tasks"]["classify"]["labels"])
    counts = dict(re.findall(r"^(\w+) +(\d+)$", done.stdout + done.stderr, re.MULTILINE))
    assert int(counts["render"]) == 12 * datasets
    assert int(counts["pretrain"]) == 4 * datasets
    assert int(counts["finetune"]) == 5 * budgets * datasets


def test_dense_tasks_end_with_tables(new_study):
    new_study.config = yaml.safe_load((Path(__file__).parent / "dense.yaml").read_text())
    new_study.snakemake()
    results = new_study.folder / "results"
    runs = pd.read_csv(results / "tables/runs.csv")
    assert runs.groupby(["pretext", "task"]).size().to_dict() == {
        (pretext, task): 2 for pretext in ("rotate", "scratch") for task in ("depth", "segment")
    }
    assert runs["accuracy"].between(0, 1).all()
    history = pd.read_csv(results / "finetune/1111-multi/r50/rotate/segment/n40/history.csv")
    assert history["valid_mean_iou"].between(0, 1).all()
    assert new_study.planned() == {}


def test_all_columns_are_documented(finished):
    known = set(re.findall(r"`([\w.]+)`", (ROOT / "docs/tables.md").read_text()))
    for table in (finished.folder / "results/tables").glob("*.csv"):
        columns = set(pd.read_csv(table, nrows=0).columns)
        assert columns <= known, table.name
