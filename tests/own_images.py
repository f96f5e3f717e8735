"""A folder of labelled images, and what preparation makes of it."""

import h5py
import numpy as np
from PIL import Image

from selfstudy.data.images import prepare_images


def write_images(folder, classes, images=10, seed=0):
    """Noise images `{class}/{number}.png` of 20 x 20, and a folder deeper for odd numbers."""
    rng = np.random.default_rng([seed, *map(ord, "".join(classes))])
    for name in classes:
        for number in range(images):
            place = folder / name / "deep er" if number % 2 else folder / name
            place.mkdir(parents=True, exist_ok=True)
            noise = rng.integers(0, 256, (20, 20, 3), dtype=np.uint8)
            Image.fromarray(noise).save(place / f"{number}.png")
    return folder


def prepared(source, **options):
    """Splits, classes, targets, files and pixels (n, 3, h, w), without normalisation."""
    output = source.parent / "prepared.h5"
    prepare_images(source, output, **{"resolution": 20, "space": "rgb", "seed": 0} | options)
    with h5py.File(output) as file:
        mean, std = (file.attrs[key][:, None, None] for key in ("mean", "std"))
        return {
            "splits": file.attrs["splits"].tolist(),
            "classes": list(file.attrs["classes"]),
            "targets": file["targets"][:],
            "files": file["files"].asstr()[:].tolist(),
            "skipped": file["skipped"].asstr()[:].tolist(),
            "data": file["data"][:],
            "pixels": file["data"][:] * std + mean,
            "mean": mean.ravel(),
            "std": std.ravel(),
            "inputs": file.attrs["inputs_sha256"],
        }


def by_split(result):
    """The (class, file) pairs of each split."""
    names = [result["classes"][target] for target in result["targets"]]
    pairs = list(zip(names, result["files"], strict=True))
    train, valid, _ = result["splits"]
    return pairs[:train], pairs[train : train + valid], pairs[train + valid :]
