"""Starts that the configuration names under `pretext:` and `weights:`."""

from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path

from selfstudy.configuration import check_snapshot, check_start
from selfstudy.errors import ConfigurationError, DataError, suggest
from selfstudy.sweep import SCRATCH
from selfstudy.sweep.gin_files import Gin, configure_pretraining, configure_task
from selfstudy.sweep.pretrained import list_pretrained, split_numbered
from selfstudy.sweep.runs import Curve, Sweep


def check_names(sweep: Sweep, methods: list[str]) -> None:
    """Check the names of the starts.

    Args:
        sweep: whose starts are checked.
        methods: all pretext methods there are.

    Raises:
        ConfigurationError: a method is not known, scratch is missing, another start has a method's
            name, or names what is not in the sweep.
    """
    known = [SCRATCH, *methods]
    for entry in sweep.config["pretext"]:
        if not isinstance(entry, Mapping) and entry not in known:
            raise ConfigurationError(f"pretext: {entry!r} is not known: {suggest(entry, known)}")
    if SCRATCH not in sweep.starts:
        raise ConfigurationError(
            f"pretext: {SCRATCH!r} is missing: utility compares every start with it"
        )
    for name, weights in sweep.weights.items():
        require_own_name(f"weights: {name}", name, methods)
        for backbone in weights.get("backbones", []):
            if backbone not in sweep.config["backbones"]:
                hint = suggest(backbone, sweep.config["backbones"])
                raise ConfigurationError(f"weights: {name}: backbones: {backbone!r}: {hint}")
    check_own_names(sweep, methods)
    own = [
        name for entry in sweep.config["pretext"] if isinstance(entry, Mapping) for name in entry
    ]
    known = [*sweep.methods, *own]
    for name in sweep.config["gin"]["pretext"]:
        if name not in known:
            hint = suggest(name, known) if known else "nothing is pretrained"
            raise ConfigurationError(f"gin: pretext: {name!r} is not known: {hint}")


def check_own_names(sweep: Sweep, methods: list[str]) -> None:
    """Check the starts under `pretext:` that have names of their own, as `check_names` does."""
    for entry in sweep.config["pretext"]:
        if not isinstance(entry, Mapping):
            continue
        for name, said in entry.items():
            place = f"pretext: {name}"
            require_own_name(place, name, methods)
            names = {"pretext": methods, "images": sweep.datasets, "from": sweep.weights}
            for key in (key for key in names if key in said):
                if said[key] not in names[key]:
                    hint = suggest(said[key], names[key]) if names[key] else "there are none"
                    raise ConfigurationError(f"{place}: {key}: {said[key]!r} is not known: {hint}")
            if len(said) == 1 and not sweep.config["gin"]["pretext"].get(name):
                raise ConfigurationError(
                    f"{place}: is {said['pretext']!r} again: expected images, from, or bindings of "
                    f"its own under gin: pretext"
                )
            if [*sweep.datasets] == [said.get("images")]:
                raise ConfigurationError(
                    f"{place}: images: {said['images']!r} is the only dataset, and no other is "
                    f"finetuned on: expected two datasets or more"
                )
    counts = Counter([*(name for name, _ in list_pretrained(sweep.config)), *sweep.weights])
    for name in (name for name, count in counts.items() if count > 1):
        raise ConfigurationError(f"pretext: {name}: is the name of two starts: expected another")


def require_own_name(place: str, name: str, methods: list[str]) -> None:
    """Require that a start's name is none that says a method.

    Raises:
        ConfigurationError: it is.
    """
    method, images = split_numbered(name)
    if method in (SCRATCH, *methods):
        how = "" if images is None else f", {method}, on {images} images"
        raise ConfigurationError(f"{place}: is the name of a pretext method{how}: expected another")


def check_weights(sweep: Sweep) -> None:
    """Check that weights are there and fit the backbones that start from them.

    These are the `weights:`, which pretraining may go on from, too, and networks that are
    pretrained on another dataset.

    Raises:
        ConfigurationError: some are missing, or are for another network, other channels or another
            size of image.
    """
    checked = []
    for curve in sweep.list_curves():
        for name in sweep.list_starts(curve.backbone, curve.dataset):
            for check in list_checks(sweep, curve, name):
                if check not in checked:
                    checked.append(check)
                    try:
                        check_one(*check)
                    except (ConfigurationError, DataError) as error:
                        where = f"pretext: {name}: on {curve.dataset}"
                        place = where if name in sweep.pretrained else f"weights: {name}"
                        raise ConfigurationError(f"{place}: {error}") from None


def list_checks(sweep: Sweep, curve: Curve, name: str) -> Iterator[tuple]:
    """List what has to fit a start on a curve: what it starts from, and gin of what does."""
    place = curve._asdict()
    start, pretrained = sweep.describe_start(name), sweep.pretrained.get(name)
    if start is not None:
        yield start, configure_task(sweep, **place, pretext=name)
    elif pretrained is not None:
        where, network = sweep.locate_network(curve.dataset, name)
        gin = configure_pretraining(sweep, where, curve.backbone, network)
        if pretrained.weights is not None:
            yield sweep.describe_start(pretrained.weights), gin
        if pretrained.dataset is not None:
            yield gin, configure_task(sweep, **place, pretext=name)


def check_one(start: Mapping[str, str] | Gin, gin: Gin) -> None:
    """Check that a run fits what it starts from: weights, or what another run configures."""
    if not isinstance(start, Mapping):
        check_snapshot(start, gin)
        return
    if "file" in start and not Path(start["file"]).is_file():
        raise ConfigurationError(f"file: {start['file']}: there is no such file")
    check_start(start, *gin)
