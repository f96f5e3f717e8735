"""How many labels does self-supervised pretraining save? (Newell and Deng, CVPR 2020).

The names below are all that a program of one's own needs; they are loaded when they are used.
"""

from importlib import import_module

_NAMES = {
    "Augmentation": "augment",
    "File": "starts.file",
    "Recipe": "training.recipe",
    "Scratch": "starts.base",
    "Snapshot": "starts.base",
    "Timm": "starts.timm_weights",
    "Torchvision": "starts.public",
    "compare": "api",
    "find_method": "methods.base",
    "find_task": "tasks.base",
    "finetune": "api",
    "load": "snapshots",
    "make_backbone": "backbones.base",
    "make_recipe": "training.recipe",
    "measure_utility": "analysis.utility",
    "open_dataset": "data.kinds",
    "pretrain": "api",
}
__all__ = list(_NAMES)


def __getattr__(name: str) -> object:
    if name not in _NAMES:
        raise AttributeError(f"module 'selfstudy' has no attribute {name!r}")
    return getattr(import_module(f"selfstudy.{_NAMES[name]}"), name)


def __dir__() -> list[str]:
    return sorted([*globals(), *_NAMES])
