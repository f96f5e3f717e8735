"""What the programs that show runs have of a run, read back from their own files."""

import sys
import time
from contextlib import suppress

import pandas as pd
import pytest
import yaml
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from selfstudy.configuration import CONFIG
from selfstudy.errors import ConfigurationError, InterruptionError
from selfstudy.registry import list_names
from selfstudy.tracking.base import make_tracker
from selfstudy.training.history import History

TRACKERS = list_names("tracking")
LIMIT = 60  # seconds for anything to happen
every = pytest.mark.parametrize("name", TRACKERS)


def read_tensorboard(folder):
    events = EventAccumulator(str(folder / "tensorboard")).Reload()
    tags = events.Tags()["scalars"]
    return {tag: {each.step: each.value for each in events.Scalars(tag)} for tag in tags}


def list_mlflow(experiment):
    from mlflow import MlflowClient

    known = MlflowClient().get_experiment_by_name(experiment)
    return MlflowClient().search_runs([known.experiment_id])


def read_mlflow(folder):
    from mlflow import MlflowClient

    (run,) = (each for each in list_mlflow(folder.parent.name) if each.info.run_name == str(folder))
    found = {
        tag: MlflowClient().get_metric_history(run.info.run_id, tag) for tag in run.data.metrics
    }
    return {tag: {each.step: each.value for each in values} for tag, values in found.items()}


def list_records(path):
    """The records of an offline run: LevelDB's log of messages, of one block."""
    from wandb.proto.wandb_internal_pb2 import Record

    content, place = path.read_bytes(), 7  # after the file's own header
    assert content[:4] in (b":W&B", b"")
    assert len(content) < 2**15
    while place + 7 <= len(content):
        length = int.from_bytes(content[place + 4 : place + 6], "little")
        place += 7  # checksum, length, kind
        yield Record.FromString(content[place : place + length])
        place += length


def read_wandb(folder):
    (path,) = folder.glob("wandb/offline-run-*/*.wandb")
    end = time.monotonic() + LIMIT  # its own process writes
    while not any(record.HasField("exit") for record in list_records(path)):
        assert time.monotonic() < end
        time.sleep(0.05)
    found = {}
    for record in list_records(path):
        row = {item.key or item.nested_key[0]: item.value_json for item in record.history.item}
        for tag, value in row.items():
            if not tag.startswith("_"):
                found.setdefault(tag, {})[int(row["_step"])] = float(value)
    return found


READERS = {"tensorboard": read_tensorboard, "mlflow": read_mlflow, "wandb": read_wandb}


@pytest.fixture(scope="module")
def database(tmp_path_factory):
    return f"sqlite:///{tmp_path_factory.mktemp('mlflow')}/mlflow.db"


@pytest.fixture(autouse=True)
def place(database, tmp_path, monkeypatch):
    """MLflow's database, with an experiment for each test, and none of a user's own settings."""
    monkeypatch.setenv("MLFLOW_TRACKING_URI", database)
    monkeypatch.setenv("MLFLOW_EXPERIMENT_NAME", tmp_path.name)
    for name in ("WANDB_MODE", "WANDB_PROJECT"):
        monkeypatch.delenv(name, raising=False)


def add(history, *losses):
    with history:
        for loss in losses:
            history.add(0.5, {"loss": loss, "accuracy": 0.5}, {"accuracy": loss / 4})


@pytest.mark.slow
@every
def test_rounds_are_steps_and_a_run_that_goes_on_has_each_once(name, tmp_path):
    first = History(tmp_path / "one", 0, 2, name)
    add(first, 2.0, 1.0)
    add(History(tmp_path / "other", 0, 1, name), 8.0)
    found = READERS[name](tmp_path / "one")
    assert found["loss/train"] == {1: 2.0, 2: 1.0}
    assert found["accuracy/valid"] == {1: 0.5, 2: 0.25}
    assert set(found) == {"learning_rate", "loss/train", "accuracy/train", "accuracy/valid"}
    second = History(tmp_path / "one", 0, 2, name)
    second.load_state_dict({"rows": first.rows[:1], "seconds": first.seconds[:1]})
    add(second, 4.0)
    assert READERS[name](tmp_path / "one")["loss/train"] == {1: 2.0, 2: 4.0}
    assert READERS[name](tmp_path / "other")["loss/train"] == {1: 8.0}
    progress = pd.read_csv(tmp_path / "one/progress.csv")
    assert progress["train_loss"].tolist() == [2.0, 4.0]


def test_nothing_is_written_unless_asked_for(tmp_path):
    add(History(tmp_path / "run", 0, 1), 2.0)
    assert {path.name for path in (tmp_path / "run").iterdir()} == {"progress.csv", "times.csv"}


@every
def test_a_missing_library_is_named(name, tmp_path, monkeypatch):
    module = {"tensorboard": "torch.utils.tensorboard"}.get(name, name)
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(ConfigurationError, match=f"^tracking: {name}: .*: pip install {name}"):
        add(History(tmp_path, 0, 1, name), 2.0)


@pytest.mark.parametrize("uri", ["sqlite:///{file}/mlflow.db", "nowhere://{file}"])
def test_a_place_that_cannot_be_written_to_is_named(uri, tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    uri = uri.format(file=tmp_path / "file")
    monkeypatch.setenv("MLFLOW_TRACKING_URI", uri)
    with pytest.raises(ConfigurationError, match=f"^tracking: mlflow: {uri}: cannot be") as error:
        add(History(tmp_path, 0, 1, "mlflow"), 2.0)
    assert "\n" not in str(error.value)


def test_mlflow_says_which_runs_ended(tmp_path):
    for error, status in ((InterruptionError, "FAILED"), (None, "FINISHED")):
        with suppress(InterruptionError), History(tmp_path, 0, 1, "mlflow"):
            if error:
                raise error
        (run,) = list_mlflow(tmp_path.name)
        assert run.info.status == status


def test_a_round_that_mlflow_does_not_take_is_a_warning(tmp_path, monkeypatch, caplog):
    from mlflow import MlflowClient, MlflowException

    def refuse(*arguments):
        raise MlflowException("gone")

    monkeypatch.setattr(MlflowClient, "log_batch", refuse)
    add(History(tmp_path, 0, 1, "mlflow"), 2.0)
    assert "tracking: mlflow: round 1 is not there: gone" in caplog.text


def test_the_configuration_takes_them_all():
    schema = yaml.safe_load((CONFIG / "schema.yaml").read_text())
    assert schema["properties"]["tracking"]["enum"] == TRACKERS
    with pytest.raises(ConfigurationError, match="tracking = 'wand' is not known: did you mean"):
        make_tracker("wand", CONFIG)
