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
        self._next: Future[Block] | None = None

    def batch_indices(self, block: Block) -> Iterator[Tensor]:
        """Positions within the block of one round's batches, in random order."""
        order = torch.randperm(self.length, device=self.device) % len(block.images)
        yield from order[: self.batches * self.batch_size].split(self.batch_size)

    def next_block(self) -> Block:
        if self._resident is not None:
            return self._resident
        if self._reader is None:
            return self.dataset.read(self._next_rows(), self.device)
        current = self._next or self._reader.submit(
            self.dataset.read, self._next_rows(), self.device
        )
        block = current.result()
        self._next = self._reader.submit(self.dataset.read, self._next_rows(), self.device)
        return block

    def _next_rows(self) -> np.ndarray:
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
