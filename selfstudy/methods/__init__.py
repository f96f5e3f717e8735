"""Pretext methods: one module each, with the method's model and its loss, found by its name.

A module here named `method` defines a subclass of `PretextModel` with `name="method"` and a task,
a subclass of `selfstudy.tasks.readouts.ReadoutTask`. Nothing else has to know of it.
"""

import pkgutil
from importlib import import_module

from selfstudy.methods.base import MODELS, PretextModel

NAMES = tuple(module.name for module in pkgutil.iter_modules(__path__) if module.name != "base")

for _name in NAMES:
    import_module(f"{__name__}.{_name}")


def make_model(name: str, run_selfsup: bool, dataset_size: int) -> PretextModel:
    """The model of the method `name`, configured by the bindings of its class."""
    from selfstudy.configuration import known

    return known(name, MODELS, "Wrapper.model_choice")(
        run_selfsup=run_selfsup, dataset_size=dataset_size
    )
