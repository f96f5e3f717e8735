"""The claims page, on tables of which the answers are known."""

import numpy as np
import pandas as pd
import pytest

from selfstudy.analysis import ONE_NETWORK, PAPER, READINGS, describe_networks
from selfstudy.analysis.claims import (
    FEW,
    REFUTED,
    SUPPORTED,
    assess_best_methods,
    assess_change,
    assess_claims,
    assess_networks,
    assess_share,
    compose_claims_page,
    format_claims,
)
from selfstudy.analysis.utility import measure_utility

LABELS = [100, 1000, 10_000, 50_000]
SCRATCH = np.array([0.3, 0.5, 0.7, 0.702])
GAIN = np.array([0.1, 0.005, 0.001, 0])  # converges before accuracy saturates


def runs(best, backbones=("r9", "r50")):
    """Runs where `best[task]` gains most, on three datasets, by three methods."""
    rng, rows = np.random.default_rng(0), []
    for dataset in ("0000", "1000", "0100"):
        for backbone in backbones:
            for task, first in best.items():
                for method in ("scratch", "vae", "cmc"):
                    gain = GAIN * {"scratch": 0, first: 1.5}.get(method, 1)
                    for labels, accuracy in zip(LABELS, SCRATCH + gain, strict=True):
                        for seed in range(3):
                            noisy = accuracy + 0.001 * rng.standard_normal()
                            rows.append((dataset, backbone, method, task, labels, seed, noisy))
    columns = ["dataset", "backbone", "pretext", "task", "labels", "seed", "accuracy"]
    return pd.DataFrame(rows, columns=columns)


def test_the_papers_claims_on_runs_like_the_papers():
    table = runs({"classify": "cmc", "pose": "vae"})
    linear = table[table["pretext"] != "scratch"]
    shuffled = np.random.default_rng(0).permutation(linear["accuracy"])
    found = {each.claim: each for each in assess_claims(table, linear.assign(accuracy=shuffled))}
    assert found["Utility falls as labels grow"].verdict == SUPPORTED
    claim = "Pretraining converges to scratch before accuracy saturates"
    assert found[claim].verdict == SUPPORTED
    assert found["The best method depends on the task"].verdict == SUPPORTED
    assert found["Harder data changes utility (lighting)"].verdict == FEW
    assert found["Harder data changes utility (color)"].n > 5
    text = format_claims(list(found.values()))
    assert text.count("\n| ") == len(found) + 1
    assert "nan" not in text
    shown = compose_claims_page(list(found.values()))
    assert shown.count("<tr") == len(found) + 1
    assert all(f"<td>{claim}</td>" in shown for claim in found)


def test_one_method_may_be_best_everywhere():
    assert assess_best_methods(runs({"classify": "cmc", "pose": "cmc"})).verdict == REFUTED
    assert assess_best_methods(runs({"classify": "cmc"})).verdict == FEW


def test_a_network_of_which_only_bounds_are_known_is_compared_with_none():
    table = runs({"classify": "cmc"})
    above = (table["backbone"] == "r50") & (table["pretext"] != "scratch")
    table.loc[above, "accuracy"] = 0.9
    found = {each.claim: each for each in assess_claims(table, table[:0])}
    compared = found["A larger network changes utility"]
    assert (compared.n, compared.verdict) == (0, FEW)


def test_a_bound_from_above_is_no_utility():
    """Where a method is worse than scratch at its fewest labels, nothing is compared."""
    table = runs({"classify": "cmc"})
    below = (table["backbone"] == "r50") & (table["pretext"] == "vae")
    table.loc[below, "accuracy"] = 0.1
    compared = assess_networks(measure_utility(table))
    assert compared == assess_networks(measure_utility(table[table["pretext"] != "vae"]))
    assert compared.n > 5


def test_linear_evaluation_may_predict():
    table = runs({"classify": "cmc"})
    linear = table[table["pretext"] != "scratch"]
    found = {each.claim: each for each in assess_claims(table, linear)}
    claim = found["Linear evaluation does not predict finetuning (classify)"]
    assert (claim.verdict, claim.value) == (REFUTED, pytest.approx(1))


def test_too_few_runs_decide_nothing():
    assert assess_share("", "", 4, 4).verdict == FEW
    assert assess_share("", "", 0, 20).verdict == REFUTED
    assert assess_share("", "", 20, 20).verdict == SUPPORTED
    assert assess_change("", "", np.ones(4)).verdict == FEW
    assert assess_change("", "", np.ones(9)).verdict == SUPPORTED
    table = runs({"classify": "cmc"}, ["r9"])
    few = table[table["dataset"] == "0000"]
    assert {each.verdict for each in assess_claims(few, few[:0])} == {FEW}


def test_utility_is_read_as_asked_for_and_the_page_says_so():
    table = runs({"classify": "cmc"})
    read = {each: assess_claims(table, table[:0], each) for each in READINGS}
    network = {each: found[-1].value for each, found in read.items()}
    chord = assess_networks(measure_utility(table, PAPER))
    assert network[PAPER] == chord.value != network["curve"]
    for each, found in read.items():
        for page in (format_claims(found, each), compose_claims_page(found, each)):
            assert ONE_NETWORK in page
            other = compose_claims_page(found, each, describe_networks(2))
            assert ONE_NETWORK not in other
            assert "2 pretrained networks" in other
            assert [said in page for said in READINGS.values()] == [
                name == each for name in READINGS
            ]
