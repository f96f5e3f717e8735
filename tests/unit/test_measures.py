"""Measures of classes, those of scikit-learn, and one of them in place of accuracy."""

import numpy as np
import pandas as pd
import pytest
import torch
from scipy.special import softmax
from sklearn.metrics import balanced_accuracy_score, f1_score, roc_auc_score

from selfstudy.analysis.layout import lay_out
from selfstudy.analysis.measures import find_measure, title_measure, use_measure
from selfstudy.analysis.runs import average_accuracy
from selfstudy.errors import DataError
from selfstudy.measures import OF_CLASSES, explain_measure, measure_classes, spell_measure
from selfstudy.tasks.base import find_task


def draw(images, classes, decimals=8):
    """Draw logits (n, classes) that know something of the labels, and these, some of them rare."""
    rng = np.random.default_rng(classes)
    shares = rng.dirichlet(np.ones(classes))
    labels = np.concatenate([np.arange(classes), rng.choice(classes, images - classes, p=shares)])
    logits = rng.normal(size=(images, classes)) + np.eye(classes)[labels]
    return logits.round(decimals).astype(np.float32), labels


@pytest.mark.parametrize("decimals", [8, 0], ids=["distinct", "ties"])
@pytest.mark.parametrize("classes", [2, 3, 10, 40])
def test_measures_are_those_of_scikit_learn(classes, decimals):
    logits, labels = draw(300, classes, decimals)
    measured, predicted = measure_classes(logits, labels), logits.argmax(1)
    assert measured == {
        "macro_f1": pytest.approx(f1_score(labels, predicted, average="macro")),
        "balanced_accuracy": pytest.approx(balanced_accuracy_score(labels, predicted)),
        "auroc": pytest.approx(find_area(logits, labels), abs=1e-12),
    }


def find_area(logits, labels):
    """One class against the rest, by probabilities without the noise of their last digits."""
    shares = softmax(logits.astype(np.float64), axis=1).round(12)
    return roc_auc_score(np.eye(logits.shape[1])[labels], shares, average="macro")


def test_areas_of_distinct_probabilities_need_no_rounding():
    logits, labels = draw(300, 6)
    shares = softmax(logits.astype(np.float64), axis=1)
    expected = roc_auc_score(labels, shares, multi_class="ovr", average="macro")
    assert measure_classes(logits, labels)["auroc"] == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize("scale", [1, 32, 1024])
def test_areas_tell_apart_what_is_all_but_sure(scale):
    logits, labels = draw(500, 2)
    expected = roc_auc_score(labels, logits[:, 1].astype(np.float64) - logits[:, 0])
    assert measure_classes(scale * logits, labels)["auroc"] == pytest.approx(expected, abs=1e-12)
    saturated = roc_auc_score(labels, softmax(scale * logits, axis=1)[:, 1])
    assert (abs(saturated - expected) < 1e-6) == (scale == 1)


def test_classes_that_do_not_occur_do_not_count():
    logits, labels = draw(300, 5)
    kept = labels != 3
    measured, predicted = measure_classes(logits[kept], labels[kept]), logits[kept].argmax(1)
    present = [0, 1, 2, 4]
    assert (predicted == 3).any()
    assert measured["macro_f1"] == pytest.approx(
        f1_score(labels[kept], predicted, labels=present, average="macro")
    )
    recalls = [(predicted[labels[kept] == each] == each).mean() for each in present]
    assert measured["balanced_accuracy"] == pytest.approx(np.mean(recalls))
    shares = softmax(logits[kept].astype(np.float64), axis=1)
    areas = [roc_auc_score(labels[kept] == each, shares[:, each]) for each in present]
    assert measured["auroc"] == pytest.approx(np.mean(areas))


def test_a_class_that_cannot_be_predicted_is_told_apart_by_nothing():
    logits, labels = draw(300, 3)
    logits[:, 1] = -np.inf
    measured = measure_classes(logits, labels)
    recalls = [(logits.argmax(1)[labels == each] == each).mean() for each in (0, 2)]
    assert measured["balanced_accuracy"] == pytest.approx(sum(recalls) / 3)
    odds = logits[:, 0].astype(np.float64) - logits[:, 2]
    areas = [roc_auc_score(labels == 0, odds), 0.5, roc_auc_score(labels == 2, -odds)]
    assert measured["auroc"] == pytest.approx(np.mean(areas))


def test_constant_predictions_are_worth_what_guesses_are():
    labels = np.repeat([0, 1, 2], [80, 15, 5])
    measured = measure_classes(np.tile([1.0, 0, 0], (100, 1)), labels)
    f1 = f1_score(labels, np.zeros(100, int), average="macro")
    thirds = pytest.approx(1 / 3)
    assert measured == {"macro_f1": pytest.approx(f1), "balanced_accuracy": thirds, "auroc": 0.5}


def test_areas_are_no_numbers_where_nothing_is_to_tell_or_a_logit_is_none():
    logits, labels = draw(50, 3)
    assert np.isnan(measure_classes(logits, np.full(50, 2))["auroc"])
    logits[7, 1] = np.nan
    assert np.isnan(measure_classes(logits, labels)["auroc"])


@pytest.mark.parametrize("name", ["classify", "pose"])
def test_tasks_that_tell_classes_apart_have_them(name):
    logits, labels = draw(60, 4)
    task = find_task(name)(features=8, outputs=4)
    measured = task.measure(torch.from_numpy(logits), torch.from_numpy(labels))
    assert measured == measure_classes(logits, labels)
    assert tuple(measured) == task.measures == OF_CLASSES


def make_runs(**columns):
    place = {"dataset": "0110", "backbone": "r9", "pretext": "scratch", "task": "classify"}
    runs = pd.DataFrame({"labels": [10, 20], "seed": 0, "accuracy": [0.5, 0.9], **columns})
    return runs.assign(**place, folder=["results/n10/seed0", "results/n20/seed0"])


def test_a_measure_stands_in_the_place_of_accuracy():
    runs = make_runs(macro_f1=[0.25, 0.75])
    assert use_measure(runs, "accuracy")["accuracy"].tolist() == [0.5, 0.9]
    used = use_measure(runs, "macro_f1")
    assert used["accuracy"].tolist() == [0.25, 0.75]
    assert find_measure(used) == "macro_f1"
    assert title_measure(used) == "Macro F1"
    assert runs["accuracy"].tolist() == [0.5, 0.9]


@pytest.mark.parametrize("column", [{}, {"auroc": [np.nan, 0.7]}], ids=["old", "one class"])
def test_runs_without_the_measure_are_named(column):
    place = "dataset 0110, backbone r9, pretext scratch, task classify, labels 10, seed 0"
    message = f"'auroc': {2 - len(column)} of 2 runs have no such number, such as that of {place}:"
    with pytest.raises(DataError, match=message):
        use_measure(make_runs(**column), "auroc")


def test_tables_as_in_a_paper_name_the_measure():
    table = average_accuracy(use_measure(make_runs(auroc=[0.6, 0.8]), "auroc"))
    row = lay_out(table.assign(measure="auroc")).iloc[0]
    assert row[["Task", "10", "20"]].tolist() == ["Classify (AUROC)", "**60.0**", "**80.0**"]
    assert lay_out(average_accuracy(make_runs()))["Task"].tolist() == ["Classify"]


def test_measures_are_named_in_sentences():
    spelled = [spell_measure(name) for name in ("accuracy", *OF_CLASSES)]
    assert spelled == ["accuracy", "macro F1", "balanced accuracy", "AUROC"]
    assert explain_measure("accuracy") == ""
    assert explain_measure("macro_f1") == " Measured by macro F1, not accuracy."
