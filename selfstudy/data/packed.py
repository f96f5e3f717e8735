"""The packed format: encoded images and metadata of one bucket, in `imgs_{bucket}.h5`.

Both the embedded renderer and the packing of data that others rendered write it; preparation reads
it. A file holds `png_images` (n,) variable-length uint8, one dataset per metadata field, `targets`
(n,) int64 for single-object data, and for multi-object data `png_targets` (n,) variable-length
uint8: a PNG with the channels instance id, semantic id and depth. `png_images_crc32` and
`png_targets_crc32` are checksums of these. The attribute `classes` names the classes, where they
are not the study's; `dataset`, `bucket` and others say what the file is and how it was made.
"""

import io
from collections import defaultdict
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import NamedTuple

import h5py
import numpy as np
from PIL import Image

from selfstudy.data.checksums import FORMAT, checksum_rows, write_checksums
from selfstudy.files import require_space, write_whole

RESERVE = 2**23  # bytes that HDF5 may hold back, and its metadata
CLASSES = (
    "airplane",
    "bench",
    "cabinet",
    "car",
    "chair",
    "lamp",
    "sofa",
    "table",
    "watercraft",
    "motorcycle",
)
OBJECT = np.dtype(
    [
        ("class", "<i8"),
        ("rot_mat", "<f8", (3, 3)),
        ("quaternion", "<f8", (4,)),  # w first
        ("euler", "<f8", (3,)),  # XYZ, radians
        ("bbox", "<f8", (2, 3)),  # lowest and highest corner, before scaling
        ("scale", "<f8", (3,)),
        ("location", "<f8", (3,)),
        ("light", "<f8", (3,)),
    ]
)


def read_classes(file: h5py.File) -> tuple[str, ...]:
    """Read the names of a packed file's classes."""
    return tuple(file.attrs.get("classes", CLASSES))


class Sample(NamedTuple):
    """A rendered scene."""

    image: bytes  # encoded
    objects: np.ndarray  # (k,) of dtype `OBJECT`
    targets: bytes | None = None  # encoded dense targets, of multi-object data


def write_packed(
    path: str | Path,
    count: int,
    samples: Iterable[Sample],
    attributes: Mapping[str, object],
    rows: np.ndarray | None = None,
) -> None:
    """Write one bucket, a sample at a time.

    Args:
        path: the packed file.
        count: how many samples there are.
        samples: what is written, `count` of them.
        attributes: what the data is and how it was made; stored as HDF5 attributes.
        rows: (count,) numbers of the samples in their source, stored as `rows`.

    Raises:
        DataError: the disk is full, or the place cannot be written.
    """
    with (
        write_whole(path) as temporary,
        h5py.File(temporary, "w", libver=FORMAT, locking=False) as file,
    ):
        file.attrs.update(attributes)
        objects, stored, checksums = [], {}, defaultdict(list)
        for index, sample in enumerate(samples):
            encoded = {"png_images": sample.image, "png_targets": sample.targets}
            for name, data in encoded.items():
                if data is None:
                    continue
                # HDF5 may bring the process down when it meets a full disk.
                require_space(temporary, len(data) + RESERVE)
                if name not in stored:
                    dtype = h5py.vlen_dtype(np.uint8)
                    stored[name] = file.create_dataset(name, count, dtype=dtype)
                stored[name][index] = np.frombuffer(data, np.uint8)
                checksums[name].append(checksum_rows([data])[0])
            objects.append(sample.objects)
        for name, values in checksums.items():
            write_checksums(file, name, np.array(values))
        single = "png_targets" not in stored
        fields = {name: np.stack([each[name] for each in objects]) for name in OBJECT.names}
        if single:
            fields = {name: values[:, 0] for name, values in fields.items()}
            fields["targets"] = fields["class"]
        if rows is not None:
            fields["rows"] = rows
        for name, values in fields.items():
            file.create_dataset(name, data=values, fletcher32=True)


def encode_png(pixels: np.ndarray) -> bytes:
    """Encode pixels (h, w, 3) uint8 as a PNG file."""
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "PNG", compress_level=4)
    return file.getvalue()
