"""Measures of a representation without labels, on features whose answer is known."""

import pandas as pd
import pytest
import tiny
import torch

from selfstudy.data.kinds import open_dataset
from selfstudy.data.prepare import prepare
from selfstudy.tasks.base import find_task
from selfstudy.training.learners import Pretraining, make_finetuning
from selfstudy.training.progress import Progress
from selfstudy.training.representation import measure_rank, measure_spread
from selfstudy.training.run import Run, train


def make_features(values, images=200):
    """Features with these singular values, turned at random."""
    torch.manual_seed(0)
    left = torch.linalg.qr(torch.randn(images, len(values), dtype=torch.float64))[0]
    right = torch.linalg.qr(torch.randn(len(values), len(values), dtype=torch.float64))[0]
    return left * torch.tensor(values, dtype=torch.float64) @ right


@pytest.mark.parametrize(
    ("values", "rank"),
    [
        ([1.0] * 8, 8),
        ([3.0] * 4 + [0.0] * 12, 4),
        ([5.0] + [0.0] * 15, 1),
        ([2.0, 1.0, 1.0], 2**1.5),  # shares of 1/2, 1/4 and 1/4: 1.5 bits
    ],
)
def test_rankme_of_known_spectra(values, rank):
    assert measure_rank(make_features(values)) == pytest.approx(rank, rel=1e-4)
    assert measure_rank(100 * make_features(values)) == pytest.approx(rank, rel=1e-4)


def test_features_that_are_alike_have_no_spread_and_one_direction():
    features = torch.ones(50, 1) * torch.arange(1.0, 9)
    assert measure_spread(features) == pytest.approx(0, abs=1e-12)
    assert measure_rank(features) == pytest.approx(1, rel=1e-4)
    assert measure_spread(torch.cat([features, -features])) == pytest.approx(1)
    assert measure_rank(torch.zeros(50, 8)) < 1.001


def test_a_history_of_pretraining_has_them(packed, tmp_path, monkeypatch):
    prepare(packed, tmp_path / "data.h5", "0110", tiny.SIZE, "lab", seed=0)
    dataset = open_dataset(tmp_path / "data.h5")

    def pretrain():
        return Pretraining(tiny.make_method("simclr"), {})

    def finetune():
        return make_finetuning(tiny.make_small("resnet9"), find_task("classify"), dataset)

    watch, looked = Progress.watch_features, []
    monkeypatch.setattr(Progress, "watch_features", lambda run: looked.append(1) or watch(run))
    for make in (pretrain, finetune):
        folder = tmp_path / make.__name__
        looked.clear()
        trained = train(Run(dataset, make, tiny.make_tiny_recipe()), folder, 0, "")
        history = pd.read_csv(folder / "history.csv")
        assert ("valid_rankme" in history) == (make is pretrain)
        if make is pretrain:
            assert history["valid_rankme"].between(1, 8).all()
            last = history["valid_feature_spread"].iloc[-1]
            assert trained.metrics["feature_spread"] == pytest.approx(last)
        assert len(looked) == (len(history) if make is pretrain else 1)
