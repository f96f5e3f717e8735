"""Gin at the edge: all that its language has, the authors' names, and nothing of it inside."""

import sys
from types import ModuleType

import pytest
import tiny
import torch
from torch import nn

from selfstudy import registry
from selfstudy.configuration import load_configuration, names
from selfstudy.data.kinds import open_dataset
from selfstudy.errors import ConfigurationError
from selfstudy.methods.base import Method
from selfstudy.training import progress
from selfstudy.training.run import train

pytestmark = pytest.mark.usefixtures("one_thread")

CLASSIFY, VAE = ["syn/r9/classify"], ["syn/r9/vae"]
SHORT = [
    *tiny.TINY,
    "ResNet.width = 4",
    "VAE.output_res = 16",
    "VAE.decoder_width = 8",
    "CMC.nce_k = 16",
]


def load(files, *bindings):
    return load_configuration(files, bindings)


def refuse(files, *bindings):
    """The one line that bindings are refused with."""
    with pytest.raises(ConfigurationError) as error:
        load(files, *bindings)
    assert "\n" not in str(error.value)
    return str(error.value)


# The language


@pytest.mark.parametrize(
    "bindings",
    [
        ["wd = 3e-4", "optimizer.weight_decay = %wd"],
        ["optimizer.weight_decay = %wd", "wd = 3e-4"],
        ["wd = 1", "optimizer.weight_decay = %wd", "wd = 3e-4"],
        ["mine/wd = 3e-4", "optimizer.weight_decay = %mine/wd"],
        ["a = 3e-4", "wd = %a", "optimizer.weight_decay = %wd"],
    ],
)
def test_macros(bindings):
    assert load(CLASSIFY, *bindings).recipe.optimizer.weight_decay == 3e-4


def test_macros_stand_inside_lists_and_for_the_authors_names():
    configuration = load(
        VAE,
        "peak = 0.5",
        "scheduler.target_lrs = [0, %peak, 0]",
        "theirs = 'DepthTask'",
        "session.task = %theirs",
        "choice = 'resnet18'",
        "init_resnet.choice = %choice",
    )
    assert configuration.recipe.scheduler.target_lrs == [0, 0.5, 0]
    assert configuration.task == "depth"
    assert configuration.backbone == "resnet18"


@pytest.mark.parametrize(
    ("bindings", "message"),
    [
        (["ResNet.width = %wide"], "%wide is not known: expected wide = a value, anywhere"),
        (["ResNet.width = %wied", "wide = 4"], "%wied is not known: did you mean 'wide'?"),
        (["Wrapper.warmup_fc = %a", "a = %a"], "it refers to itself"),
        (["ResNet.width = %a", "a = %b", "b = %a"], "refers to itself"),
        (["ResNet.width = @ResNet()"], "refers to itself"),
        (["session.method = @ResNet"], "@ResNet: expected @ResNet(), which makes it"),
        (["session.method = @ResNte()"], "No configurable matching reference '@ResNte()'"),
    ],
)
def test_references_to_nothing_are_refused(bindings, message):
    assert message in refuse(CLASSIFY, *bindings)


def test_blocks(tmp_path):
    path = tmp_path / "mine.gin"
    path.write_text("ResNet:\n  width = 4\n  out_feats = 5\n\nteacher/ResNet:\n  width = 6\n")
    assert load([str(path)]).bound["ResNet"] == {"width": 4, "out_feats": 5}
    path = tmp_path / "other.gin"
    path.write_text("ResNet:\n  width = 4\n  widht = 5\n")
    assert "other.gin, line 3: ResNet.widht is not known" in refuse([str(path)])


class Taught(Method):
    """A method with a backbone of another scope."""

    def __init__(self, backbone, teacher, rate=0.5):
        super().__init__(backbone)
        self.teacher, self.rate = teacher, rate


@pytest.fixture
def taught(monkeypatch):
    """A method of one's own, in a module of one's own."""
    module = ModuleType("selfstudy.methods.taught")
    module.Taught = Taught
    monkeypatch.setattr(Taught, "__module__", module.__name__)
    monkeypatch.setitem(sys.modules, module.__name__, module)

    def list_names(package):
        return found(package) + ["taught"] * (package == "methods")

    found = registry.list_names
    monkeypatch.setattr(registry, "list_names", list_names)
    monkeypatch.setattr(names, "list_names", list_names)


def test_a_scope_makes_another_backbone(taught):
    configuration = load(
        ["syn/r9/common"],
        "session.method = 'taught'",
        "Taught.teacher = @teacher/ResNet()",
        "Taught.rate = 0.25",
        "ResNet.width = 8",
        "ResNet.out_feats = 5",
        "teacher/ResNet.width = 4",
        "session.backbone = 'resnet18'",
    )
    method = configuration.make_method(configuration.make_backbone(), images=2)
    assert type(method) is Taught
    assert method.rate == 0.25
    assert method.backbone.stem[0].out_channels == 8
    assert method.teacher.stem[0].out_channels == 4
    assert method.teacher.out_feats == method.backbone.out_feats == 5
    assert method.teacher.name == method.backbone.name == "resnet18"
    assert not torch.equal(method.teacher.fc.weight, method.backbone.fc.weight)


def test_scopes_bind_nothing_outside_of_them():
    assert load(CLASSIFY, "teacher/ResNet.width = 4").bound["ResNet"] == {}
    assert "ResNet.widht is not known" in refuse(CLASSIFY, "teacher/ResNet.widht = 4")


@pytest.mark.parametrize("first", [0, 1])
def test_validation_has_its_own_batch_size(first, prepared, tmp_path, monkeypatch):
    sizes = []
    evaluate = progress.evaluate

    def spy(step, block, batch_size, *rest):
        sizes.append(batch_size)
        return evaluate(step, block, batch_size, *rest)

    monkeypatch.setattr(progress, "evaluate", spy)
    both = ["valid/dataloader.batch_size = 7", "dataloader.batch_size = 20"]
    configuration = load(CLASSIFY, *SHORT, *both[first:], *both[:first])
    run = configuration.make_run(configuration.open_dataset(prepared))
    assert run.make_rounds(run.make(), 0, torch.device("cpu")).batch_size == 20
    train(run, tmp_path / "run", 0, "")
    assert set(sizes) == {7}


@pytest.mark.parametrize("split", ["train", "test"])
def test_other_splits_batch_sizes_say_what_to_write_instead(split):
    message = refuse(CLASSIFY, f"{split}/dataloader.batch_size = 7")
    assert f"{split}/dataloader.batch_size is not known here: dataloader." in message


# What the authors' program knows, but none of their configurations sets


def test_no_probes():
    configuration = load(VAE, "Wrapper.run_classifier = False")
    assert configuration.probes is False


def test_no_augmentation_whatever_else_is_said():
    for bindings in (["augment.do_augment = False"], ["augment.do_augment = False", "flip = 1"]):
        augment = load(CLASSIFY, *bindings, "augment.crop = True").recipe.augment
        images = torch.randn(2, 3, 8, 8)
        assert torch.equal(augment(images)[0][0], images)
    assert load(CLASSIFY, "augment.do_augment = None").recipe.augment.crop


def test_the_learning_rate_is_multiplied():
    rates = load(CLASSIFY, "optimizer.lr = 0.1").recipe.list_rates
    rounds = ModuleType("rounds")
    rounds.batches = 2
    once, tenth = load(CLASSIFY).recipe.list_rates(rounds), rates(rounds)
    for one, other in zip(once, tenth, strict=True):
        assert other == pytest.approx(one / 10)


@pytest.mark.parametrize(
    ("name", "made"),
    [("RMSprop", torch.optim.RMSprop), ("FusedAdam", torch.optim.AdamW), ("SGD", torch.optim.SGD)],
)
def test_optimizers(name, made):
    settings = ["optimizer.eps = 1e-3", "optimizer.weight_decay = 0.5"]
    optimizer = load(CLASSIFY, f"optimizer.optim_fn = '{name}'", *settings).recipe.optimizer
    layer = nn.Linear(2, 2)
    found = optimizer.make(layer.parameters())
    assert type(found) is made
    assert found.defaults["weight_decay"] == 0.5
    assert found.defaults.get("eps", 1e-3) == 1e-3
    layer(torch.ones(1, 2)).sum().backward()
    found.step()


def test_a_backbone_may_learn_more_slowly_than_heads(prepared):
    """By SGD, whose step is the rate times the gradient: a tenth of the step there, the same on."""
    rows, moved = torch.device("cpu"), {}
    for scale in (1, 0.1, 0):
        settings = ["optimizer.optim_fn = 'SGD'", f"optimizer.backbone_scale = {scale}"]
        settings += [*tiny.TINY, "ResNet.width = 4", "augment.cutout = False"]
        configuration = load(CLASSIFY, *settings)
        run = configuration.make_run(configuration.open_dataset(prepared))
        torch.manual_seed(0)
        step = run.make_step(rows)
        rounds = run.make_rounds(step.learner, 0, rows)
        rounds.start()
        before = tiny.copy_weights(step.learner)
        step.train(rounds.next_batch(), 1e-2, 1.0)
        after = step.learner.state_dict()
        moved[scale] = {key: after[key] - before[key] for key in before}
    for key, whole in moved[1].items():
        if "running" in key or "batches" in key:
            continue
        inside = key.startswith("backbone.")
        for scale in (0.1, 0):
            expected = whole * (scale if inside else 1)
            torch.testing.assert_close(moved[scale][key], expected, rtol=2e-2, atol=1e-7)
    with pytest.raises(ConfigurationError, match="backbone_scale = -1: expected 0 or more"):
        load(CLASSIFY, "optimizer.backbone_scale = -1").recipe.optimizer.make([])


@pytest.mark.parametrize(
    "binding",
    [
        "Wrapper.warmup_fc = 0",
        "Wrapper.finetune_selfsup = True",
        "Wrapper.ignore_pretrained_fc = True",
        "scheduler.scheduler_fn = 'LambdaLR'",
        "scheduler.final_lr = None",
        "scheduler.metric = 'valid_loss'",
        "session.model = 'Wrapper'",
    ],
)
def test_what_happens_anyway_may_be_said(binding):
    first, second = load(CLASSIFY, binding), load(CLASSIFY)
    assert first.describe() == second.describe()
    assert first.recipe == second.recipe


@pytest.mark.parametrize(
    ("binding", "instead"),
    [
        ("Wrapper.warmup_fc = 100", "session.frozen"),
        ("Wrapper.finetune_selfsup = False", "session.frozen"),
        ("Wrapper.ignore_pretrained_fc = False", "heads are always new"),
        ("scheduler.scheduler_fn = 'ReduceLROnPlateau'", "scheduler.milestones"),
        ("scheduler.final_lr = 0.001", "scheduler.target_lrs"),
        ("session.model = 'ResnetModel'", "session.method"),
        ("augment.do_augment = True", "augment.flip"),
    ],
)
def test_what_has_no_counterpart_says_what_to_write_instead(binding, instead):
    message = refuse(CLASSIFY, binding)
    assert f"{binding} is not known here: " in message
    assert instead in message.partition("is not known here: ")[2]


@pytest.mark.parametrize(
    ("bindings", "task"),
    [
        (["session.task = 'ClassifyTask'"], "classify"),
        (["session.task = 'ClassifyTask'", "ClassifyTask.is_pose = True"], "pose"),
        (["ClassifyTask.is_dense = True", "session.task = 'ClassifyTask'"], "segment"),
        (["session.task = 'ClassifyTask'", "Wrapper.dense_pred = True"], "segment"),
        (
            [
                "session.task = 'ClassifyTask'",
                "ClassifyTask.is_dense = True",
                "Wrapper.dense_pred = False",
            ],
            "classify",
        ),
        (["session.task = 'DepthTask'", "Wrapper.dense_pred = True"], "depth"),
        (["session.task = 'VAETask'"], None),
        # Ours, with their flags behind it, and before it.
        (["ClassifyTask.is_pose = True"], "pose"),
        (["ClassifyTask.is_dense = True"], "segment"),
        (["ClassifyTask.is_pose = True", "session.task = 'classify'"], "classify"),
        (["session.task = 'segment'", "Wrapper.dense_pred = True"], "segment"),
    ],
)
def test_one_class_of_theirs_is_three_tasks(bindings, task):
    assert load(CLASSIFY, *bindings).task == task


@pytest.mark.parametrize(
    ("bindings", "start"),
    [
        (["init_resnet.pretrained = True", "Wrapper.pretrained = None"], "resnet9"),
        (["Wrapper.pretrained = None", "init_resnet.pretrained = True"], "resnet9"),
        (["init_resnet.pretrained = True", "init_resnet.choice = 'resnet50'"], "resnet50"),
        (["init_resnet.pretrained = True", "init_resnet.pretrained = False"], None),
        (["Wrapper.pretrained = 'run'", "init_resnet.pretrained = False"], "run"),
        (["init_resnet.pretrained = True", "Wrapper.pretrained = 'run'"], "run"),
    ],
)
def test_a_run_and_public_weights_in_any_order(bindings, start):
    found = load(CLASSIFY, *bindings).start
    assert found == ({"torchvision": start} if start and start.startswith("resnet") else start)


@pytest.mark.parametrize(
    ("files", "binding", "source"),
    [
        (["syn/r9/amdim"], "BaseDataset.double_sample = False", "which takes 2 views"),
        (VAE, "BaseDataset.double_sample = True", "which takes 1 view:"),
        (CLASSIFY, "BaseDataset.double_sample = True", "which takes 1 view:"),
        (CLASSIFY, "Wrapper.out_classes = [9, 5]", "has 10 classes"),
        (VAE, "Wrapper.dense_pred = True", "has one target per image"),
        (VAE, "Wrapper.run_selfsup = False", "the method"),
        (VAE, "Wrapper.finetune_classifier = True", "the method, which no label reaches"),
        (["syn/r9/pose"], "BaseDataset.predict_pose = False", "the task"),
    ],
)
def test_flags_that_contradict_what_they_follow_from_are_refused(files, binding, source, prepared):
    configuration = load(files, *SHORT, binding)
    dataset = configuration.open_dataset(prepared)
    with pytest.raises(ConfigurationError) as error:
        configuration.make_learner(dataset)
    message = str(error.value)
    assert message.startswith(f"{binding.partition(' = ')[0]} = ")
    assert "it follows from" in message
    assert source in message
    assert message.endswith(": leave it out")


def test_a_flag_that_contradicts_its_task_is_refused():
    message = refuse(["syn/r9/pose"], "ClassifyTask.is_pose = False")
    assert "it follows from session.task = 'pose': leave it out" in message
    message = refuse(["dense/r50/segment"], "Wrapper.dense_pred = False")
    assert "it follows from session.task = 'segment': leave it out" in message


@pytest.mark.parametrize("name", ["double_sample = False", "predict_pose = True"])
def test_flags_that_say_what_follows_are_accepted(name, prepared):
    configuration = load(CLASSIFY, *SHORT, f"BaseDataset.{name}")
    configuration.make_learner(configuration.open_dataset(prepared))


# config.gin


@pytest.mark.parametrize(
    ("files", "bindings"),
    [
        (["syn/r9/vae"], ["VAE.inpainting = True", "session.probes = False"]),
        (["syn/r9/cmc"], ["CMC.nce_t = 0.1"]),
        (["syn/r9/amdim"], ["rounds.chunk_size = 10"]),
        (["syn/r9/classify"], ["session.labels = 20", "valid/dataloader.batch_size = 5"]),
        (["syn/r9/cmc", "syn/r9/pose"], ["session.frozen = True"]),
        (["syn/r9/classify"], ["Wrapper.finetune_classifier = False", "optimizer.lr = 2"]),
    ],
)
def test_a_runs_configuration_gives_the_same_run(files, bindings, prepared, tmp_path):
    def describe(files, bindings):
        configuration = load(files, *bindings)
        run = configuration.make_run(open_dataset(prepared))
        return run.describe(run.make()), configuration

    text, first = describe(files, [*SHORT, *bindings])
    (tmp_path / "config.gin").write_text(text)
    again, second = describe([str(tmp_path / "config.gin")], [])
    assert again == text
    assert second.recipe == first.recipe
    assert "Wrapper" not in text


def test_brackets_in_brackets_end(tmp_path):
    path = tmp_path / "deep.gin"
    path.write_text(f"scheduler.milestones = {'[' * 5000}{']' * 5000}\n")
    assert refuse([str(path)]) == f"{path}, line ?: too many brackets in one another"
