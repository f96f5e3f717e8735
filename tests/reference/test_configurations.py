"""Our gin files hold the values of the authors' configurations."""

from inspect import signature

import gin
import pytest

from selfstudy.configuration import configured, known_parameters

NAMES = [
    f"syn/{backbone}/{task}"
    for backbone in ("r9", "r50")
    for task in ("vae", "rotate", "cmc", "amdim", "classify", "pose")
]
# Set by the run itself, or by the code's defaults, or for what is not built yet.
IMPLIED = {
    "session.restore_session": None,
    "CMCModel.dataset_size": 400000,
    "Wrapper.pretrained": None,
}


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
            if IMPLIED.get(binding, "no") == wanted:
                continue
            assert binding in known_parameters(), binding
            found = value(binding)
            assert (list(found) if isinstance(found, tuple) else found) == wanted, binding
