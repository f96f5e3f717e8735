"""How much faster `prepare` is than a plain loop over the images.

Renders packed data into a temporary folder, then runs both by turns, the loop on some of the
images, and checks that the results agree.
"""

import argparse
import io
import os
import re
import resource
import tempfile
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import h5py
import numpy as np
from PIL import Image
from skimage.color import rgb2lab

from selfstudy.data.names import BUCKETS, name_bucket
from selfstudy.data.packed import OBJECT, Sample, write_packed
from selfstudy.data.prepare import draw_order, prepare
from selfstudy.data.spaces import STATISTICS
from selfstudy.rendering.render import render_bucket
from selfstudy.rendering.settings import Rendering

SIZES = ((64, 64), (64, 32), (128, 128), (128, 64))  # pixels, packed and prepared
DATASET = "1111"  # textured: the slowest to decode, and of the most colours
COPIES = 25  # of each rendered image, since rendering takes far longer than what is measured
LOOPED = 1200  # images that the loop gets through
STEP = 2**-10  # of float16, relative
SMALLEST = 1e-6  # in standard deviations: nearer to zero nothing is compared


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--images", type=int, default=60000, help="in each of the two datasets")
    parser.add_argument("--repetitions", type=int, default=5)
    parser.add_argument("--processes", type=int, default=2)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        few = render_packed(folder / "few", BUCKETS, 64)
        first, second = (
            measure(run, few, folder / "few.h5", 64, arguments.processes)[0] for _ in range(2)
        )
        print(f"start-up: {first - second:.1f} s, in no figure below\n")
        print("| pixels | loop, images/s | prepare, images/s | ratio | of processor time |")
        print("|---|---|---|---|---|")
        packed = {
            size: render_packed(folder / str(size), arguments.images, size) for size in (64, 128)
        }
        for size, resolution in SIZES:
            output = folder / "prepared.h5"
            encoded = read_in_order(packed[size])
            images, encoded = len(encoded), encoded[:LOOPED]
            loop, whole = [], []
            for _ in range(arguments.repetitions):
                expected = np.empty((len(encoded), 3, resolution, resolution), np.float16)
                loop.append(measure(loop_plainly, encoded, resolution, expected))
                whole.append(measure(run, packed[size], output, resolution, arguments.processes))
            check(output, expected)
            loop, whole = np.divide(loop, len(encoded)), np.divide(whole, images)
            rates = 1 / np.median([loop, whole], axis=1)
            ratios = np.median(loop / whole, axis=0)
            print(
                f"| {size} → {resolution} | {rates[0, 0]:.0f} | {rates[1, 0]:.0f} "
                f"| {ratios[0]:.1f} | {ratios[1]:.1f} |",
                flush=True,
            )
        with ProcessPoolExecutor(1, get_context("spawn")) as pool:  # which holds nothing else
            peak = pool.submit(peak_memory, packed[128], output, 128, arguments.processes).result()
    print(f"\npeak memory, 128 → 128 in a process of its own: {peak:.0f} MiB")


def render_packed(folder: Path, images: int, resolution: int) -> list[Path]:
    """Render packed files of so many images in all, each image in its bucket COPIES times."""
    paths = [folder / name_bucket(bucket) for bucket in range(BUCKETS)]
    each = images // BUCKETS
    for bucket, path in enumerate(paths):
        once = folder / "once.h5"
        render_bucket(once, DATASET, bucket, -(-each // COPIES), Rendering(resolution))
        with h5py.File(once) as file:
            encoded = [row.tobytes() for row in file["png_images"][:]]
        samples = (Sample(encoded[i // COPIES], np.zeros(1, OBJECT)) for i in range(each))
        write_packed(path, each, samples, {})
    return paths


def run(packed: Sequence[Path], output: Path, resolution: int, processes: int) -> None:
    """Prepare, with all its reading and writing."""
    output.unlink(missing_ok=True)
    prepare(packed, output, DATASET, resolution, "lab", seed=0, processes=processes)


def peak_memory(*arguments) -> float:
    """Measure the MiB that `run` needs at most: its process, and each other as the largest."""
    run(*arguments)
    # Not `getrusage` of this process, whose maximum is that of the process which started it.
    status = Path("/proc/self/status").read_text()
    own = int(re.search(r"VmHWM:\s+(\d+) kB", status)[1])
    return (own + arguments[-1] * resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss) / 2**10


def measure(work: Callable[..., None], *arguments: object) -> tuple[float, float]:
    """Measure the seconds that pass, and those of processor time, of all processes."""
    wall, before = time.perf_counter(), os.times()
    work(*arguments)
    passed = time.perf_counter() - wall
    return passed, sum(np.subtract(os.times(), before)[:4])


def read_in_order(packed: Sequence[Path]) -> list[bytes]:
    """Read the encoded images, in the order in which preparation stores them."""
    rows = []
    for path in packed:
        with h5py.File(path) as file:
            rows += [row.tobytes() for row in file["png_images"][:]]
    return [rows[row] for row in draw_order(len(rows) // BUCKETS, seed=0)]


def loop_plainly(encoded: Sequence[bytes], resolution: int, result: np.ndarray) -> None:
    """Do what preparation does except reading and writing, image by image, into `result`."""
    mean, std = map(np.array, STATISTICS["rendered"]["lab"])
    for row, content in enumerate(encoded):
        image = Image.open(io.BytesIO(content))
        image = image.resize((resolution, resolution), Image.Resampling.BICUBIC)
        result[row] = ((rgb2lab(np.asarray(image)) - mean) / std).transpose(2, 0, 1)


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
