"""Our gin files hold the values of the authors' configurations."""

import json
from inspect import signature
from pathlib import Path

import gin
import pytest

from selfstudy.configuration import BY_ITSELF, configured, known_parameters

NAMES = list(json.loads((Path(__file__).parent / "configs.json").read_text()))


def value(binding):
    """The bound value, or else the default of the parameter."""
    try:
        return gin.query_parameter(binding)
    except ValueError:
        selector, _, parameter = binding.rpartition(".")
        configurable = gin.config._REGISTRY.get_match(selector)
        return signature(configurable.wrapper).parameters[parameter].default


@pytest.mark.parametrize("name", NAMES)
def test_values_equal_the_authors(name, reference):
    expected = reference("configs")[name]
    with configured([name]):
        for binding, wanted in expected.items():
            if binding in BY_ITSELF:
                continue
            assert binding in known_parameters(), binding
            found = value(binding)
            assert (list(found) if isinstance(found, tuple) else found) == wanted, binding
