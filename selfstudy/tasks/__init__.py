"""Downstream tasks: what is learned from labels, one file a task, found by its class's name."""

import pkgutil
from importlib import import_module

for _module in pkgutil.iter_modules(__path__):
    import_module(f"{__name__}.{_module.name}")
