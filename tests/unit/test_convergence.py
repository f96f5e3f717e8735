"""Which runs have converged: by hand, from files, on simulated trainings, and where it is shown."""

import numpy as np
import pandas as pd
import pytest
from convergence import Training, judge_trainings

from selfstudy.analysis.convergence import (
    DOUBLED,
    find_cut_short,
    judge_gain,
    keep_converged,
    predict_gain,
)
from selfstudy.analysis.figures import fig3, fig4
from selfstudy.analysis.figures.curves import FADED, PALE
from selfstudy.analysis.figures.style import LOOKS
from selfstudy.analysis.layout import format_latex, format_markdown, lay_out
from selfstudy.analysis.longer import collect_with_convergence
from selfstudy.analysis.runs import average_accuracy
from selfstudy.analysis.utility import measure_utility
from selfstudy.errors import DataError

PLACE = {"dataset": "0110", "backbone": "r9", "task": "classify"}
LEGEND = "Not converged"


def make_rates(rounds):
    return np.linspace(1, 0, rounds)


def measure_length(rates):
    return np.cumsum((np.append(0, rates[:-1]) + rates) / 2)


@pytest.mark.parametrize(("b", "c"), [(0.1, 0.2), (0.1, 0), (0, 0.2)])
def test_a_curve_of_the_fitted_form_is_predicted_exactly(b, c):
    rates = make_rates(20)
    left = np.sqrt(measure_length(rates)[-1] / measure_length(rates))
    outlook = predict_gain(rates, 0.8 - b * left - c * rates)
    assert outlook.expected == pytest.approx(DOUBLED * b)
    assert outlook.error == pytest.approx(0, abs=1e-9)
    assert outlook.judge() == ((False, "rises") if b else (True, "level"))


def test_a_falling_rate_does_no_harm():
    """Accuracy that falls with the rate is no reason to expect that it will rise."""
    rates = make_rates(20)
    assert predict_gain(rates, 0.5 + 0.1 * rates).expected == 0


def test_nothing_rises_above_one():
    rates = make_rates(20)
    left = np.sqrt(measure_length(rates)[-1] / measure_length(rates))
    outlook = predict_gain(rates, 1.08 - 0.1 * left)  # 98 % at the end
    assert outlook.expected == pytest.approx(DOUBLED * 0.02)
    assert outlook.judge() == (True, "level")


def test_rounds_without_a_measurement_are_passed_over():
    rates = make_rates(40)
    accuracy = 0.8 - 0.1 * np.sqrt(measure_length(rates)[-1] / measure_length(rates))
    some = np.where(np.arange(40) % 3, np.nan, accuracy)
    assert predict_gain(rates, some).expected == pytest.approx(predict_gain(rates, accuracy)[1])


@pytest.mark.parametrize(
    ("accuracy", "said"),
    [
        ([0.2, 0.3, 0.35, 0.38], (False, "rises")),
        ([0.2, 0.3, 0.3, 0.305], (None, "too few rounds")),
        ([0.3], (None, "too few rounds")),
    ],
)
def test_of_few_rounds_only_a_rise_is_known(accuracy, said):
    assert predict_gain(make_rates(len(accuracy)), np.array(accuracy)).judge() == said


def test_a_rate_of_zero_teaches_nothing():
    assert predict_gain(np.zeros(30), np.full(30, 0.3)).judge() == (None, "too few rounds")


def test_a_gain_is_judged_beside_its_error():
    judged = [judge_gain(gain, 0.005) for gain in (-0.02, 0.004, 0.01, 0.016)]
    assert judged == [True, True, None, False]


def test_verdicts_are_as_often_right_as_the_docs_say():
    """A part of `python benchmarks/statistics`."""
    found = judge_trainings(1000, seeds=3)
    level, rising = (found[found["gain"] < 0.005], found[found["gain"] > 0.02])
    assert len(level) > 200 < len(rising)
    assert level["longer"].isin([False]).mean() < 0.08
    assert rising["longer"].isin([True]).mean() < 0.02
    assert rising["longer"].isin([False]).mean() > 0.9
    many = ~found["few"]
    assert level["history"][many].isin([False]).mean() < 0.32
    assert rising["history"][many].isin([True]).mean() < 0.14
    assert rising["history"][many].isin([False]).mean() > 0.7
    assert not rising["history"][~many].isin([True]).any()


def test_a_simulated_training_of_twice_the_rounds_is_the_same_training():
    short = Training(20, "power of -1/2", 0.3, 0.8, 0.1, 1, (0, 0))
    long = short.lengthen()
    assert (long.rounds, long.pace * long.rounds) == (40, short.pace * short.rounds)
    assert long.measure()[-1] > short.measure()[-1]


def write_job(folder, pretext, labels, accuracy, rounds=4, collapsed=()):
    """Write metrics and histories of seeds that end with `accuracy` (s,), after a level course."""
    job = folder / "0110/r9" / pretext / "classify" / f"n{labels}"
    job.mkdir(parents=True)
    metrics, history = [], []
    for seed, end in enumerate(accuracy):
        spread = 0.0 if seed in collapsed else 1.0
        metrics.append((seed, end, end, 0.1, spread, rounds))
        rates = make_rates(rounds)
        history += [(seed, index + 1, rates[index], end) for index in range(rounds)]
    columns = ["seed", "accuracy", "best_accuracy", "chance", "feature_spread", "rounds"]
    pd.DataFrame(metrics, columns=columns).to_csv(job / "metrics.csv", index=False)
    columns = ["seed", "round", "learning_rate", "valid_accuracy"]
    pd.DataFrame(history, columns=columns).to_csv(job / "history.csv", index=False)
    return job / "metrics.csv"


def tabulate(*paths):
    return collect_with_convergence(*paths)[1]


def test_longer_runs_decide(tmp_path):
    usual = [
        write_job(tmp_path / "finetune", "scratch", 100, [0.3, 0.32], rounds=20),
        write_job(tmp_path / "finetune", "vae", 100, [0.4, 0.42]),
        write_job(tmp_path / "finetune", "cmc", 100, [0.4, 0.42]),
        write_job(tmp_path / "finetune", "rotate", 100, [0.4]),
        write_job(tmp_path / "finetune", "vae", 300, [0.4, 0.42]),
    ]
    longer = [
        write_job(tmp_path / "longer", "scratch", 100, [0.34, 0.35], rounds=40),
        write_job(tmp_path / "longer", "vae", 100, [0.4, 0.424], rounds=8),
        write_job(tmp_path / "longer", "cmc", 100, [0.42, 0.42], rounds=8),
        write_job(tmp_path / "longer", "rotate", 100, [0.42], rounds=8),
    ]
    table = tabulate(usual, longer).set_index(["pretext", "labels"])
    said = {
        ("scratch", 100): (False, "better when longer"),
        ("vae", 100): (True, "as good when longer"),
        ("cmc", 100): (pd.NA, "unclear when longer"),
        ("rotate", 100): (False, "better when longer"),
        ("vae", 300): (pd.NA, "too few rounds"),
    }
    for place, (converged, why) in said.items():
        assert (
            table.loc[place, "converged"] is converged or table.loc[place, "converged"] == converged
        )
        assert table.loc[place, "why"] == why
    scratch = table.loc["scratch", 100]
    assert scratch["accuracy"] == pytest.approx(0.31)
    assert (scratch["longer"], scratch["gain"]) == pytest.approx((0.345, 0.035))
    assert scratch["noise"] == pytest.approx(0.005)
    assert scratch["low"] < 0 < 0.07 < scratch["high"], "t with one degree of freedom"
    assert table.loc[("rotate", 100), ["noise", "low", "high"]].isna().all()
    assert table.loc[("vae", 300), ["longer", "gain", "noise", "low", "high"]].isna().all()
    assert tabulate(usual[:1])["why"].tolist() == ["level"]


def test_runs_say_whether_their_job_has_converged(tmp_path):
    paths = [
        write_job(tmp_path, "scratch", 100, [0.3, 0.3], rounds=20),
        write_job(tmp_path, "vae", 100, [0.4, 0.4]),
    ]
    runs, _ = collect_with_convergence(paths)
    assert runs["converged"].tolist() == [True, True, pd.NA, pd.NA]
    runs.to_csv(tmp_path / "runs.csv", index=False)
    written = (tmp_path / "runs.csv").read_text().splitlines()
    assert [line.split(",")[-1] for line in written] == ["converged", "True", "True", "", ""]


def test_collapsed_runs_tell_nothing(tmp_path):
    usual = [write_job(tmp_path / "a", "vae", 100, [0.4, 0.1], rounds=20, collapsed=[1])]
    longer = [write_job(tmp_path / "b", "vae", 100, [0.4, 0.4], rounds=40)]
    (row,) = tabulate(usual, longer).itertuples()
    assert (row.accuracy, row.gain, row.why) == (0.4, 0, "as good when longer")


def test_other_than_twice_the_rounds_are_refused(tmp_path):
    usual = [write_job(tmp_path / "a", "vae", 100, [0.4], rounds=4)]
    longer = [write_job(tmp_path / "b", "vae", 100, [0.4], rounds=9)]
    with pytest.raises(DataError, match=r"vae/classify/100: 9 rounds .* expected twice 4"):
        tabulate(usual, longer)


def test_a_lost_history_is_named(tmp_path):
    path = write_job(tmp_path, "vae", 100, [0.4])
    path.with_name("history.csv").unlink()
    with pytest.raises(DataError, match=r"n100/history\.csv: cannot be read"):
        tabulate([path])


def make_runs(converged):
    """One seed of scratch and VAE at three budgets; {(pretext, labels): converged}, else True."""
    heights = {"scratch": [0.3, 0.5, 0.7], "vae": [0.35, 0.55, 0.69]}
    rows = [
        (pretext, labels, 0, accuracy, converged.get((pretext, labels), True))
        for pretext, curve in heights.items()
        for labels, accuracy in zip((100, 1000, 10_000), curve, strict=True)
    ]
    columns = ["pretext", "labels", "seed", "accuracy", "converged"]
    return pd.DataFrame(rows, columns=columns).assign(**PLACE).astype({"converged": "boolean"})


def test_only_what_is_known_not_to_have_converged_is_left_out():
    runs = make_runs({("vae", 100): False, ("vae", 1000): pd.NA})
    assert find_cut_short(runs).tolist() == [False] * 3 + [True, False, False]
    kept, left_out = keep_converged(runs)
    assert (len(kept), left_out) == (5, 1)
    unknown = runs.drop(columns="converged")
    kept, left_out = keep_converged(unknown)
    assert kept.equals(unknown)
    assert left_out == 0


def test_utility_has_converged_where_all_that_it_is_read_from_has():
    """VAE's n̂ lies between scratch's first two budgets at 100 labels, else between the others."""

    def converge(said):
        return measure_utility(make_runs(said))["converged"].tolist()

    assert converge({}) == [True, True, True]
    assert converge({("scratch", 100): False}) == [False, True, True]
    assert converge({("scratch", 10_000): False}) == [True, False, False]
    assert converge({("scratch", 100): pd.NA, ("vae", 1000): False}) == [pd.NA, False, True]
    assert "converged" not in measure_utility(make_runs({}).drop(columns="converged"))
    assert average_accuracy(make_runs({("vae", 100): pd.NA}))["converged"].tolist()[3] is pd.NA


def test_tables_mark_what_has_not_converged():
    table = average_accuracy(make_runs({("vae", 100): False, ("scratch", 100): pd.NA}))
    laid_out = lay_out(table)
    assert laid_out["100"].tolist() == ["30.0", "**35.0** †"]
    assert laid_out["1,000"].tolist() == ["50.0", "**55.0**"]
    assert format_markdown(laid_out).endswith("\n† not converged: more rounds would change it\n")
    written = format_latex(laid_out)
    assert r"\textbf{35.0}$^\dagger$" in written
    assert r"\noindent $^\dagger$ not converged" in written
    sound = lay_out(average_accuracy(make_runs({})))
    assert "converged" not in format_markdown(sound) + format_latex(sound)


def list_pale(axes, start):
    """The x of the pale points of a start."""
    pale = [line for line in axes.lines if line.get_marker() == LOOKS[start].marker]
    return [x for line in pale if not isinstance(line.get_color(), str) for x in line.get_xdata()]


def test_figures_mark_points_that_have_not_converged():
    figure = fig3.draw(make_runs({("vae", 1000): False, ("scratch", 100): False}), LOOKS)
    above, below = figure.axes
    assert list_pale(above, "vae") == [1000]
    assert list_pale(above, "scratch") == [100]
    assert list_pale(below, "vae") == [100, 1000], "scratch's own are read at 100"
    texts = [text.get_text() for text in figure.legends[0].get_texts()]
    assert texts == ["From scratch", "VAE", LEGEND]
    assert PALE < 1
    assert "Pale points" in fig3.CAPTION
    assert all(FADED in each.CAPTION for each in (fig3, fig4))


def test_a_legend_says_what_pale_points_are_where_there_are_any():
    for said in ({}, {("vae", 100): pd.NA}):
        figure = fig4.draw(make_runs(said), LOOKS)
        assert LEGEND not in [text.get_text() for text in figure.legends[0].get_texts()]
    figure = fig4.draw(make_runs({("vae", 100): False}), LOOKS)
    assert LEGEND in [text.get_text() for text in figure.legends[0].get_texts()]
