"""What TensorBoard sees of a run."""

import sys

import pandas as pd
import pytest
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from selfstudy.errors import ConfigurationError
from selfstudy.training.history import History


def scalars(folder):
    events = EventAccumulator(str(folder / "tensorboard")).Reload()
    return {
        tag: {event.step: event.value for event in events.Scalars(tag)}
        for tag in events.Tags()["scalars"]
    }


def add(history, *losses):
    with history:
        for loss in losses:
            history.add(0.1, {"loss": loss, "accuracy": 0.5}, {"accuracy": loss / 4})


def test_rounds_are_steps(tmp_path):
    add(History(tmp_path, 0, 2, "tensorboard"), 2.0, 1.0)
    found = scalars(tmp_path)
    assert found["loss/train"] == {1: 2.0, 2: 1.0}
    assert found["accuracy/valid"] == {1: 0.5, 2: 0.25}
    assert set(found) == {"learning_rate", "loss/train", "accuracy/train", "accuracy/valid"}


def test_a_run_that_goes_on_has_each_round_once(tmp_path):
    first = History(tmp_path, 0, 3, "tensorboard")
    add(first, 2.0, 1.0)
    second = History(tmp_path, 0, 3, "tensorboard")
    second.load_state_dict({"rows": first.rows[:1], "seconds": first.seconds[:1]})
    add(second, 4.0)
    assert scalars(tmp_path)["loss/train"] == {1: 2.0, 2: 4.0}
    assert pd.read_csv(tmp_path / "progress.csv")["train_loss"].tolist() == [2.0, 4.0]


def test_nothing_is_written_unless_asked_for(tmp_path):
    add(History(tmp_path, 0, 1), 2.0)
    assert not (tmp_path / "tensorboard").exists()


def test_a_missing_library_is_named(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "torch.utils.tensorboard", None)
    with pytest.raises(ConfigurationError, match="pip install tensorboard"):
        add(History(tmp_path, 0, 1, "tensorboard"), 2.0)
