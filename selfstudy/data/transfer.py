"""The way of arrays to a GPU, beside what it computes."""

from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import torch
from torch import Tensor


def make_buffer(shape: tuple[int, ...], dtype: np.dtype, device: torch.device) -> np.ndarray:
    """Make room for what is read for a device: for a GPU in memory that it copies by itself."""
    if device.type != "cuda":
        return np.empty(shape, dtype)
    kind = torch.from_numpy(np.empty(0, dtype)).dtype
    return torch.empty(shape, dtype=kind, pin_memory=True).numpy()


def send(values: np.ndarray, device: torch.device) -> Tensor:
    """Copy an array to a device; nobody waits for it where it lies in such memory."""
    return torch.from_numpy(values).to(device, non_blocking=True)


class Beside:
    """Work on a device beside what is computed there: on a GPU, on a stream of its own.

    Args:
        device: where; on a processor nothing is special.
    """

    def __init__(self, device: torch.device) -> None:
        self._stream = torch.cuda.Stream(device) if device.type == "cuda" else None

    @contextmanager
    def work(self) -> Iterator[None]:
        """Work after what was asked for before; at the end, wait until it is done."""
        if self._stream is None:
            yield
            return
        self._stream.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(self._stream):
            yield
        self._stream.synchronize()

    def hand_over(self, tensors: list[Tensor]) -> None:
        """Hand tensors over to whoever computes: not before it is done is their memory free."""
        if self._stream is not None:
            for each in tensors:
                each.record_stream(torch.cuda.current_stream())
