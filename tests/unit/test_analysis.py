"""Utility by hand-made cases, and the figure."""

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from selfstudy.analysis import PAPER
from selfstudy.analysis.comparison import join_evaluations
from selfstudy.analysis.figures import fig3
from selfstudy.analysis.figures.style import LOOKS, title_dataset
from selfstudy.analysis.runs import average_accuracy, collect_runs, describe_jobs, detect_collapse
from selfstudy.analysis.scratch_curve import fit_curve
from selfstudy.analysis.utility import measure_utility, show_utility
from selfstudy.drawing import save
from selfstudy.errors import DataError


def table(curves, dataset="0110"):
    """Runs of {pretext: {labels: [accuracy of each seed]}}."""
    rows = [
        (dataset, "r9", pretext, "classify", int(labels), seed, accuracy)
        for pretext, curve in curves.items()
        for labels, seeds in curve.items()
        for seed, accuracy in enumerate(seeds)
    ]
    columns = ["dataset", "backbone", "pretext", "task", "labels", "seed", "accuracy"]
    return pd.DataFrame(rows, columns=columns).assign(chance=0.1, feature_spread=0.5)


def test_utility_equals_the_authors(reference):
    for case in reference("functions")["utility"]:
        runs = table({"scratch": case["scratch"], "vae": case["pretrained"]})
        result = measure_utility(runs, PAPER)
        for index, labels in enumerate(case["labels"]):
            row = result[result["labels"] == labels]
            if row.empty:  # the authors' point where a curve leaves what can be measured
                continue
            assert row["utility"].item() == pytest.approx(case["utility"][index], abs=1e-12)
            assert row["std"].item() == pytest.approx(case["utility_std"][index], abs=1e-12)
            assert row["censored"].item() == 0
            assert np.isnan(row["at_least"].item())


def test_accuracy_above_the_scratch_curve_is_censored():
    curves = {"scratch": {100: [0.2], 1000: [0.5]}, "vae": {100: [0.4, 0.6], 1000: [0.6, 0.7]}}
    result = measure_utility(table(curves), PAPER).set_index("labels")
    assert result["censored"].tolist() == [1, 2]
    assert result[["utility", "std"]].isna().all(axis=None)
    assert result.loc[100, "at_least"] == pytest.approx(((700 / 100 - 1) + (1000 / 100 - 1)) / 2)
    assert result.loc[1000, "at_least"] == 0
    assert result.loc[100, "bound"] == 9


def test_accuracy_below_the_scratch_curve_is_a_bound_from_above():
    """There n̂ is between none and the fewest labels from scratch: with fewer, U may be large."""
    curves = {"scratch": {100: [0.2], 1000: [0.5]}, "vae": {n: [0.1] for n in (10, 100, 1000)}}
    result = measure_utility(table(curves)).set_index("labels")
    assert result["below"].tolist() == [1, 1, 1]
    assert result[["utility", "std"]].isna().all(axis=None)
    assert result["at_least"].tolist() == [-1, -1, -1]
    assert result["at_most"].tolist() == pytest.approx([9, 0, -0.9])
    assert result["floor"].tolist() == result["at_most"].tolist()
    fewer = {"scratch": {1000: [0.5]}, "vae": {100: [0.49], 1000: [0.49]}}  # of which some are lost
    assert measure_utility(table(fewer))["at_most"].tolist() == [9, 0]


def test_a_mean_of_bounds_is_no_value():
    scratch = {100: [0.2], 1000: [0.5]}
    seeds = {"known": [0.35, 0.5], "low": [0.35, 0.1], "high": [0.35, 0.6], "both": [0.1, 0.6]}
    runs = table({"scratch": scratch} | {name: {100: each} for name, each in seeds.items()})
    result = measure_utility(runs, PAPER).set_index("pretext")
    assert result["utility"].notna().tolist() == [True, False, False, False]
    assert result["at_least"].tolist()[1:] == pytest.approx([1.75, 6.75, 4])
    assert result["at_most"].tolist()[1:] == pytest.approx([2.25, np.inf, np.inf])
    shown = show_utility(result)
    assert shown["sign"].tolist() == ["", "≤", "≥", "≥"]
    assert shown["shown"].tolist() == pytest.approx([6.75, 2.25, 6.75, 4])


def test_places_without_scratch_are_named(caplog):
    curves = {"scratch": {100: [0.2]}, "vae": {100: [0.2]}}
    runs = pd.concat([table(curves), table({"vae": {100: [0.1, 0.2]}}, "mine")])
    assert measure_utility(runs)["dataset"].tolist() == ["0110"]
    assert caplog.messages == [
        "dataset 'mine', backbone 'r9', task 'classify': no runs from scratch: 2 runs are left out"
    ]


def test_a_run_counts_once():
    runs = table({"scratch": {100: [0.2, 0.3]}, "vae": {100: [0.2]}})
    with pytest.raises(DataError, match=r"row 2 of .* before: dataset 0110, .* labels 100, seed 0"):
        measure_utility(pd.concat([runs, runs[2:]]))


@pytest.mark.parametrize(
    ("column", "value", "message"),
    [
        ("pretext", None, "row 1 of the table of runs: pretext is 'nan': expected a name"),
        ("dataset", np.nan, "row 1 of the table of runs: dataset is 'nan': expected a name"),
        ("accuracy", np.inf, "accuracy is 'inf': expected a finite number"),
        ("labels", 0, "labels is '0': expected a number above 0"),
    ],
)
def test_no_run_is_dropped_for_what_it_lacks(column, value, message):
    runs = table({"scratch": {100: [0.2, 0.3]}, "vae": {100: [0.2]}})
    runs[column] = runs[column].mask(runs.index == 1, value)
    with pytest.raises(DataError, match=message):
        measure_utility(runs)
    with pytest.raises(DataError, match=f"has no column '{column}'"):
        measure_utility(runs.drop(columns=column))


def test_a_dented_curve_is_read_where_it_is_first_reached():
    labels, scratch = np.array([100, 200, 300, 400]), np.array([0.2, 0.4, 0.3, 0.5])
    curve = fit_curve(labels, scratch, PAPER)
    assert curve.find_labels([0.4, 0.3, 0.45, 0.2]) == pytest.approx([200, 150, 375, 100])


def test_accuracies_are_over_seeds():
    runs = table({"vae": {100: [0.2, 0.4]}})
    row = average_accuracy(runs).iloc[0]
    assert (row["mean"], row["std"], row["n"]) == (pytest.approx(0.3), pytest.approx(0.1), 2)


def test_collapsed_runs_are_flagged():
    """At chance where scratch is far above, or of constant features."""
    curves = {
        "scratch": {100: [0.12], 1000: [0.5]},
        "vae": {100: [0.11], 1000: [0.11, 0.3]},
        "cmc": {1000: [0.6]},
    }
    runs = table(curves)
    runs.loc[runs["pretext"] == "cmc", "feature_spread"] = 1e-5
    flagged = runs[detect_collapse(runs)]
    assert flagged[["pretext", "labels", "accuracy"]].values.tolist() == [
        ["vae", 1000, 0.11],
        ["cmc", 1000, 0.6],
    ]
    dense = runs.assign(chance=None).astype({"chance": float})
    assert detect_collapse(dense).sum() == 1


def test_runs_are_collected_by_their_folders(tmp_path):
    path = tmp_path / "0110/r9/vae/classify/n100/metrics.csv"
    path.parent.mkdir(parents=True)
    path.write_text(
        "seed,accuracy,best_accuracy,chance,feature_spread\n0,0.5,0.6,0.1,0.4\n1,0.4,0.6,0.1,0\n"
    )
    runs = collect_runs([path])
    assert runs.loc[1, ["dataset", "pretext", "labels", "seed"]].tolist() == ["0110", "vae", 100, 1]
    assert runs.loc[1, "folder"].endswith("n100/seed1")
    assert runs["collapsed"].tolist() == [False, True]
    assert describe_jobs(runs)[["collapsed", "folder"]].values.tolist() == [
        [1, path.parent.as_posix()]
    ]
    path.write_text("seed,best_accuracy\n0,0.6\n")
    with pytest.raises(DataError, match=r"metrics.csv: column 'accuracy' is missing"):
        collect_runs([path])


def write_job(folder, pretext, networks, collapsed=()):
    """Metrics of a job, a seed for each of `networks`; seed 0 has accuracy 0, seed 1 0.1, ..."""
    path = folder / f"0110/r9/{pretext}/classify/n100/metrics.csv"
    path.parent.mkdir(parents=True)
    rows = [
        {
            "seed": seed,
            "accuracy": seed / 10,
            "best_accuracy": 0.9,
            "chance": 0.1,
            "feature_spread": 0 if seed in collapsed else 1,
            "pretrain_seed": network,
        }
        for seed, network in enumerate(networks)
    ]
    pd.DataFrame(rows).to_csv(path, index=False)
    return path


def test_runs_say_which_network_they_start_from(tmp_path):
    nothing = [None] * 3
    jobs = {"scratch": nothing, "vae": [0, 7, 0], "mine": nothing, "cmc": [0, 7, 0]}
    lost = {"cmc": [1]}
    runs = collect_runs(
        write_job(tmp_path, name, networks, lost.get(name, ())) for name, networks in jobs.items()
    )
    runs.to_csv(tmp_path / "runs.csv", index=False)
    assert "cmc,classify,100,1,0.1,0.9,True,0.1,0,7," in (tmp_path / "runs.csv").read_text()
    assert runs["pretrain_seed"].isna().tolist() == [True] * 3 + [False] * 3 + [True] * 3 + (
        [False] * 3
    )
    counted = dict(describe_jobs(runs)[["pretext", "networks"]].itertuples(index=False))
    assert counted == {"scratch": 0, "vae": 2, "mine": 1, "cmc": 1}, "collapsed ones are left out"
    before = describe_jobs(runs.drop(columns="pretrain_seed"))
    assert before["networks"].tolist() == [0, 1, 1, 1]
    path = write_job(tmp_path / "wrong", "vae", [0.5])
    with pytest.raises(DataError, match=r"metrics.csv: cannot be read as a table: "):
        collect_runs([path])


def test_a_network_is_a_point_of_linear_evaluation_against_finetuning(tmp_path):
    nothing = [None] * 3
    jobs = {"scratch": nothing, "vae": [0, 7, 0], "mine": nothing}
    runs = collect_runs(write_job(tmp_path, *job) for job in jobs.items())
    linear = runs[runs["pretext"] != "scratch"]
    both = join_evaluations(runs, linear.assign(accuracy=1 - linear["accuracy"]))
    assert both["pretext"].tolist() == ["vae", "vae", "mine"]
    assert both["pretrain_seed"].fillna(-1).tolist() == [0, 7, -1]
    assert both["finetuned"].tolist() == pytest.approx([0.1, 0.1, 0.1])
    assert both["linear"].tolist() == pytest.approx([0.9, 0.9, 0.9])
    one = runs.drop(columns="pretrain_seed"), linear.drop(columns="pretrain_seed")
    assert join_evaluations(*one)["pretext"].tolist() == ["vae", "mine"]


def measured(datasets):
    curves = {
        "scratch": {100: [0.2, 0.22], 1000: [0.5, 0.55], 5000: [0.8, 0.82]},
        "vae": {100: [0.3, 0.35], 1000: [0.6, 0.62], 5000: [0.81, 0.8]},
        "cmc": {100: [0.5, 0.6], 1000: [0.85, 0.9], 5000: [0.9, 0.91]},
    }
    return pd.concat([table(curves, dataset) for dataset in datasets])


@pytest.mark.parametrize("count", [1, 12])
def test_figure_3_shows_every_dataset_and_method(count):
    datasets = [f"{code:04b}" for code in range(count)]
    figure = fig3.draw(measured(datasets), LOOKS)
    titles = [axes.get_title() for axes in figure.axes if axes.get_title()]
    assert titles == [title_dataset(dataset) for dataset in datasets]
    legend = [text.get_text() for text in figure.legends[0].get_texts()]
    assert legend == ["From scratch", "VAE", "CMC"]


@pytest.mark.slow
def test_figure_3_is_a_picture(tmp_path):
    figure = fig3.draw(measured(["0110"]), LOOKS)
    save(figure, tmp_path / "fig3.png")
    save(figure, tmp_path / "fig3.pdf")
    pixels = np.asarray(Image.open(tmp_path / "fig3.png").convert("RGB"))
    assert len(np.unique(pixels.reshape(-1, 3), axis=0)) > 50
    assert (tmp_path / "fig3.pdf").read_bytes().startswith(b"%PDF")


def test_any_dataset_has_a_title():
    assert title_dataset("0110") == "0110 (-CV-)"
    assert title_dataset("cifar10") == "cifar10"


def test_figure_3_shows_what_there_is():
    runs = measured(["0110"])
    scratch = fig3.draw(runs[runs["pretext"] == "scratch"], LOOKS)
    assert [text.get_text() for text in scratch.legends[0].get_texts()] == ["From scratch"]
    one_budget = fig3.draw(runs[runs["labels"] == 100], LOOKS)
    assert len(one_budget.legends[0].get_texts()) == 3


def test_figure_3_marks_censored_points():
    figure = fig3.draw(measured(["0110"]), LOOKS)
    utility = next(axes for axes in figure.axes if axes.get_ylabel() == "Utility")
    hollow = [line for line in utility.lines if line.get_markerfacecolor() == "white"]
    marked = sorted(x for line in hollow for x in line.get_xdata())
    assert marked == [1000, 5000], "CMC's, and none of VAE's"
    assert {line.get_marker() for line in hollow if len(line.get_xdata())} == {"^"}


def test_figure_3_marks_points_below_the_scratch_curve():
    """At what their utility is at most, by triangles that point down and that no line joins."""
    curves = {"scratch": {100: [0.2], 1000: [0.5]}}
    vae = {10: [0.1], 50: [0.22], 100: [0.1], 1000: [0.4]}
    utility = fig3.draw(table(curves | {"vae": vae}), LOOKS).axes[1]
    hollow = [line for line in utility.lines if line.get_markerfacecolor() == "white"]
    (down,) = (line for line in hollow if len(line.get_xdata()))
    assert down.get_marker() == "v"
    np.testing.assert_allclose(down.get_xydata(), [[10, 9], [100, 0]])
    joined = next(line for line in utility.lines if line.get_label() == "VAE")
    assert np.isnan(joined.get_ydata()).tolist() == [True, False, True, False]
    assert utility.get_ylim()[1] > 9
