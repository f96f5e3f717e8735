"""Gin configuration: strict, composed, gone afterwards."""

import gin
import pytest

from selfstudy.configuration import load_configuration, read_gin
from selfstudy.errors import ConfigurationError


@pytest.mark.parametrize(
    ("binding", "message"),
    [
        ("ResNet.widht = 8", "ResNet.widht is not known: did you mean 'ResNet.width'?"),
        ("Resnet.width = 8", "Resnet.width is not known: did you mean 'ResNet.width'?"),
        ("ResNet.choice = 8", "ResNet.choice is not known"),
        ("ResNet.width = [8", "binding 'ResNet.width = \\[8'"),
        ("ResNet.width = eight", "binding 'ResNet.width = eight'"),
    ],
)
def test_bad_bindings_are_named(binding, message):
    with pytest.raises(ConfigurationError, match=message):
        load_configuration(["syn/r9/vae"], [binding])


@pytest.mark.parametrize(
    ("binding", "message"),
    [
        ("Wrapper.pretrained=a", "line 1: a is no value: expected text in quotes"),
        ("session.start = runs/mine", "line 1: runs is no value: expected text in quotes"),
        ("session.start = {'timm': resnet50}", "resnet50 is no value: expected text in quotes"),
        ("session.start = ../mine", "Unable to parse value: text needs quotes"),
        ("session.start = 2024-01", "Expected newline: text needs quotes"),
        ("session.frozen = true", "true is no value: expected True"),
        ("session.labels = none", "none is no value: expected None"),
    ],
)
def test_text_needs_quotes(binding, message):
    with pytest.raises(ConfigurationError) as error:
        load_configuration(["syn/r9/vae"], [binding])
    assert str(error.value).endswith(message)


@pytest.mark.parametrize(
    ("binding", "expected"),
    [
        ("session.labels = 6.0", "a whole number or None"),
        ("session.labels = True", "a whole number or None"),
        ("session.labels = '6'", "a whole number or None"),
        ("session.start = 3", "text in quotes or {name: text in quotes} or None"),
        ("session.start = {'timm': 3}", "text in quotes or {name: text in quotes} or None"),
        ("session.frozen = 'no'", "True or False"),
        ("session.valid_iters = 1.5", "a whole number"),
        ("dataloader.batch_size = 'a'", "a whole number"),
        ("optimizer.lr = '1e-3'", "a number"),
        ("optimizer.betas = [0.9]", "a list of 2, each a number"),
        ("scheduler.milestones = 3", "a list, each a whole number"),
        ("augment.crop = 'a'", "True or False"),
        ("ResNet.width = 4.0", "a whole number"),
        ("BaseDataset.input_res = '64'", "a whole number from 1 or None"),
    ],
)
def test_values_of_another_type_are_named(binding, expected):
    with pytest.raises(ConfigurationError) as error:
        load_configuration(["syn/r9/classify"], [binding])
    name, value = binding.split(" = ")
    assert str(error.value) == f"{name} = {value}: expected {expected}"


@pytest.mark.parametrize(
    ("binding", "expected"),
    [
        ("dataloader.batch_size = 0", "1 or more"),
        ("dataloader.valid_batch_size = -1", "1 or more"),
        ("optimizer.lr = -0.001", "0 or more"),
        ("optimizer.lr = 1e999", "0 or more"),
        ("optimizer.weight_decay = -1", "0 or more"),
        ("optimizer.betas = (0.9, 1.0)", "each 0 or more, below 1"),
        ("optimizer.eps = -1e-08", "0 or more"),
        ("optimizer.momentum = 1", "0 or more, below 1"),
        ("scheduler.target_lrs = [0, -0.001, 0]", "each 0 or more"),
        ("scheduler.target_lrs = -0.001", "0 or more"),
        ("session.valid_iters = -2", "-1 or more"),
        ("session.test_iters = -2", "-1 or more"),
        ("session.checkpoint_minutes = -1", "0 or more"),
        ("rounds.min_round = -1", "0 or more"),
        ("rounds.max_images = 0", "1 or more"),
        ("rounds.chunk_size = 0", "1 or more"),
    ],
)
def test_numbers_out_of_range_are_named(binding, expected):
    with pytest.raises(ConfigurationError) as error:
        load_configuration(["syn/r9/vae"], [binding])
    assert str(error.value) == f"{binding.replace('1e999', 'inf')}: expected {expected}"


@pytest.mark.parametrize(
    ("method", "binding", "expected"),
    [
        ("vae", "ResNet.width = 0", "at least 1"),
        ("rotate", "ResNet.width = -8", "at least 1"),
    ],
)
def test_numbers_that_make_no_network_are_named(method, binding, expected):
    configuration = load_configuration([f"syn/r9/{method}"], [binding])
    with pytest.raises(ConfigurationError, match=f"{binding}: expected {expected}"):
        configuration.make_method(configuration.make_backbone(), images=8)


def test_some_images_have_to_validate():
    configuration = load_configuration(["syn/r9/vae"], ["BaseDataset.num_valid = 0"])
    with pytest.raises(ConfigurationError, match="num_valid = 0: expected 1 or more"):
        configuration.open_dataset("none.h5")


def test_values_that_stand_for_others_are_checked():
    with pytest.raises(ConfigurationError, match=r"^ResNet.width = 4.0: expected a whole number$"):
        load_configuration(["syn/r9/vae"], ["wide = 4.0", "ResNet.width = %wide"])
    load_configuration(["syn/r9/vae"], ["optimizer.lr = 1", "optimizer.betas = (0, 0.9)"])


def test_missing_files_are_named_with_the_nearest():
    with pytest.raises(ConfigurationError, match="did you mean 'syn/r9/rotate'"):
        read_gin("syn/r9/rotation")


def test_a_task_keeps_the_backbone_of_the_method_before_it():
    configuration = load_configuration(["syn/r9/cmc", "syn/r9/classify"])
    assert configuration.method == "cmc"
    assert configuration.bound["ResNet"]["is_half"] is True
    assert configuration.make_backbone().name == "two_encoders"
    assert configuration.task == "classify"
    assert configuration.recipe.session.valid_iters == -1
    assert configuration.recipe.augment.color_jitter is True
    assert configuration.recipe.scheduler.milestones == [5, 600]


def test_nothing_of_a_configuration_stays_in_gin():
    load_configuration(["syn/r9/vae"])
    assert gin.config_str().strip() == ""
    with pytest.raises(ConfigurationError):
        load_configuration(["syn/r9/vae"], ["ResNet.widht = 8"])
    assert gin.config_str().strip() == ""


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("# one\n\nResNet.width = 8 8\n", r"mine.gin, line 3: Expected newline"),
        ("ResNet.width = 4\nResNet.widht = 8\n", r"mine.gin, line 2: ResNet.widht is not known"),
        ("include 'syn/r9/vae.gin'\n\n\nnonsense\n", r"mine.gin, line 4: Couldn't parse"),
        ("include 'beside.gin'\n", r"beside.gin, line 2: augment.flop is not known"),
        ("include 'mine.gin'\n", r"mine.gin: it includes itself"),
        ("include 'syn/r9/vea.gin'\n", "did you mean 'syn/r9/vae'"),
        ("ResNet.width = 4\nimport os\n", r"mine.gin, line 2: gin files import nothing"),
        ("ResNet.width = \xff\n", r"mine.gin: cannot be read as text"),
    ],
)
def test_mistakes_in_files_are_named_with_their_line(tmp_path, text, message):
    (tmp_path / "beside.gin").write_text("\naugment.flop = True\n")
    path = tmp_path / "mine.gin"
    path.write_text(text, encoding="latin-1")
    with pytest.raises(ConfigurationError, match=message):
        load_configuration([str(path)])


def test_includes_stand_where_they_are_included(tmp_path):
    (tmp_path / "beside.gin").write_text("ResNet.width = 5\nResNet.out_feats = 5\n")
    path = tmp_path / "mine.gin"
    path.write_text("ResNet.width = 4\ninclude 'beside.gin'\nResNet.out_feats = 6\n")
    assert load_configuration([str(path)]).bound["ResNet"] == {"width": 5, "out_feats": 6}


def test_the_authors_bindings_for_what_happens_by_itself_are_accepted():
    plain = load_configuration(["syn/r9/vae"])
    bindings = ["session.use_apex = False", "dataloader.num_workers = 4"]
    configuration = load_configuration(["syn/r9/vae"], bindings)
    assert configuration.recipe == plain.recipe
    assert configuration.describe() == plain.describe()
