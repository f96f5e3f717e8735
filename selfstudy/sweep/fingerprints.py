"""Fingerprints of the code that a job depends on, taken once: thousands of jobs ask for a few."""

from functools import cache

from selfstudy.provenance import find_source, fingerprint_code


@cache
def fingerprint_modules(*modules: str) -> str:
    """Hash the source of modules of the package, and of all of it that they import."""
    return fingerprint_code(*modules)


def fingerprint_run(
    module: str, *, backbone: str, pretext: str, task: str = "", **_: object
) -> str:
    """Hash the source of `module` and of what a run goes through that it finds by name.

    Args:
        module: that runs it.
        backbone: name of a module, which counts if there is one.
        pretext: likewise.
        task: likewise; none: the run pretrains.
    """
    named = [f"backbones.{backbone}", f"methods.{pretext}"]
    if task:
        named += ["starts", "tasks.classify", f"tasks.{task}"]
    return fingerprint_modules(module, *(name for name in named if find_source(name).is_file()))
