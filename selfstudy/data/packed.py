"""The packed format: encoded images and metadata of one bucket, in `imgs_{bucket}.h5`.

Both the embedded renderer and the packing of data that others rendered write it; preparation reads
it. A file holds `png_images` (n,) variable-length uint8, one dataset per metadata field, `targets`
(n,) int64 for single-object data, and for multi-object data `png_targets` (n,) variable-length
uint8: a PNG with the channels instance id, semantic id and depth.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path

import h5py
import numpy as np

from selfstudy.files import written_whole

BUCKETS = 12  # 0..9 training, 10 validation, 11 test: split by shape, never by image
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


def bucket_name(bucket: int) -> str:
    return f"imgs_{bucket:02d}.h5"


def write_packed(
    path: str | Path,
    png_images: Sequence[bytes],
    objects: np.ndarray,
    attributes: Mapping[str, object],
    png_targets: Sequence[bytes] | None = None,
) -> None:
    """Write one bucket.

    Args:
        png_images: n encoded images.
        objects: array of dtype `OBJECT`, shape (n, objects per scene).
        attributes: what the data is and how it was made; stored as HDF5 attributes.
        png_targets: n encoded dense targets, for multi-object data only.
    """
    single = png_targets is None
    needs = sum(map(len, [*png_images, *(png_targets or [])])) + objects.nbytes
    with written_whole(path, needs) as temporary, h5py.File(temporary, "w") as file:
        file.attrs.update(attributes)
        _write_encoded(file, "png_images", png_images)
        if not single:
            _write_encoded(file, "png_targets", png_targets)
        for field in OBJECT.names:
            values = objects[field]
            file[field] = values[:, 0] if single else values
        if single:
            file["targets"] = objects["class"][:, 0]


def _write_encoded(file: h5py.File, name: str, encoded: Sequence[bytes]) -> None:
    dataset = file.create_dataset(name, len(encoded), dtype=h5py.vlen_dtype(np.uint8))
    for index, data in enumerate(encoded):
        dataset[index] = np.frombuffer(data, np.uint8)
