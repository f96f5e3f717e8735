"""Backbones: networks that turn images into features.

A module here that defines a subclass of `selfstudy.backbones.base.Backbone` with `name="convnet"`
makes `make_backbone("convnet")` known. Nothing else has to know of it.
"""

import pkgutil
from importlib import import_module

for _module in pkgutil.iter_modules(__path__):
    import_module(f"{__name__}.{_module.name}")
