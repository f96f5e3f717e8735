"""Our gin files hold the values of the authors' configurations."""

from inspect import signature

import gin
import pytest

from selfstudy.configuration import configured, known_parameters

PRETEXT = ("vae", "rotate", "cmc", "amdim")
NAMES = [
    *(
        f"syn/{backbone}/{task}"
        for backbone in ("r9", "r50")
        for task in (*PRETEXT, "classify", "pose")
    ),
    *(f"dense/r50/{task}" for task in (*PRETEXT, "segment", "depth")),
]
# What the run sets by itself, and what is not built yet.
IMPLIED = {"CMCModel.dataset_size", "Wrapper.pretrained", "session.restore_session"}


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
            if binding in IMPLIED:
                continue
            assert binding in known_parameters(), binding
            found = value(binding)
            assert (list(found) if isinstance(found, tuple) else found) == wanted, binding
