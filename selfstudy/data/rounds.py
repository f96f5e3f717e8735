"""Rounds: one pass over the images held on the device, while the next ones are read."""

from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor

import numpy as np
import torch
from torch import Tensor

from selfstudy.data.dataset import BaseDataset, Block


class Rounds:
    """Training images, a block a round.

    All images make one block if they fit. Else they are dealt into full blocks chunk by chunk, in a
    new order each time these are used up, and the next block is read while the current one trains.

    Args:
        dataset: where to read.
        rows: sorted rows of the training images (r,).
        batch_size: images in a batch.
        device: where blocks go.
    """

    def __init__(
        self, dataset: BaseDataset, rows: np.ndarray, batch_size: int, device: torch.device
    ) -> None:
        self.dataset = dataset
        self.rows = rows
        self.device = device
        self.block_rows = min(len(rows), dataset.max_images)
        repeats = max(1, -(-dataset.round_length // len(rows)))
        self.length = repeats * self.block_rows
        self.batch_size = min(batch_size, self.length)
        self.batches = self.length // self.batch_size
        self._resident = dataset.read(rows, device) if len(rows) <= self.block_rows else None
        self._reader = ThreadPoolExecutor(1) if dataset.remote_loading else None
        self._queue: list[np.ndarray] = []
        self._next_rows: np.ndarray | None = None
        self._next: Future[Block] | None = None

    def batch_indices(self, block: Block) -> Iterator[Tensor]:
        """Positions within the block of one round's batches, in random order."""
        order = torch.randperm(self.length, device=self.device) % len(block.images)
        yield from order[: self.batches * self.batch_size].split(self.batch_size)

    def next_block(self) -> Block:
        if self._resident is not None:
            return self._resident
        if self._reader is None:
            return self.dataset.read(self._dealt(), self.device)
        if self._next is None:
            self._read_ahead(self._dealt())
        block = self._next.result()
        self._read_ahead(self._dealt())
        return block

    def state_dict(self) -> dict[str, list[Tensor]]:
        """The rows of the blocks that are dealt and not trained yet, the last one first."""
        ahead = [] if self._next_rows is None else [self._next_rows]
        return {"dealt": [torch.from_numpy(rows) for rows in [*self._queue, *ahead]]}

    def load_state_dict(self, state: dict[str, list[Tensor]]) -> None:
        self._queue = [rows.numpy() for rows in state["dealt"]]
        if self._reader is not None and self._queue:
            self._read_ahead(self._queue.pop())

    def _read_ahead(self, rows: np.ndarray) -> None:
        self._next_rows = rows
        self._next = self._reader.submit(self.dataset.read, rows, self.device)

    def _dealt(self) -> np.ndarray:
        if not self._queue:
            chunks = np.array_split(
                self.rows,
                np.arange(self.dataset.chunk_size, len(self.rows), self.dataset.chunk_size),
            )
            mixed = np.concatenate([chunks[i] for i in torch.randperm(len(chunks)).tolist()])
            whole = len(mixed) // self.block_rows * self.block_rows
            self._queue = [
                np.sort(rows) for rows in np.split(mixed[:whole], whole // self.block_rows)
            ]
        return self._queue.pop()
