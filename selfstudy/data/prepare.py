"""Preparation: the packed buckets of a dataset become one array of normalised images.

Buckets 0 to 9 are training images and shuffled among themselves; 10 (validation) and 11 (test) are
shuffled inside. The order depends on the seed alone.
"""

import io
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import NamedTuple, TypeVar

import h5py
import numpy as np
from PIL import Image
from PIL.Image import Resampling

from selfstudy.data.checksums import read_checksums, read_whole, verify_rows
from selfstudy.data.decoding import UNREADABLE, resize
from selfstudy.data.hdf5 import open_hdf5, report_damage
from selfstudy.data.names import BUCKETS
from selfstudy.data.packed import OBJECT, read_classes
from selfstudy.data.png import decode_png
from selfstudy.data.prepared import Description, write_prepared
from selfstudy.data.resampling import resize_bicubic
from selfstudy.data.spaces import STATISTICS
from selfstudy.errors import DataError
from selfstudy.provenance import hash_files

PLACES = ("bucket", "source")  # attributes of a packed file that may differ within a dataset
T = TypeVar("T")


def prepare(
    packed: Sequence[str | Path],
    output: str | Path,
    dataset: str,
    resolution: int,
    space: str,
    seed: int,
    processes: int = 1,
    progress: Callable[[int], object] = lambda images: None,
    made: Mapping[str, object] = {},
) -> None:
    """Write a prepared file from the twelve packed files of a dataset.

    Images are resized to `resolution` pixels (bicubic, antialiased), dense targets too (nearest),
    and stored in `space`; beside them the metadata fields.

    Args:
        packed: the packed files, in the order of their buckets.
        output: the prepared file.
        dataset: name of the dataset, stored as an attribute.
        resolution: width and height of the stored images.
        space: "lab" or "rgb".
        seed: of the order.
        processes: that work side by side.
        progress: is told how many images have finished since it was told last.
        made: what the packed files must say of how they were made, such as their `seed`; those
            that say nothing of it are believed.

    Raises:
        DataError: a file is missing, damaged, inconsistent, or not that of its place.
    """
    with ExitStack() as stack:
        buckets = [stack.enter_context(open_hdf5(path)) for path in packed]
        counts = map_buckets(buckets, check_packed)
        if len(counts) != BUCKETS or len(set(counts)) != 1:
            raise DataError(
                f"{Path(packed[0]).parent}: expected {BUCKETS} buckets of one size, found {counts}"
            )
        map_buckets(buckets, lambda bucket: require_origin(bucket, {"dataset": dataset, **made}))
        require_places(buckets)
        classes = map_buckets(buckets, read_classes)
        objects = map_buckets(buckets, lambda bucket: bucket["class"].shape)
        if len(set(classes)) != 1 or len(set(objects)) != 1:
            raise DataError(
                f"{Path(packed[0]).parent}: expected buckets of the same classes, and of as many "
                f"objects"
            )
        order = draw_order(counts[0], seed)
        dense = "png_targets" in buckets[0]

        def make_reader(field: str) -> Callable[[slice], np.ndarray]:
            decode = partial(decode_packed, field=field, resolution=resolution)
            every = np.arange(counts[0])
            checksums = map_buckets(buckets, partial(read_checksums, name=field, rows=every))
            return lambda rows: np.stack(
                [decode(image) for image in read_encoded(buckets, field, order[rows], checksums)]
            )

        write_prepared(
            output,
            Description(
                dataset=dataset,
                resolution=resolution,
                color_space=space,
                statistics=STATISTICS["rendered"][space],
                classes=classes[0],
                splits=((BUCKETS - 2) * counts[0], counts[0], counts[0]),
                source=Path(packed[0]).parent.name,
                inputs_sha256=hash_files(packed),
                seed=seed,
            ),
            (
                (
                    field,
                    np.concatenate(map_buckets(buckets, partial(read_whole, name=field)))[order],
                )
                for field in (OBJECT.names if dense else ("targets", *OBJECT.names))
            ),
            make_reader("png_images"),
            make_reader("png_targets") if dense else None,
            progress,
            processes,
        )


def map_buckets(buckets: Sequence[h5py.File], read: Callable[[h5py.File], T]) -> list[T]:
    """Apply `read` to every bucket; what goes wrong names the bucket."""
    results = []
    for bucket in buckets:
        with report_damage(bucket.filename):
            results.append(read(bucket))
    return results


def require_origin(bucket: h5py.File, made: Mapping[str, object]) -> None:
    """Require that a packed file says nothing else of how it was made.

    Raises:
        DataError: it does; it names the file and the attribute.
    """
    for key, value in made.items():
        found = bucket.attrs.get(key, value)
        if not np.array_equal(found, value):
            raise DataError(f"{bucket.filename}: its {key} is {found}: expected {value}")


def require_places(buckets: Sequence[h5py.File]) -> None:
    """Require that packed files say their places, and otherwise what the first one says.

    Raises:
        DataError: one does not; it names the file and the attribute.
    """
    said = map_buckets(buckets, lambda bucket: dict(bucket.attrs))
    for place, (bucket, attributes) in enumerate(zip(buckets, said, strict=True)):
        require_origin(bucket, {"bucket": place})
        for key in sorted({*said[0], *attributes} - {*PLACES, "classes"}):
            first, found = said[0].get(key, "not said"), attributes.get(key, "not said")
            if not np.array_equal(found, first):
                raise DataError(
                    f"{bucket.filename}: its {key} is {found}, and that of {buckets[0].filename} "
                    f"{first}: expected buckets that were made together"
                )


def check_packed(bucket: h5py.File) -> int:
    """Count the images of a packed file, whose parts must agree.

    Raises:
        DataError: they do not.
    """
    dense = "png_targets" in bucket
    fields = ("png_images", "png_targets" if dense else "targets", *OBJECT.names)
    missing = [field for field in fields if field not in bucket]
    if missing:
        raise DataError(f"{bucket.filename}: not a packed dataset: no {missing[0]!r} in it")
    count = len(bucket["png_images"])
    for field in fields:
        if len(bucket[field]) != count:
            raise DataError(
                f"{bucket.filename}: {len(bucket[field])} rows in {field!r} for {count} images"
            )
    targets = read_whole(bucket, "class" if dense else "targets")
    most = len(read_classes(bucket)) - 1
    if targets.ndim != (2 if dense else 1) or targets.min() < 0 or targets.max() > most:
        raise DataError(
            f"{bucket.filename}: 'targets': expected one class from 0 to {most} per "
            f"image, found shape {targets.shape} and values {targets.min()} to {targets.max()}"
        )
    objects = bucket["class"].shape[:2] if dense else (count,)
    for field in OBJECT.names:
        values, shape = bucket[field], (*objects, *OBJECT[field].shape)
        if values.shape != shape or values.dtype.kind not in "iuf":
            raise DataError(
                f"{bucket.filename}: {field!r}: expected numbers of shape {shape}, found "
                f"{values.shape} and {values.dtype}"
            )
    return count


def draw_order(size: int, seed: int) -> np.ndarray:
    """Draw the order of the prepared file: rows of buckets of `size` images, counted through."""
    rng = np.random.default_rng(seed)
    training = rng.permutation((BUCKETS - 2) * size)
    held_out = [rng.permutation(size) + bucket * size for bucket in (BUCKETS - 2, BUCKETS - 1)]
    return np.concatenate([training, *held_out])


class Encoded(NamedTuple):
    """An image as a packed file has it."""

    path: str
    row: int
    content: bytes


def read_encoded(
    buckets: Sequence[h5py.File],
    field: str,
    indices: np.ndarray,
    checksums: Sequence[np.ndarray | None],
) -> list[Encoded]:
    """Read the images or the targets at `indices`, counted through all buckets, in their order.

    Each bucket is read once, which is many times faster than image by image.

    Raises:
        DataError: one does not agree with its checksum, of those of the buckets that have any.
    """
    numbers, rows = np.divmod(indices, len(buckets[0][field]))
    found: dict[int, Encoded] = {}
    for number in np.unique(numbers):
        bucket = buckets[number]
        places = np.flatnonzero(numbers == number)
        places = places[np.argsort(rows[places])]  # HDF5 reads rows in rising order only
        path, wanted = bucket.filename, rows[places]
        with report_damage(path):
            contents = bucket[field][wanted]
            if checksums[number] is not None:
                verify_rows(bucket, field, wanted, contents, checksums[number][wanted])
            for place, row, content in zip(places.tolist(), wanted.tolist(), contents, strict=True):
                found[place] = Encoded(path, row, content.tobytes())
    return [found[place] for place in range(len(indices))]


def decode_packed(encoded: Encoded, field: str, resolution: int) -> np.ndarray:
    """Decode an image or its targets to (resolution, resolution, 3) uint8.

    Raises:
        DataError: it, which is named, cannot be decoded.
    """
    if field == "png_images":
        pixels = decode_png(encoded.content)
        if pixels is not None and pixels.shape[0] == pixels.shape[1]:
            return resize_bicubic(pixels, resolution)
    sampling = {"png_images": Resampling.BICUBIC, "png_targets": Resampling.NEAREST}[field]
    try:
        file = io.BytesIO(encoded.content)
        Image.open(file).verify()  # PNG's checksums, which decoding leaves unread
        return resize(Image.open(file), resolution, sampling)
    except UNREADABLE as error:
        raise DataError(
            f"{encoded.path}: {field!r}: image {encoded.row} cannot be decoded: {error}"
        ) from error
