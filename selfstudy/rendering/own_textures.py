"""Textures of one's own: images, made to repeat without a seam, in one file for rendering."""

import logging
from collections.abc import Callable
from pathlib import Path

import h5py
import numpy as np

from selfstudy.data.checksums import FORMAT
from selfstudy.data.decoding import decode_image
from selfstudy.data.hdf5 import open_hdf5, report_damage
from selfstudy.data.names import BUCKETS
from selfstudy.errors import DataError
from selfstudy.files import write_whole
from selfstudy.provenance import hash_files
from selfstudy.rendering.streams import deal
from selfstudy.rendering.textures import POOL, SIZE

SUFFIXES = (".png", ".jpg", ".jpeg")
BORDER = SIZE // 4  # texels over which opposite borders fade into each other
log = logging.getLogger("selfstudy")


def collect_textures(
    folder: str | Path, output: str | Path, progress: Callable[[int], object] = lambda images: None
) -> None:
    """Read all images below `folder` and write them to one file as textures.

    The file holds `textures` (t, SIZE, SIZE, 3) uint8, of each of which HDF5 keeps a checksum, and
    the `name` of each; attribute: `inputs_sha256`. Images that cannot be read are logged, listed in
    `skipped`, and left out.

    Args:
        folder: holds PNG and JPEG files, at any depth.
        output: the file of textures.
        progress: is told how many images have been looked at since it was told last.

    Raises:
        DataError: there is no such folder, or fewer images in it than there are buckets.
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise DataError(f"{folder}: there is no such folder of textures")
    paths = sorted(path for path in folder.rglob("*") if path.suffix.lower() in SUFFIXES)
    textures, used, skipped = [], [], []
    for path in paths:
        progress(1)
        try:
            textures.append(make_seamless(decode_image(path, SIZE + BORDER)))
            used.append(path)
        except DataError as error:
            log.warning("left out: %s", error)
            skipped.append(str(path.relative_to(folder)))
    if len(used) < BUCKETS:
        raise DataError(
            f"{folder}: {len(used)} sound images of {len(paths)}: expected one at least for each "
            f"of the {BUCKETS} buckets"
        )
    text = h5py.string_dtype()
    needs = len(used) * 3 * SIZE**2
    with (
        write_whole(output, needs) as temporary,
        h5py.File(temporary, "w", libver=FORMAT, locking=False) as file,
    ):
        each = (1, SIZE, SIZE, 3)
        file.create_dataset("textures", data=np.stack(textures), chunks=each, fletcher32=True)
        names = [str(path.relative_to(folder)) for path in used]
        file.create_dataset("name", data=names, dtype=text)
        file.create_dataset("skipped", (len(skipped),), data=skipped, dtype=text)
        file.attrs["inputs_sha256"] = hash_files(used)


def make_seamless(image: np.ndarray) -> np.ndarray:
    """Turn an image (SIZE + BORDER, SIZE + BORDER, 3) uint8 into one (SIZE, SIZE, 3) that repeats.

    What sticks out beyond SIZE fades into the opposite border.
    """
    values = image.astype(float)
    share = (np.arange(BORDER) + 0.5)[:, None, None] / BORDER
    for _ in range(2):  # downwards, then to the right
        values[:BORDER] = share * values[:BORDER] + (1 - share) * values[SIZE:]
        values = values[:SIZE].swapaxes(0, 1)
    return np.rint(values).astype(np.uint8)


def read_textures(path: str | Path, seed: int, bucket: int) -> np.ndarray:
    """Read a bucket's share of collected textures, at most POOL, uint8 (t, SIZE, SIZE, 3).

    Raises:
        DataError: the file is missing, damaged or something else.
    """
    with open_hdf5(path) as file, report_damage(path):
        stored = file["textures"]
        if stored.shape[1:] != (SIZE, SIZE, 3) or stored.dtype != np.uint8:
            raise DataError(f"{path}: not collected textures: 'textures' is {stored.shape}")
        share = deal(np.arange(len(stored)), seed, bucket, which=0)[:POOL]
        return stored[np.sort(share)]
