"""Gin configuration: strict, composed, gone afterwards."""

import gin
import pytest

from selfstudy.configuration import configured, gin_text
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
    with pytest.raises(ConfigurationError, match=message), configured(["syn/r9/vae"], [binding]):
        pass


def test_missing_files_are_named_with_the_nearest():
    with pytest.raises(ConfigurationError, match="did you mean 'syn/r9/rotate'"):
        gin_text("syn/r9/rotation")


def test_a_task_keeps_the_backbone_of_the_method_before_it():
    with configured(["syn/r9/cmc", "syn/r9/classify"]):
        assert gin.query_parameter("Wrapper.model_choice") == "cmc"
        assert gin.query_parameter("ResNet.is_half") is True
        assert gin.query_parameter("session.task") == "ClassifyTask"
        assert gin.query_parameter("session.valid_iters") == -1
        assert gin.query_parameter("augment.color_jitter") is True
        assert gin.query_parameter("scheduler.milestones") == [5, 600]


def test_configuration_ends_with_its_block():
    with configured(["syn/r9/vae"]):
        pass
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
    with pytest.raises(ConfigurationError, match=message), configured([str(path)]):
        pass


def test_includes_stand_where_they_are_included(tmp_path):
    (tmp_path / "beside.gin").write_text("ResNet.width = 5\nResNet.out_feats = 5\n")
    path = tmp_path / "mine.gin"
    path.write_text("ResNet.width = 4\ninclude 'beside.gin'\nResNet.out_feats = 6\n")
    with configured([str(path)]):
        assert gin.query_parameter("ResNet.width") == 5
        assert gin.query_parameter("ResNet.out_feats") == 6


def test_the_authors_bindings_for_what_happens_by_itself_are_accepted():
    with configured(["syn/r9/vae"], ["session.use_apex = False", "dataloader.num_workers = 4"]):
        assert "use_apex" not in gin.config_str()
