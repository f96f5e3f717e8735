"""Snapshots: a network's weights, and the exact loading of its backbone."""

import io
from pathlib import Path
from pickle import UnpicklingError

import torch
from torch import nn

from selfstudy.errors import DataError
from selfstudy.files import written_whole

BACKBONE = "model.backbone."


def save_snapshot(path: str | Path, network: nn.Module) -> None:
    """Save all weights and buffers of `network`."""
    buffer = io.BytesIO()  # written by Python, whose errors tell a full disk from others
    torch.save({"network": network.state_dict()}, buffer)
    with written_whole(path) as temporary:
        temporary.write_bytes(buffer.getbuffer())


def load_backbone(path: str | Path, network: nn.Module) -> None:
    """Load the backbone of the snapshot at `path`, all of it and nothing else.

    Raises DataError if the file is missing, damaged, or does not hold just this backbone.
    """
    if not Path(path).is_file():
        raise DataError(f"{path}: there is no such snapshot (Wrapper.pretrained)")
    try:
        weights = torch.load(path, map_location="cpu", weights_only=True)["network"]
    except (OSError, RuntimeError, EOFError, KeyError, TypeError, UnpicklingError) as error:
        raise DataError(f"{path}: damaged, or not a snapshot: {error}") from error
    backbone = {
        key.removeprefix(BACKBONE): value
        for key, value in weights.items()
        if key.startswith(BACKBONE)
    }
    try:
        network.get_submodule(BACKBONE.rstrip(".")).load_state_dict(backbone, strict=True)
    except RuntimeError as error:
        reason = " ".join(str(error).split())[:400]
        raise DataError(f"{path}: its backbone is not the configured one: {reason}") from error
