"""Backbones, and the network of the study: a backbone with a pretext head and readouts.

A module here that defines a subclass of `selfstudy.backbones.base.Backbone` with `name="convnet"`
makes `init_resnet.choice = 'convnet'` known. Nothing else has to know of it.
"""

import pkgutil
from importlib import import_module

for _module in pkgutil.iter_modules(__path__):
    if _module.name != "study":  # it imports the pretext methods, which import backbones
        import_module(f"{__name__}.{_module.name}")
