"""Independent random streams, so that no draw ever shifts another.

A stream is named by what it decides. Its draws for a bucket are made in the order of the images, in
fixed numbers per image, so the first images of a larger bucket are those of a smaller one.
"""

from enum import IntEnum

import numpy as np

EVERYWHERE = 12  # stands for the bucket in streams that all twelve buckets share


class Stream(IntEnum):
    """The names are part of the data's definition: a new one goes to the end."""

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


def generator(seed: int, bucket: int, stream: Stream, index: int = 0) -> np.random.Generator:
    """The generator of one stream; `index` tells shapes and texture images apart."""
    return np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(bucket, stream, index)))
