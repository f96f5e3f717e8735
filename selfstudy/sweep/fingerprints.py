"""Fingerprints of the code that a job depends on, taken once: thousands of jobs ask for a few.

Its script is part of it: by that file's time Snakemake would tell a new one, which a checkout or a
copy changes (`rerun-triggers` in profiles/default).
"""

from functools import cache

from selfstudy.provenance import (
    PACKAGE,
    find_source,
    fingerprint,
    fingerprint_code,
    fingerprint_folder,
)
from selfstudy.sweep.paths import is_timms
from selfstudy.sweep.pretrained import Pretrained
from selfstudy.sweep.runs import Sweep
from selfstudy.tasks import PROBES

SCRIPTS = PACKAGE.parent / "workflow/scripts"
RESNETS = "backbones.resnet"  # what names such as r9 stand for
TIMMS = "backbones.timm_network"


def is_checkout() -> bool:
    """Whether the package lies beside the workflow's scripts, or was installed without them."""
    return SCRIPTS.is_dir()


def fingerprint_job(script: str, *modules: str) -> str:
    """Hash a rule's script, the source of modules of the package, and all of it they import.

    Scripts of a workflow that is used from elsewhere, by its tag, say nothing new.

    Args:
        script: its name in `workflow/scripts`.
        modules: those that it finds its way to, by their names in the package.
    """
    text = (SCRIPTS / f"{script}.py").read_text(encoding="utf-8") if is_checkout() else ""
    return fingerprint([text, fingerprint_modules(*modules)])


@cache
def fingerprint_modules(*modules: str) -> str:
    """Hash the source of modules of the package, and of all of it that they import."""
    return fingerprint_code(*modules)


@cache
def fingerprint_room(name: str) -> str:
    """Hash the source of a room of the package alone, whatever it imports."""
    return fingerprint_folder(name)


def find_modules(sweep: Sweep, pretext: str, **place: str) -> dict[str, str]:
    """Find what code a run depends on, as `fingerprint_run` takes it.

    Args:
        sweep: that it is one of.
        pretext: its start, or, where it pretrains, what it does.
        place: more of what it is, such as its `backbone` and its `task`.
    """
    about = {**sweep.pretraining, **sweep.pretrained}.get(pretext, Pretrained(pretext))
    begins = place.get("task") or about.weights or ""
    return {**place, "pretext": about.method, "start": begins}


def fingerprint_run(
    script: str,
    module: str,
    *,
    backbone: str,
    pretext: str,
    task: str = "",
    start: str = "",
    **_: object,
) -> str:
    """Hash a rule's script, and the source of `module` and of what a run finds by name.

    Args:
        script: its name in `workflow/scripts`.
        module: that runs it.
        backbone: name of a module, which counts if there is one; if not, timm's networks, or the
            residual ones.
        pretext: name of a module, which counts if there is one.
        task: likewise; none: the run pretrains.
        start: what it starts from; none: new weights.
    """
    own = TIMMS if is_timms(backbone) else f"backbones.{backbone}"
    named = [own if find_source(own).is_file() else RESNETS, f"methods.{pretext}"]
    named += [f"tasks.{probe}" for probe in PROBES]
    named += ["starts"] if task or start else []
    named += [f"tasks.{task}"] if task else []
    modules = [name for name in named if find_source(name).is_file()]
    code = fingerprint_job(script, module, *modules)
    return fingerprint([code, fingerprint_room("configuration")])
