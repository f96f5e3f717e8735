"""Snapshots: a backbone, its weights, the images that it expects, how it came about."""

import io
import zipfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import IO, Any

import torch
from torch import Tensor, nn

from selfstudy.backbones.base import Backbone, is_description, make_described
from selfstudy.data.inputs import SPACES, UNIT_RGB, Input, make_adapter
from selfstudy.description import is_literal
from selfstudy.errors import ConfigurationError, DataError, join_lines
from selfstudy.files import write_whole

RUNS = Path("results/runs")
SNAPSHOT = "snapshot.pt"
KEYS = ("backbone", "weights", "input", "trained")
BEFORE = "network"  # all that snapshots of version 0.1 held
SHOWN = 3  # keys in an error message


def locate_run(name: str | Path, file: str, key: str) -> Path:
    """Locate a run's `file`.

    Args:
        name: the file itself, its run's folder, or the ID of a run in `results/runs`.
        file: the file's name in a run's folder.
        key: what the name was given for.

    Raises:
        DataError: it is not there.
    """
    for path in (Path(name), Path(name) / file, RUNS / name / file):
        if path.is_file():
            return path
    raise DataError(
        f"{key} = {str(name)!r}: there is no such {file}: expected a run's folder, its {file}, or "
        f"the name of a run in {RUNS}"
    )


def load_tensors(
    path: str | Path, *keys: str, content: IO[bytes] | None = None, kind: str = "snapshot"
) -> dict[str, Any]:
    """Load what `torch.save` saved.

    Args:
        path: of the file.
        *keys: that it must have.
        content: of the file, if that is read already.
        kind: what it should be, for messages.

    Raises:
        DataError: it is damaged, or something else.
    """
    try:
        damaged = find_damaged_record(path) if content is None else None
        found = torch.load(content or path, map_location="cpu", weights_only=True)
    except Exception as error:  # what a damaged file ends in is of many kinds
        raise DataError(f"{path}: damaged, or not a {kind}, which holds tensors alone") from error
    if damaged is not None:
        raise DataError(f"{path}: damaged: {damaged!r} in it and its checksum do not agree")
    names = list(found) if isinstance(found, dict) else [type(found).__name__]
    if kind == "snapshot" and names == [BEFORE]:
        raise DataError(
            f"{path}: a snapshot of selfstudy 0.1, which does not say its backbone: train the run "
            f"again"
        )
    if missing := [key for key in keys if key not in names]:
        raise DataError(f"{path}: not a {kind}: expected {missing[0]!r}, found {list_some(names)}")
    return found


def find_damaged_record(path: str | Path) -> str | None:
    """Find what in a file of `torch.save` does not agree with its checksum; None: nothing.

    That is a ZIP archive, with a checksum of each tensor, which `torch.load` leaves unread. Files
    of PyTorch before 1.6 are none, and those of who switched them off say 0.
    """
    if not zipfile.is_zipfile(path):
        return None
    with zipfile.ZipFile(path) as archive:
        checked = any(record.CRC for record in archive.infolist())
        return archive.testzip() if checked else None


def save_snapshot(path: str | Path, backbone: Backbone, trained: Mapping[str, object]) -> None:
    """Save a backbone.

    Args:
        path: where.
        backbone: its weights, arguments, and the images that it expects.
        trained: how it came about: numbers and texts by name.

    Raises:
        DataError: the file cannot be written.
    """
    weights = backbone.state_dict()
    weights.update({key: value.cpu() for key, value in weights.items()})  # wherever it trained
    content = {
        "backbone": backbone.describe(),
        "weights": weights,
        "input": None if backbone.input is None else list(map(as_plain, backbone.input)),
        "trained": dict(trained),
    }
    buffer = io.BytesIO()  # written by Python, whose errors tell a full disk from others
    torch.save(content, buffer)
    with write_whole(path) as temporary:
        temporary.write_bytes(buffer.getbuffer())


def as_plain(value: str | tuple[float, ...]) -> str | list[float]:
    """Give texts as they are, and tuples as lists."""
    return value if isinstance(value, str) else list(value)


def read_snapshot(path: str | Path) -> dict[str, Any]:
    """Read a snapshot.

    Returns:
        `backbone`: its description; `weights`; `input`: an `Input` or None; `trained`.

    Raises:
        DataError: it is missing, damaged, of an earlier version, or something else.
    """
    if not Path(path).is_file():
        raise DataError(f"{path}: there is no such file")
    content = load_tensors(path, *KEYS)
    try:
        given = None if content["input"] is None else parse_input(*content["input"])
    except (TypeError, ValueError) as error:
        raise DataError(f"{path}: damaged: its input: {join_lines(error)}") from error
    if not is_description(content["backbone"]) or not is_literal(content["backbone"]):
        raise DataError(f"{path}: damaged: expected a backbone's name and arguments")
    weights = content["weights"]
    if not isinstance(weights, dict) or not all(isinstance(w, Tensor) for w in weights.values()):
        raise DataError(f"{path}: damaged: expected a backbone's weights, tensors by name")
    return content | {"input": given}


def parse_input(space: str, mean: Iterable[float], std: Iterable[float]) -> Input:
    """Make an input of what a snapshot says.

    Raises:
        TypeError, ValueError: it cannot be.
    """
    mean, std = (tuple(float(value) for value in values) for values in (mean, std))
    if space not in SPACES or len(mean) != 3 or len(std) != 3:
        raise ValueError(f"expected {' or '.join(SPACES)}, and three means and deviations")
    return Input(space, mean, std)


def load(path: str | Path, images: Input | None = UNIT_RGB) -> Backbone:
    """Load the backbone of a snapshot, ready for images, in evaluation mode.

    Args:
        path: a snapshot, a run's folder, or the name of a run in `results/runs`.
        images: what it will be given: sRGB from 0 to 1 unless another is named, such as a
            dataset's `input`; None: images as the backbone expects them.

    Returns:
        A network from images (b, 3, h, w) float32 to `Features`.

    Raises:
        DataError: the snapshot is missing or damaged, or does not say what images it expects.
        ConfigurationError: its backbone is not known here.
    """
    path = locate_run(path, SNAPSHOT, "path")
    content = read_snapshot(path)
    backbone = rebuild(path, content["backbone"])
    load_exactly(path, backbone, content["weights"], "backbone")
    backbone.input = content["input"]
    if images is not None and backbone.input is None:
        raise DataError(
            f"{path}: it does not say what images it expects: load it with images=None, and "
            f"prepare them as those that it was trained on"
        )
    backbone.adapter = make_adapter(images, backbone.input)
    return backbone.eval()


def rebuild(path: str | Path, description: dict[str, Any]) -> Backbone:
    """Make the backbone that a snapshot describes, with new weights.

    Raises:
        ConfigurationError: it is not known here, or its arguments are not.
    """
    try:
        return make_described(description)
    except Exception as error:  # arguments of a wrong kind end in errors of many kinds
        reason = join_lines(error)
        raise ConfigurationError(f"{path}: its backbone cannot be made: {reason}") from error


def load_exactly(
    path: str | Path, module: nn.Module, weights: Mapping[str, Tensor], what: str
) -> None:
    """Load weights that must be just those of `module`.

    Raises:
        DataError: they are not, as `require_same` has it.
    """
    require_same(path, module, weights, what)
    module.load_state_dict(weights)


def require_same(
    path: str | Path, module: nn.Module, weights: Mapping[str, Tensor], what: str
) -> None:
    """Require that weights are just those of `module`, by name and shape, and finite.

    Raises:
        DataError: they are not; it names the file, `what` they are of, and the keys.
    """
    expected = {key: value.shape for key, value in module.state_dict().items()}
    found = {key: value.shape for key, value in weights.items()}
    shapes = [
        f"{key} {tuple(found[key])} in place of {tuple(shape)}"
        for key, shape in expected.items()
        if found.get(key, shape) != shape
    ]
    differences = {
        "missing": [key for key in expected if key not in found],
        "unexpected": [key for key in found if key not in expected],
        "of another shape": shapes,
    }
    reasons = [f"{kind}: {list_some(keys)}" for kind, keys in differences.items() if keys]
    if reasons:
        raise DataError(f"{path}: its {what} is not the configured one: {'; '.join(reasons)}")
    # Else it would look as if training had diverged.
    if broken := [key for key, value in weights.items() if not value.isfinite().all()]:
        raise DataError(f"{path}: its {what} is not finite: {list_some(broken)}")


def list_some(keys: list[str]) -> str:
    """List the first few of many keys."""
    more = len(keys) - SHOWN
    return ", ".join(map(str, keys[:SHOWN])) + (f" and {more} more" if more > 0 else "")
