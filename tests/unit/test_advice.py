"""The decision page: what it says of runs whose truth is known, and of too few runs."""

import numpy as np
import pandas as pd
import pytest

from selfstudy import cli
from selfstudy.analysis import describe_networks
from selfstudy.analysis.advice import Question, advise, say_savings
from selfstudy.analysis.costs import Hours, Price, collect_hours
from selfstudy.analysis.decision import (
    advise_all,
    compose_decision_page,
    explain,
    format_decision,
    read_runs,
)
from selfstudy.analysis.figures.learning import draw_learning_curves
from selfstudy.analysis.figures.style import assign_looks
from selfstudy.errors import DataError

LABELS = np.array([100, 300, 1000, 4000, 12000])
GOOD, TARGET = 1.5, 0.6  # utility of cmc; scratch truly needs 2,770 labels for that accuracy


def measure(labels):
    return 0.88 - 2.2 * labels**-0.26


def table(seeds=3, labels=LABELS):
    """Scratch; cmc, which saves labels; vae, which falls."""
    rng, rows = np.random.default_rng(0), []
    for start in ("scratch", "cmc", "vae"):
        for n in labels:
            truth = 0.5 - 0.03 * np.log(n / 100) if start == "vae" else measure(n)
            truth = measure(n * (1 + GOOD)) if start == "cmc" else truth
            for seed in range(seeds):
                noise = 0.005 * rng.standard_normal()
                rows.append(("0110", "r9", start, "classify", n, seed, truth + noise))
    columns = ["dataset", "backbone", "pretext", "task", "labels", "seed", "accuracy"]
    return pd.DataFrame(rows, columns=columns)


def read(text):
    """The ends of an interval such as 1,700 to 2,200."""
    return [float(part.replace(",", "")) for part in text.split(" to ")]


def test_it_says_what_is_true():
    found = advise(table(), Question(TARGET, 500))
    needs = found.needs.set_index("start")
    scratch = (0.28 / 2.2) ** (-1 / 0.26)
    for start, truth in (("scratch", scratch), ("CMC", scratch / (1 + GOOD))):
        low, high = read(needs.loc[start, "95 % interval"])
        assert low < truth < high < 2.5 * low
    worth = found.worth.set_index("start").loc["CMC"]
    low, high = read(worth["95 % interval"])
    assert low < 500 * (1 + GOOD) < high
    assert worth["so it"].startswith("saves about")
    assert found.answer == [
        f"Known to save labels, each by an interval of its own: with 500, CMC"
        f"{worth['so it'].removeprefix('saves')}.",
        f"For 60 %, CMC needs about {needs.loc['CMC', 'labels needed']} labels "
        f"({needs.loc['CMC', '95 % interval']}), fewer than any other whose curve is known.",
    ]
    assert needs.loc["VAE", "by"] == "its accuracy does not rise with labels"
    assert needs.loc["VAE", "labels needed"] == "not known"


def test_what_is_known_to_save_labels_is_said_of_each_number_of_them():
    said = [
        ("CMC", "100", "saves about 35"),
        ("CMC", "300", "saves none"),
        ("VAE", "100", "saves 50 or more"),
        ("VAE", "300", "saves some"),
        ("Rotation", "100", "may save labels or not"),
        ("Rotation", "300", "not known"),
    ]
    worth = pd.DataFrame(said, columns=["start", "labels", "so it"])
    assert list(say_savings(worth)) == [
        "Known to save labels, each by an interval of its own: with 100, CMC about 35 and VAE 50 "
        "or more; with 300, VAE some."
    ]
    none = "At no number of labels is a start known to save any."
    assert list(say_savings(worth[4:5])) == [none]
    assert list(say_savings(worth[1:2])) == [none]
    assert list(say_savings(worth[5:])) == []


def test_a_start_that_beats_scratch_but_no_other():
    runs = table()
    other = runs[runs["pretext"] == "cmc"].assign(pretext="rotate")
    answer = advise(pd.concat([runs, other]), Question(TARGET)).answer[-1]
    assert ", fewer than scratch; whether that is fewer than " in answer
    assert answer.endswith(
        ("than CMC is open, as intervals overlap.", "than Rotation is open, as intervals overlap.")
    )


def test_extrapolation_is_said_and_tried_on_the_largest_budget():
    found = advise(table(), Question(0.72))
    row = found.needs.set_index("start").loc["scratch"]
    assert row["by"] == "extrapolation"
    assert row["check"].startswith("12,000 foretold by the fewer: ")
    assert any(line.startswith("Labels: budgets of") for line in found.more)


def test_unless_asked_the_target_is_what_scratch_reaches_but_with_the_most():
    assert advise(table(), Question()).target == pytest.approx(measure(4000), abs=0.01)


def test_no_start_reaches_the_target():
    found = advise(table(), Question(0.99))
    assert found.answer[1:] == ["No start reaches 99 % within 4 times its most labels."]
    assert found.needs["labels needed"].tolist() == ["more than 48,000"] * 2 + ["not known"]
    assert found.costs.empty


@pytest.mark.parametrize(
    ("runs", "why"),
    [
        (table(seeds=1), "not enough runs: one seed does not tell how seeds differ"),
        (table(labels=LABELS[:1]), "not enough runs: 1 budget of at least 3"),
    ],
)
def test_too_few_runs(runs, why):
    found = advise(runs, Question(0.5))
    assert found.answer[-1] == "Not enough runs to say how many labels 50 % needs."
    assert set(found.needs["by"]) == {why}
    assert set(found.needs["labels needed"]) == {"not known"}


def test_one_seed_has_no_interval():
    found = advise(table(seeds=1), Question())
    assert set(found.worth["95 % interval"]) == set(found.worth["so it"]) == {"not known"}


def test_without_scratch_nothing_is_compared():
    runs = table()
    found = advise(runs[runs["pretext"] != "scratch"], Question())
    assert found.answer == [
        "No runs from scratch, and no target: there is nothing to compare with."
    ]
    assert found.worth.empty
    assert found.needs.empty


def test_labels_outside_the_budgets_are_not_known():
    worth = advise(table(), Question(labels=50)).worth
    assert set(worth["as good as, from scratch"]) == {"not known: outside its budgets"}


@pytest.mark.parametrize("target", [None, TARGET])
def test_where_no_run_is_left_the_page_says_so(target):
    found = advise_all(table().assign(converged=False), Question(target), {})
    page = format_decision(found, explain())
    assert "**No runs are left that tell anything.**" in page
    assert page.count("3 runs had not converged") == 15
    compose_decision_page(found, explain(), b"")
    draw_learning_curves(found, assign_looks(["scratch", "cmc", "vae"]))


def test_runs_that_had_not_converged_or_collapsed_are_named():
    runs = table().assign(converged=True, collapsed=False)
    runs.loc[(runs["pretext"] == "cmc") & (runs["labels"] == 100), "converged"] = False
    runs.loc[(runs["pretext"] == "vae") & (runs["labels"] == 300), "collapsed"] = True
    found = advise(runs, Question())
    assert found.left_out == [
        "CMC with 100 labels: 3 runs had not converged: longer ones would tell",
        "VAE with 300 labels: 3 runs collapsed",
    ]
    assert found.fits["cmc"].labels.tolist() == [300, 1000, 4000, 12000]


HOURS = {
    "scratch": Hours(0, LABELS, np.full(5, 1.0)),
    "cmc": Hours(10, LABELS, np.array([1, 1, 2.0, 3, 3])),
}


def test_costs_by_hand():
    found = advise(table(), Question(TARGET, price=Price(0.5, 2)), HOURS)
    costs = found.costs.set_index("start")
    labels = {row.start: read(row.labels)[0] for row in found.costs.itertuples()}
    assert costs["hours of training"].tolist() == ["1", "12"]
    for start, hours in (("scratch", 1), ("CMC", 12)):
        cost = float(costs.loc[start, "cost"].replace(",", ""))
        assert cost == pytest.approx(0.5 * labels[start] + 2 * hours, rel=0.05)
    low, high = read(found.needs.set_index("start").loc["CMC", "95 % interval"])
    least = read(found.needs.set_index("start").loc["scratch", "95 % interval"])[0]
    said = found.break_even[0]
    assert said.startswith("CMC takes 11 hours more than scratch, and pays at the latest where")
    latest = float(said.split("as much as ")[1].split(" hours")[0])
    assert latest == pytest.approx(11 / (least - high), rel=0.25)
    assert low < high


def test_costs_say_what_tuning_took():
    hours = {start: of._replace(tuning=7.0) for start, of in HOURS.items()}
    costs = advise(table(), Question(TARGET), hours).costs.set_index("start")
    assert costs["hours of training"].tolist() == ["8", "19"]
    assert costs["of these, tuning"].tolist() == ["7", "7"]
    assert "of these, tuning" not in advise(table(), Question(TARGET), HOURS).costs


def test_of_scratch_alone_nothing_is_said_about_networks():
    said = explain(networks=describe_networks(0))
    assert "network" not in said
    assert "  " not in said


def test_without_prices_or_hours_there_are_no_costs():
    assert advise(table(), Question(TARGET)).costs.empty


def test_hours_are_those_of_the_runs(tmp_path):
    for folder, seconds in (
        ("pretrain/0110/r9/cmc/seed0", 7200),
        ("pretrain/0110/r9/cmc/seed1", 3600),
        ("finetune/0110/r9/cmc/classify/n100/seed0", 1800),
        ("finetune/0110/r9/cmc/classify/n1000/seed0", 3600),
        ("finetune/0110/r9/scratch/classify/n100/seed0", 1800),
    ):
        (tmp_path / folder).mkdir(parents=True)
        (tmp_path / folder / "times.csv").write_text(f"round,seconds\n1,{seconds}\n")
    found = collect_hours(tmp_path, lambda *place: place)
    assert found["0110", "r9", "classify", "cmc"].sum_at(200) == pytest.approx(1.5 + 0.5)
    assert found["0110", "r9", "classify", "cmc"].sum_at(5000) == pytest.approx(1.5 + 1)
    assert found["0110", "r9", "classify", "scratch"].sum_at(100) == pytest.approx(0.5)
    (tmp_path / "tables").mkdir()
    (tmp_path / "tables/tuning.csv").write_text(
        "dataset,backbone,task,pretext,hours\n0110,r9,classify,cmc,20\n"
    )
    found = collect_hours(tmp_path, lambda *place: place)
    assert found["0110", "r9", "classify", "cmc"].sum_at(200) == pytest.approx(1.5 + 0.5 + 20)
    assert found["0110", "r9", "classify", "scratch"].sum_at(100) == pytest.approx(0.5)


def test_pages_say_the_same_and_hold_the_picture():
    runs = pd.concat([table(), table().assign(dataset="mine|ours")])
    found = advise_all(runs, Question(TARGET), {})
    text = format_decision(found, "Explained.", "decision.png")
    assert "![Learning curves](decision.png)" in text
    assert "## mine\\|ours, r9, classify" in text
    page = compose_decision_page(found, "Explained.", b"picture")
    assert 'src="data:image/png;base64,cGljdHVyZQ=="' in page
    for advice in found.values():
        assert advice.answer[0] in text
        assert advice.answer[0] in page


def test_what_is_measured_stands_in_the_place_of_accuracy(tmp_path):
    table().assign(auroc=lambda runs: 0.5 + runs["accuracy"] / 2).to_csv(tmp_path / "runs.csv")
    plain, ranked = (read_runs(tmp_path / "runs.csv", name) for name in ("accuracy", "auroc"))
    assert ranked["accuracy"].tolist() == pytest.approx(0.5 + plain["accuracy"] / 2)
    (found,) = advise_all(ranked, Question(0.5 + TARGET / 2), {}).values()
    figure = draw_learning_curves({"": found}, assign_looks(["scratch", "cmc", "vae"]), "auroc")
    assert figure.axes[0].get_ylabel() == "AUROC"
    assert explain(measure="auroc").endswith(" Measured by AUROC, not accuracy.")
    with pytest.raises(DataError, match="'macro_f1': 45 of 45 runs have no such number"):
        read_runs(tmp_path / "runs.csv", "macro_f1")


def test_the_picture_has_points_curves_and_the_target():
    found = advise_all(table(), Question(TARGET), {})
    figure = draw_learning_curves(found, assign_looks(["scratch", "cmc", "vae"]))
    (axes,) = figure.axes
    styles = [line.get_linestyle() for line in axes.lines]
    assert styles.count("--") == 2  # vae has no curve
    assert styles.count(":") == 1
    dashed = next(line for line in axes.lines if line.get_linestyle() == "--")
    assert dashed.get_xdata()[0] <= 12000 <= dashed.get_xdata()[1] * 1.1
    assert dashed.get_xdata()[-1] == pytest.approx(4 * 12000)


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "mine.csv"
    runs = table().rename(columns={"pretext": "method"})[["method", "labels", "seed", "accuracy"]]
    runs.assign(accuracy=(100 * runs["accuracy"]).round(2)).to_csv(path, index=False)
    return str(path)


def test_advise_prints_what_a_table_tells(file, capsys):
    cli.main(["advise", file, "--target", "0.6", "--labels", "500"])
    said = capsys.readouterr().out
    assert "accuracies are percentages" in said
    assert "**For 60 %, CMC needs about" in said


def keep_all(runs):
    return runs


@pytest.mark.parametrize("command", ["advise", "utility"])
@pytest.mark.parametrize(
    ("keep", "said"),
    [
        (keep_all, "accuracies are percentages, from"),
        (keep_all, "at the most labels less accurate than at the fewest: vae"),
        (lambda runs: runs[runs["seed"] == 0], "each point is of one seed"),
        (lambda runs: runs[runs["labels"] == 100], "scratch has one number of labels"),
        (lambda runs: runs[runs["method"] != "scratch"], "no row has the method 'scratch'"),
    ],
)
def test_what_a_table_cannot_tell_is_said_in_a_line(file, command, keep, said, capsys):
    keep(pd.read_csv(file)).to_csv(file, index=False)
    try:
        cli.main([command, file])
    except SystemExit:
        assert "scratch" in said
    printed = capsys.readouterr()
    assert sum(said in line for line in (printed.out + printed.err).splitlines()) == 1


def test_a_target_that_no_start_reaches_has_no_number(file, capsys):
    cli.main(["advise", file, "--target", "0.99"])
    assert "**No start reaches 99 % within 4 times its most labels.**" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--target", "90"], "--target 90: expected an accuracy between 0 and 1, such as 0.9: 0.9"),
        (["--labels", "0"], "--labels 0: expected a number of labels from 1"),
    ],
)
def test_advise_refuses(file, options, said, capsys):
    with pytest.raises(SystemExit):
        cli.main(["advise", file, *options])
    assert said in capsys.readouterr().err


def test_advise_of_a_sweep_without_tables(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    config = cli.__file__.replace("selfstudy/cli.py", "config/demo.yaml")
    with pytest.raises(SystemExit):
        cli.main(["advise", "--configfile", config])
    assert "results/demo/tables/runs.csv: there is no such file" in capsys.readouterr().err


def test_advise_reads_the_runs_of_a_sweep(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "results/demo/tables").mkdir(parents=True)
    table().to_csv("results/demo/tables/runs.csv", index=False)
    config = cli.__file__.replace("selfstudy/cli.py", "config/demo.yaml")
    cli.main(["advise", "--configfile", config, "--target", "0.6"])
    said = capsys.readouterr().out
    assert "## 0110 (-CV-), r9, classify" in said
    assert "For 60 %, CMC needs about" in said
