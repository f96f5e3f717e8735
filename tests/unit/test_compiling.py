"""Compiled steps: whole, with the same numbers, and their time in the log."""

from dataclasses import replace
from functools import partial

import pytest
import tiny
import torch

from selfstudy.augment import Augmentation
from selfstudy.data.kinds import open_dataset
from selfstudy.errors import ConfigurationError
from selfstudy.registry import list_names
from selfstudy.tasks.base import find_task
from selfstudy.training.learners import Finetuning, Pretraining
from selfstudy.training.run import Run, train

COMPILE = torch.compile
CLASSES = 6
NAMES = [(kind, name) for kind in ("methods", "tasks") for name in list_names(kind)]

pytestmark = pytest.mark.usefixtures("one_thread")


@pytest.fixture
def quickly(monkeypatch):
    """The compiler takes whole steps apart, and makes no faster program of them."""
    monkeypatch.setattr(torch, "compile", partial(COMPILE, backend="eager", fullgraph=True))


def make_learner(kind, name, classes=CLASSES):
    torch.manual_seed(0)
    if kind == "methods":
        method = tiny.make_method(name)
        probe = find_task("classify")(method.backbone.out_feats, CLASSES)
        return Pretraining(method, {"probe": probe})
    backbone, task = tiny.make_small("resnet9"), find_task(name)
    return Finetuning(backbone, task(backbone.out_feats, 1 if name == "depth" else classes))


def train_steps(learner, compiled):
    step = replace(tiny.make_step(learner, Augmentation()), compiled=compiled)
    labels = dict.fromkeys(("Classify", "Pose"), torch.arange(tiny.IMAGES) % CLASSES)
    dense = any(task.dense for task in learner.tasks)
    torch.manual_seed(1)
    norms = [step.train(tiny.draw_block(labels, dense, i), 1e-3, i / 2)[1] for i in range(2)]
    return learner.state_dict() | {"norms": torch.stack(norms)}


@pytest.mark.slow
@pytest.mark.parametrize(("kind", "name"), NAMES)
def test_steps_compile_whole_with_the_same_numbers(kind, name, quickly):
    plain, compiled = (train_steps(make_learner(kind, name), each) for each in (False, True))
    tiny.assert_equal(plain, compiled)


@pytest.mark.slow
def test_a_run_says_how_long_it_took_to_compile(quickly, prepared, tmp_path, caplog):
    caplog.set_level("INFO", "selfstudy")
    recipe = tiny.make_tiny_recipe(batch_size=10, compile=True)
    dataset = open_dataset(prepared)
    run = Run(dataset, lambda: make_learner("tasks", "classify", dataset.classes), recipe)
    train(run, tmp_path, seed=0, code="")
    assert sum(record.message.startswith("compiled in ") for record in caplog.records) == 1
    assert "session.compile = True" in (tmp_path / "config.gin").read_text()


def test_a_compiler_that_fails_is_an_error_in_one_line(monkeypatch):
    def fail(graph, examples):
        raise RuntimeError("no C++ compiler\nfound")

    monkeypatch.setattr(torch, "compile", partial(COMPILE, backend=fail))
    with pytest.raises(ConfigurationError, match=r"^session\.compile = True: .*no C\+\+") as error:
        train_steps(make_learner("tasks", "classify"), compiled=True)
    tiny.tell(error)
