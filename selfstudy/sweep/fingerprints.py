"""Fingerprints of the code that a job depends on, taken once: thousands of jobs ask for a few."""

from functools import cache

from selfstudy.provenance import find_source, fingerprint, fingerprint_code, fingerprint_folder
from selfstudy.tasks import PROBES

RESNETS = "backbones.resnet"  # what names such as r9 stand for


@cache
def fingerprint_modules(*modules: str) -> str:
    """Hash the source of modules of the package, and of all of it that they import."""
    return fingerprint_code(*modules)


@cache
def fingerprint_room(name: str) -> str:
    """Hash the source of a room of the package alone, whatever it imports."""
    return fingerprint_folder(name)


def fingerprint_run(
    module: str, *, backbone: str, pretext: str, task: str = "", **_: object
) -> str:
    """Hash the source of `module` and of what a run goes through that it finds by name.

    Args:
        module: that runs it.
        backbone: name of a module, which counts if there is one; if not, the residual networks.
        pretext: name of a module, which counts if there is one.
        task: likewise; none: the run pretrains.
    """
    own = f"backbones.{backbone}"
    named = [own if find_source(own).is_file() else RESNETS, f"methods.{pretext}"]
    named += [f"tasks.{probe}" for probe in PROBES]
    if task:
        named += ["starts", f"tasks.{task}"]
    modules = [name for name in named if find_source(name).is_file()]
    return fingerprint([fingerprint_modules(module, *modules), fingerprint_room("configuration")])
