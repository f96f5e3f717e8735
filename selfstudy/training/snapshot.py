"""Snapshots: a network's weights, and the exact loading of its backbone."""

import io
from collections.abc import Mapping
from pathlib import Path
from typing import IO, Any

import torch
from torch import Tensor, nn

from selfstudy.errors import DataError
from selfstudy.files import write_whole

RUNS = Path("results/runs")
SNAPSHOT = "snapshot.pt"
BACKBONE = "model.backbone."
SHOWN = 3  # keys in an error message


def of_run(name: str | Path, file: str, key: str) -> Path:
    """The path of a run's `file`.

    Args:
        name: the file itself, its run's folder, or the ID of a run in `results/runs`.
        key: what the name was given for.
    """
    for path in (Path(name), Path(name) / file, RUNS / name / file):
        if path.is_file():
            return path
    raise DataError(
        f"{key} = {str(name)!r}: there is no such {file}: expected a run's folder, its {file}, or "
        f"the name of a run in {RUNS}"
    )


def load_tensors(path: str | Path, *keys: str, content: IO[bytes] | None = None) -> dict[str, Any]:
    """What `torch.save` saved, which must have `keys`; of the file's `content`, if that is read.

    Raises DataError where it is damaged, or something else.
    """
    try:
        content = torch.load(content or path, map_location="cpu", weights_only=True)
    except Exception as error:  # what a damaged file ends in is of many kinds
        raise DataError(f"{path}: damaged, or not a snapshot, which holds tensors alone") from error
    found = list(content) if isinstance(content, dict) else [type(content).__name__]
    if missing := [key for key in keys if key not in found]:
        raise DataError(f"{path}: not a snapshot: expected {missing[0]!r}, found {some(found)}")
    return content


def save_snapshot(path: str | Path, network: nn.Module) -> None:
    """Save all weights and buffers of `network`."""
    buffer = io.BytesIO()  # written by Python, whose errors tell a full disk from others
    torch.save({"network": network.state_dict()}, buffer)
    with write_whole(path) as temporary:
        temporary.write_bytes(buffer.getbuffer())


def load_backbone(path: str | Path, network: nn.Module) -> None:
    """Load the backbone of the snapshot at `path`, all of it and nothing else.

    Raises DataError if the file is damaged, or does not hold just this backbone.
    """
    weights = load_tensors(path, "network")["network"]
    backbone = {
        key.removeprefix(BACKBONE): value
        for key, value in weights.items()
        if key.startswith(BACKBONE)
    }
    load_exactly(path, network.get_submodule(BACKBONE.rstrip(".")), backbone, "backbone")


def load_exactly(
    path: str | Path, module: nn.Module, weights: Mapping[str, Tensor], what: str
) -> None:
    """Load weights that must be just those of `module`; errors name the keys that are not."""
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
    reasons = [f"{kind}: {some(keys)}" for kind, keys in differences.items() if keys]
    if reasons:
        raise DataError(f"{path}: its {what} is not the configured one: {'; '.join(reasons)}")
    module.load_state_dict(weights)


def some(keys: list[str]) -> str:
    """The first few of many keys."""
    more = len(keys) - SHOWN
    return ", ".join(map(str, keys[:SHOWN])) + (f" and {more} more" if more > 0 else "")
