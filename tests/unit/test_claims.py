"""The claims page, on tables of which the answers are known."""

import numpy as np
import pandas as pd
import pytest
from design import STUDY, list_cells
from verdicts import DATA, FALLS, LINEAR, METHODS, TRUE, count_supported
from worlds import World, simulate_world

from selfstudy.analysis import ONE_NETWORK, READINGS, describe_networks
from selfstudy.analysis.accuracy_claims import assess_best_methods, assess_linear_evaluation
from selfstudy.analysis.claims import (
    assess_claims,
    compose_claims_page,
    explain,
    format_claims,
    tabulate_findings,
)
from selfstudy.analysis.findings import FEW, OPEN, REFUTED, SUPPORTED
from selfstudy.analysis.gains import measure_gains
from selfstudy.analysis.utility import measure_utility
from selfstudy.analysis.utility_claims import assess_data, assess_decline, assess_networks
from selfstudy.configuration import CONFIG
from selfstudy.sweep.check import read_configuration
from selfstudy.sweep.runs import Sweep

FALL = World(lambda n: 3 * (100 / n) ** 0.8, methods=2)


def simulate(world, seed=0):
    drawn = simulate_world(world, np.random.default_rng(seed))
    return drawn.tabulate_runs(), drawn.tabulate_linear()


def by_claim(found):
    return {each.claim: each for each in found}


def test_the_page_has_every_claim():
    runs, linear = simulate(FALL._replace(backbones=2, tasks=2, methods=3))
    found = assess_claims(runs, linear)
    names = [each.claim for each in found]
    assert len(names) == len(set(names)) == 12
    assert by_claim(found)["Utility falls as labels grow"].verdict == SUPPORTED
    for page in (format_claims(found, explain(runs)), compose_claims_page(found, explain(runs))):
        assert "nan" not in page
        assert all(name in page for name in names)
    assert format_claims(found, "").count("\n| ") == len(found) + 1
    assert compose_claims_page(found, "").count("<tr") == len(found) + 1


def test_a_decline_is_the_factor_between_few_and_many_labels():
    runs, _ = simulate(World(lambda n: 3 * (100 / n) ** 0.4, training=0))
    found = assess_decline(measure_gains(runs))[0]
    assert (found.verdict, found.n) == (SUPPORTED, 12)
    # From 100 labels to 50,000, the last but one budget that is measured of all.
    assert found.value == pytest.approx((1 + 3 * 500**-0.4) / 4, rel=0.05)


def test_convergence_is_of_each_method():
    runs, _ = simulate(FALL)
    # The second method is ahead everywhere.
    ahead = (runs["pretext"] == "rotate").to_numpy()
    scratch = runs["accuracy"].to_numpy()[(runs["pretext"] == "scratch").to_numpy()]
    runs.loc[ahead, "accuracy"] = scratch + 0.1
    found = by_claim(assess_claims(runs, runs[:0]))
    claim = "Pretraining converges to scratch before accuracy saturates"
    assert found[f"{claim} (vae)"].verdict == SUPPORTED
    assert found[f"{claim} (rotate)"].verdict == REFUTED


def test_one_method_may_be_best_everywhere():
    leads = World(lambda n: 1 + 0 * n, tasks=2, by_method=1.0, training=0.005)
    assert assess_best_methods(measure_gains(simulate(leads)[0]))[0].verdict == REFUTED
    one_task = measure_gains(simulate(leads._replace(tasks=1))[0])
    assert assess_best_methods(one_task)[0].verdict == FEW
    own = World(lambda n: 1 + 0 * n, tasks=2, methods=2, own=0.7)
    assert assess_best_methods(measure_gains(simulate(own)[0]))[0].verdict == SUPPORTED


def test_a_factor_of_the_data_is_told_from_others():
    runs, _ = simulate(World(lambda n: 1 + 0 * n, factor=np.log(2), training=0.003))
    found = by_claim(assess_data(measure_gains(runs)))
    color = found["Harder data changes utility (color)"]
    assert color.verdict == SUPPORTED
    assert color.low < 2 < color.high
    others = [each for name, each in found.items() if "color" not in name]
    assert max(abs(np.log(each.value)) for each in others) < np.log(color.value) / 2
    few, _ = simulate(World(datasets=5))
    assert {each.verdict for each in assess_data(measure_gains(few))} == {FEW}


def test_images_without_factors_are_not_compared_by_them():
    runs, _ = simulate(World(lambda n: 1 + 0 * n))
    mine = runs.assign(dataset=runs["dataset"].map("mine{}".format))
    assert {each.n for each in assess_data(measure_gains(mine))} == {0}


def test_a_network_of_which_only_bounds_are_known_is_compared_with_none():
    runs, _ = simulate(World(lambda n: 1 + 0 * n, backbones=2))
    runs.loc[(runs["backbone"] == "r50") & (runs["pretext"] != "scratch"), "accuracy"] = 0.99
    compared = assess_networks(measure_gains(runs))[0]
    assert (compared.n, compared.verdict) == (0, FEW)


def test_linear_evaluation_may_predict_or_not():
    for linear, expected in ((1.0, REFUTED), (-0.5, SUPPORTED)):
        found = simulate(World(by_method=0.7, methods=5, linear=linear, training=0.003))
        assert assess_linear_evaluation(*found)[0].verdict == expected


def test_too_few_runs_decide_nothing():
    runs, linear = simulate(FALL._replace(datasets=4, backbones=2, tasks=2, methods=3))
    assert {each.verdict for each in assess_claims(runs, linear)} == {FEW}
    assert set(tabulate_findings(assess_claims(runs, linear))["p"]) == {""}


def test_simulated_gains_are_those_that_are_measured():
    drawn = simulate_world(FALL._replace(tasks=2, datasets=3), np.random.default_rng(0))
    measured, columns = measure_gains(drawn.tabulate_runs()), ["accuracy", "scratch", "gain"]
    gains = drawn.tabulate_gains()
    assert gains[columns].to_numpy() == pytest.approx(measured[columns].to_numpy(), nan_ok=True)


def test_gains_are_utilities():
    runs, _ = simulate(FALL._replace(seeds=1))
    gains = measure_gains(runs)
    expected = measure_utility(runs).merge(gains, on=["dataset", "pretext", "labels"])
    gain, utility = expected["gain"].to_numpy(), expected["utility"].to_numpy(float)
    assert np.expm1(gain) == pytest.approx(utility, nan_ok=True)
    assert expected["gain"].isna().any()


def test_the_page_says_what_it_rests_on():
    runs, _ = simulate(FALL._replace(datasets=5))
    gains = {each: measure_gains(runs, each)["gain"].sum() for each in READINGS}
    assert len(set(gains.values())) == len(READINGS)
    for each in READINGS:
        said = explain(runs, each)
        assert ONE_NETWORK in said
        assert [text in said for text in READINGS.values()] == [name == each for name in READINGS]
    assert "2 pretrained networks" in explain(runs, networks=describe_networks(2))


def test_runs_that_tell_nothing_are_left_out_and_counted():
    runs, linear = simulate(FALL._replace(datasets=6))
    cut_short = runs["labels"] == 100
    table = runs.assign(
        converged=(~cut_short).astype(object), collapsed=runs.index == runs.index[-1]
    )
    table.loc[runs["labels"] == 250, "converged"] = np.nan  # nothing known
    said = explain(table)
    assert f"Of {len(runs)} runs, 1 are left out because they have collapsed and" in said
    assert f"{cut_short.sum()} because they have not converged" in said
    kept = table[~cut_short & ~table["collapsed"]].drop(columns=["converged", "collapsed"])
    assert str(assess_claims(table, linear)) == str(assess_claims(kept, linear))


@pytest.mark.slow
@pytest.mark.parametrize(
    ("claim", "world"),
    [
        (FALLS, World(lambda n: 1 + 0 * n, datasets=5, methods=2)),
        (DATA, World(lambda n: 1 + 0 * n, methods=2, vary=0.4)),
        (METHODS, World(lambda n: 1 + 0 * n, methods=2, tasks=2, own=0.5, first=1)),
        (LINEAR, World(datasets=5)),
    ],
)
def test_nothing_is_claimed_where_nothing_is_true(claim, world):
    """A part of `python benchmarks/statistics`: 5 % of 60 studies, and what chance adds."""
    assert count_supported(world, [claim], 60, seed=0)[claim] < 0.14


def test_what_is_true_is_found():
    _, world, claims = TRUE[2]
    assert count_supported(world, claims, 15, seed=0)[claims[0]] > 0.9


def test_the_small_study_was_simulated_as_it_is():
    sweep = Sweep(read_configuration(CONFIG / "study_small.yaml"))
    assert STUDY.codes == tuple(sweep.datasets)
    assert STUDY.datasets == len(sweep.datasets)
    assert STUDY.methods == len(sweep.pretrained)
    assert STUDY.seeds == len(sweep.config["seeds"]) == len(sweep.networks)
    assert STUDY.labels.tolist() == sweep.tasks["classify"]["labels"]
    cells = {name: world for name, world, _ in list_cells(STUDY)}
    falls, stays = cells["utility falls as 3 (100 / n)^0.8"], cells["utility is 1 at all labels"]
    assert count_supported(falls, [FALLS], 10, seed=0)[FALLS] > 0.7
    assert count_supported(stays, [FALLS], 20, seed=0)[FALLS] < 0.3


@pytest.mark.parametrize("lost", ["scratch", "one budget"])
def test_tables_without_a_comparison_are_no_error(lost):
    runs, linear = simulate(FALL._replace(datasets=5))
    kept = runs["pretext"] != "scratch" if lost == "scratch" else runs["labels"] == 1000
    found = assess_claims(runs[kept], linear)
    utility = [each.verdict for each in found if "Linear" not in each.claim]
    assert set(utility) <= {FEW, OPEN, REFUTED}
    assert isinstance(tabulate_findings(found), pd.DataFrame)
