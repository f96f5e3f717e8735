"""Rounds: one pass over the images held on the device, while the next ones are read."""

from collections.abc import Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch

from selfstudy.data.dataset import BaseDataset, Block
from selfstudy.data.transfer import Beside

MANY_LABELS, LONG_ROUND, ROUND = 4000, 20_000, 10_000  # of the study


@dataclass(frozen=True)
class RoundSettings:
    """How long rounds are, and how their images are read.

    Args:
        min_round: a small subset repeats until a round has this many images; None: 10,000, and
            20,000 for a budget of 4,000, as in the study.
        max_images: images held on the device at a time, each view counted; a round is one pass
            over them. A GPU with room for all holds all, and rounds are the same.
        chunk_size: images that are read and shuffled together where the data exceeds a round.
        remote_loading: the next round's images are read while this one trains.
    """

    min_round: int | None = None
    max_images: int = 50_000
    chunk_size: int = 1000
    remote_loading: bool = True

    def require(self, labels: int | None) -> int:
        """Give the fewest images of a round with so many labels; None: with all."""
        if labels is None:
            return 0
        if self.min_round is not None:
            return self.min_round
        return LONG_ROUND if labels == MANY_LABELS else ROUND

    def bound(self, images: int, views: int) -> int:
        """Give the number of so many images that a block holds, with so many views of each."""
        return min(images, max(1, self.max_images // views))


class Rounds:
    """Training images, a block a round, a batch at a time.

    All images make one block if they fit. Else they are dealt into full blocks chunk by chunk, in a
    new order each time these are used up, and the next block is read while the current one trains;
    where there is room for all images on the device, they are read once, and stay.

    Args:
        dataset: where to read.
        rows: sorted rows of the training images (r,).
        labels: of all images of the dataset, by task.
        batch_size: images in a batch.
        device: where blocks go.
        settings: how long rounds are.
        least: fewest images of a round.
        views: of each image that are trained at a time.
        room: bytes on the device for images beside those of a block.
    """

    def __init__(
        self,
        dataset: BaseDataset,
        rows: np.ndarray,
        labels: Mapping[str, np.ndarray],
        batch_size: int,
        device: torch.device,
        settings: RoundSettings,
        least: int = 0,
        views: int = 1,
        room: int = 0,
    ) -> None:
        self.dataset = dataset
        self.rows = rows
        self.labels = labels
        self.device = device
        self.chunk_size = settings.chunk_size
        self.room = room
        self._places = torch.from_numpy(rows).to(device)
        self.block_rows = settings.bound(len(rows), views)
        repeats = max(1, -(-least // len(rows)))
        self.length = repeats * self.block_rows
        self.batch_size = min(batch_size, self.length)
        self.batches = self.length // self.batch_size
        self._reader = ThreadPoolExecutor(1) if settings.remote_loading else None
        self._beside = Beside(device)
        self._queue: list[np.ndarray] = []
        self._ahead: tuple[np.ndarray, Future[Block]] | None = None
        self._block: Block | None = None
        self._order = torch.empty(0, dtype=torch.int64)
        self._place = 0

    @cached_property
    def _resident(self) -> Block | None:
        return self._read(self.rows) if len(self.rows) <= self.block_rows else None

    @cached_property
    def _all(self) -> Block | None:
        """All images, where they are more than a block and there is room for them."""
        size = len(self.rows) * self.dataset.image_bytes
        if len(self.rows) <= self.block_rows or self.room < size:
            return None
        parts = np.array_split(self.rows, -(-len(self.rows) // self.block_rows))
        return Block.join([self.dataset.read(part, self.device, self.labels) for part in parts])

    def _read(self, rows: np.ndarray) -> Block:
        if self._all is None:
            return self.dataset.read(rows, self.device, self.labels)
        places = np.searchsorted(self.rows, rows)
        return self._all.select(torch.from_numpy(places).to(self.device))

    def start(self) -> None:
        """Begin a round: the next block, in a new order."""
        self._block = self._resident or self._next_block()
        self._shuffle()

    def next_batch(self) -> Block:
        """Take the next images of the round, which begins anew in another order after its last.

        Their `indices` are places among `rows`, which methods may remember images by.
        """
        if self._place == self.batches:
            self._shuffle()
        first = self._place * self.batch_size
        chosen = self._order[first : first + self.batch_size] % len(self._block.images)
        self._place += 1
        batch = self._block.select(chosen)
        return batch._replace(indices=torch.searchsorted(self._places, batch.indices))

    def state_dict(self) -> dict[str, object]:
        """Save the place in the round, and the rows that are dealt and not trained yet."""
        ahead = [] if self._ahead is None else [self._ahead[0]]
        streaming = self._resident is None and self._block is not None
        return {
            "dealt": [torch.from_numpy(rows) for rows in [*self._queue, *ahead]],
            "block": self._block.indices if streaming else None,
            "order": self._order,
            "place": self._place,
        }

    def load_state_dict(self, state: dict[str, object]) -> None:
        """Go on from a saved place."""
        self._queue = [rows.numpy() for rows in state["dealt"]]
        self._block = self._resident
        if state["block"] is not None:
            self._block = self._read(state["block"].cpu().numpy())
        self._order, self._place = state["order"].to(self.device), state["place"]
        if self._reader is not None and self._queue:
            self._read_ahead(self._queue.pop())

    def _shuffle(self) -> None:
        self._order, self._place = torch.randperm(self.length, device=self.device), 0

    def _next_block(self) -> Block:
        if self._reader is None:
            return self._read(self._deal())
        if self._ahead is None:
            self._read_ahead(self._deal())
        block = self._ahead[1].result()
        self._beside.hand_over(block.list_tensors())
        self._read_ahead(self._deal())
        return block

    def _read_ahead(self, rows: np.ndarray) -> None:
        self._ahead = rows, self._reader.submit(self._read_beside, rows)

    def _read_beside(self, rows: np.ndarray) -> Block:
        with self._beside.work():
            return self._read(rows)

    def _deal(self) -> np.ndarray:
        if not self._queue:
            chunks = np.array_split(
                self.rows,
                np.arange(self.chunk_size, len(self.rows), self.chunk_size),
            )
            mixed = np.concatenate([chunks[i] for i in torch.randperm(len(chunks)).tolist()])
            whole = len(mixed) // self.block_rows * self.block_rows
            self._queue = [
                np.sort(rows) for rows in np.split(mixed[:whole], whole // self.block_rows)
            ]
        return self._queue.pop()
