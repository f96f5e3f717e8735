"""Rounds: one pass over the images held on the device, while the next ones are read."""

from concurrent.futures import Future, ThreadPoolExecutor

import numpy as np
import torch

from selfstudy.data.dataset import BaseDataset, Block


class Rounds:
    """Training images, a block a round, a batch at a time.

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
        self._ahead: tuple[np.ndarray, Future[Block]] | None = None
        self._block: Block | None = None
        self._order = torch.empty(0, dtype=torch.int64)
        self._place = 0

    def start(self) -> None:
        """Begin a round: the next block, in a new order."""
        self._block = self._resident or self._next_block()
        self._shuffle()

    def next_batch(self) -> Block:
        """The next images of the round, which begins anew in another order after its last."""
        if self._place == self.batches:
            self._shuffle()
        first = self._place * self.batch_size
        chosen = self._order[first : first + self.batch_size] % len(self._block.images)
        self._place += 1
        return Block(*(part[chosen] for part in self._block))

    def state_dict(self) -> dict[str, object]:
        """The place in the round, and the rows of the blocks that are dealt and not trained yet."""
        ahead = [] if self._ahead is None else [self._ahead[0]]
        streaming = self._resident is None and self._block is not None
        return {
            "dealt": [torch.from_numpy(rows) for rows in [*self._queue, *ahead]],
            "block": self._block.indices if streaming else None,
            "order": self._order,
            "place": self._place,
        }

    def load_state_dict(self, state: dict[str, object]) -> None:
        self._queue = [rows.numpy() for rows in state["dealt"]]
        self._block = self._resident
        if state["block"] is not None:
            self._block = self.dataset.read(state["block"].cpu().numpy(), self.device)
        self._order, self._place = state["order"].to(self.device), state["place"]
        if self._reader is not None and self._queue:
            self._read_ahead(self._queue.pop())

    def _shuffle(self) -> None:
        self._order, self._place = torch.randperm(self.length, device=self.device), 0

    def _next_block(self) -> Block:
        if self._reader is None:
            return self.dataset.read(self._dealt(), self.device)
        if self._ahead is None:
            self._read_ahead(self._dealt())
        block = self._ahead[1].result()
        self._read_ahead(self._dealt())
        return block

    def _read_ahead(self, rows: np.ndarray) -> None:
        self._ahead = rows, self._reader.submit(self.dataset.read, rows, self.device)

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
