"""How much faster `prepare` is than a plain loop over the images.

Renders packed data into a temporary folder, then runs both on the same images by turns, and checks
that the results agree.
"""

import argparse
import io
import resource
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from statistics import median

import h5py
import numpy as np
from PIL import Image
from skimage.color import rgb2lab

from selfstudy.data.colour import STATISTICS
from selfstudy.data.packed import BUCKETS, bucket_name
from selfstudy.data.prepare import prepare, shuffled
from selfstudy.rendering.render import render_bucket

SIZES = ((64, 64), (64, 32), (128, 128), (128, 64))  # pixels, packed and prepared
DATASET = "1111"  # textured: the slowest to decode, and of the most colours
STEP = 2**-10  # of float16, relative
SMALLEST = 1e-6  # in standard deviations: nearer to zero nothing is compared


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--images", type=int, default=2400, help="in each of the two datasets")
    parser.add_argument("--repetitions", type=int, default=5)
    parser.add_argument("--threads", type=int, default=2)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        few = rendered(folder / "few", BUCKETS, 64)
        seconds = [timed_prepare(few, folder / "few.h5", 64, arguments.threads) for _ in range(2)]
        print(f"start-up: {seconds[0] - seconds[1]:.1f} s, in no figure below\n")
        print("| pixels | loop, images/s | prepare, images/s | ratio |\n|---|---|---|---|")
        packed = {size: rendered(folder / str(size), arguments.images, size) for size in (64, 128)}
        for size, resolution in SIZES:
            output = folder / "prepared.h5"
            encoded = in_order(packed[size])
            loop, whole = [], []
            for _ in range(arguments.repetitions):
                start = time.perf_counter()
                expected = plain_loop(encoded, resolution)
                loop.append(len(encoded) / (time.perf_counter() - start))
                seconds = timed_prepare(packed[size], output, resolution, arguments.threads)
                whole.append(len(encoded) / seconds)
            check(output, expected)
            ratio = median(fast / slow for fast, slow in zip(whole, loop, strict=True))
            print(
                f"| {size} → {resolution} | {median(loop):.0f} | {median(whole):.0f} "
                f"| {ratio:.1f} |",
                flush=True,
            )
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**10
    print(f"\npeak memory, with what the loop keeps to compare: {peak:.0f} MiB")


def rendered(folder: Path, images: int, resolution: int) -> list[Path]:
    """Packed files of so many images in all."""
    paths = [folder / bucket_name(bucket) for bucket in range(BUCKETS)]
    for bucket, path in enumerate(paths):
        render_bucket(path, DATASET, bucket, images // BUCKETS, resolution, seed=0)
    return paths


def timed_prepare(packed: Sequence[Path], output: Path, resolution: int, threads: int) -> float:
    """Seconds that preparation takes, with its reading and writing."""
    start = time.perf_counter()
    prepare(packed, output, DATASET, resolution, "lab", seed=0, threads=threads)
    return time.perf_counter() - start


def in_order(packed: Sequence[Path]) -> list[bytes]:
    """The encoded images in memory, in the order in which preparation stores them."""
    rows = []
    for path in packed:
        with h5py.File(path) as file:
            rows += [row.tobytes() for row in file["png_images"][:]]
    return [rows[row] for row in shuffled(len(rows) // BUCKETS, seed=0)]


def plain_loop(encoded: Sequence[bytes], resolution: int) -> np.ndarray:
    """What preparation does, without its reading and writing, image by image."""
    mean, std = map(np.array, STATISTICS["rendered"]["lab"])
    result = np.empty((len(encoded), 3, resolution, resolution), np.float16)
    for row, content in enumerate(encoded):
        image = Image.open(io.BytesIO(content))
        image = image.resize((resolution, resolution), Image.Resampling.BICUBIC)
        result[row] = ((rgb2lab(np.asarray(image)) - mean) / std).transpose(2, 0, 1)
    return result


def check(output: Path, expected: np.ndarray) -> None:
    """Stop if values differ by more than a step of float16."""
    with h5py.File(output) as file:
        for start in range(0, len(expected), 100):
            rows = slice(start, start + 100)
            np.testing.assert_allclose(
                file["data"][rows].astype(np.float32),
                expected[rows].astype(np.float32),
                rtol=STEP,
                atol=SMALLEST,
            )


if __name__ == "__main__":
    main()
