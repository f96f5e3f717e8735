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
