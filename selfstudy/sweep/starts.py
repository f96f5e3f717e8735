"""Starts that the configuration names under `weights:`."""

from pathlib import Path

from selfstudy.configuration import check_start
from selfstudy.errors import ConfigurationError, DataError, suggest
from selfstudy.sweep import SCRATCH
from selfstudy.sweep.gin_files import configure_task
from selfstudy.sweep.runs import Sweep


def check_names(sweep: Sweep, methods: list[str]) -> None:
    """Check the names of the starts.

    Args:
        sweep: whose starts are checked.
        methods: all pretext methods there are.

    Raises:
        ConfigurationError: a method is not known, scratch is missing, weights have a method's name
            or are for a backbone that is not in the sweep.
    """
    known = [SCRATCH, *methods]
    for name in sweep.methods:
        if name not in methods:
            raise ConfigurationError(f"pretext: {name!r} is not known: {suggest(name, known)}")
    if SCRATCH not in sweep.starts:
        raise ConfigurationError(
            f"pretext: {SCRATCH!r} is missing: utility compares every start with it"
        )
    for name, weights in sweep.weights.items():
        if name in known:
            raise ConfigurationError(
                f"weights: {name}: is the name of a pretext method: expected another"
            )
        for backbone in weights.get("backbones", []):
            if backbone not in (known := sweep.config["backbones"]):
                hint = suggest(backbone, known)
                raise ConfigurationError(f"weights: {name}: backbones: {backbone!r}: {hint}")


def check_weights(sweep: Sweep) -> None:
    """Check that each of the `weights:` is there and fits the backbones that start from it.

    Raises:
        ConfigurationError: one is missing, or is for another network, other channels or another
            size of image.
    """
    if not sweep.weights:
        return
    checked = []
    for curve in sweep.list_curves():
        for name in sweep.list_starts(curve.backbone):
            start = sweep.describe_start(name)
            if start is None:
                continue
            place = curve._asdict()
            gin = configure_task(sweep, **place, pretext=name)
            if (start, gin) in checked:
                continue
            checked.append((start, gin))
            try:
                if "file" in start and not Path(start["file"]).is_file():
                    raise ConfigurationError(f"file: {start['file']}: there is no such file")
                check_start(start, *gin)
            except (ConfigurationError, DataError) as error:
                raise ConfigurationError(f"weights: {name}: {error}") from None
