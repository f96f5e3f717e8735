"""Independent random streams, so that no draw ever shifts another.

A stream is named by what it decides. Its draws for a bucket are made in the order of the images, in
fixed numbers per image, so the first images of a larger bucket are those of a smaller one.
"""

from enum import IntEnum

import numpy as np

from selfstudy.data.names import BUCKETS

EVERYWHERE = BUCKETS  # stands for the bucket in streams that all twelve buckets share


class Stream(IntEnum):
    """What a stream decides.

    The numbers are part of the data's definition: a new one goes to the end.
    """

    SHAPE = 0
    TEXTURE_IMAGE = 1
    TEXTURE_CHOICE = 2
    CLASS_HUE = 3
    RANDOM_HUE = 4
    COLOR_SPREAD = 5
    BACKGROUND = 6
    VIEWPOINT = 7
    LIGHTING = 8
    WARP = 9
    CLASS_CHOICE = 10
    RING = 11
    ELEVATION = 12
    DEALING = 13


def make_generator(seed: int, bucket: int, stream: Stream, index: int = 0) -> np.random.Generator:
    """Make the generator of one stream; `index` tells shapes and texture images apart."""
    return np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(bucket, stream, index)))


def deal(items: np.ndarray, seed: int, bucket: int, which: int) -> np.ndarray:
    """Deal shuffled items to all buckets in turn; give one bucket's share.

    `which` tells items of several kinds apart.
    """
    order = make_generator(seed, EVERYWHERE, Stream.DEALING, which).permutation(items)
    return order[bucket::BUCKETS]


class Tempered:
    """Draws of a generator, moved toward the middle.

    Args:
        rng: where draws come from.
        variety: 1 leaves them as they are, 0 leaves a single one.
    """

    def __init__(self, rng: np.random.Generator, variety: float) -> None:
        self.rng, self.variety = rng, variety

    def random(self) -> float:
        """Draw from 0 to 1."""
        return self.uniform(0, 1)

    def uniform(self, low: float, high: float, size: int | None = None) -> float | np.ndarray:
        """Draw as NumPy does; the less variety, the nearer to the middle."""
        middle = (low + high) / 2
        return middle + self.variety * (self.rng.uniform(low, high, size) - middle)

    def integers(self, low: int, high: int | None = None) -> int:
        """Draw as NumPy does; the less variety, the fewer of the choices."""
        low, high = (0, low) if high is None else (low, high)
        choices = 1 + round(self.variety * (high - low - 1))
        return low + (self.rng.integers(low, high) - low) * choices // (high - low)
