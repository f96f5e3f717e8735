"""Images per second of the embedded renderer, and where the time goes.

    python benchmarks/render.py [--datasets 1111 ...] [--resolution 64] [--images 300]

Every case renders one bucket to a temporary file: first in one process, bound to one processor
where there is no GPU, then in several at a time. Of the one, images per second of processor time
are shown, which other programs hardly change, and the shares of building shapes and textures, of
tracing (on the GPU where there is one), and of encoding and writing; of the several, images per
second by the clock, in all, and by the processor time of one of them.
"""

import argparse
import os
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from unittest import mock

DATASETS = (
    *("0000", "1000", "0100", "0010", "0001", "1100", "0110", "0101", "0111", "1110", "1011"),
    *("1111", "1111-multi"),
)


class Clock:
    """Adds up the processor time spent in functions that it wraps."""

    def __init__(self):
        self.seconds = 0.0

    def time(self, function):
        def wrapped(*arguments, **keywords):
            start = time.process_time()
            try:
                return function(*arguments, **keywords)
            finally:
                self.seconds += time.process_time() - start

        return wrapped


def render(dataset: str, resolution: int, images: int, bucket: int) -> dict[str, float | str]:
    """Render a bucket; give seconds in all, and of the processor: in all, and in the parts."""
    import warp

    from selfstudy.rendering import raytrace, render, supply
    from selfstudy.rendering.settings import Rendering

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "imgs.h5")
        settings = Rendering(resolution)
        render.render_bucket(path, dataset, bucket, 20, settings)  # starts up, and compiles
        shapes, tracing = Clock(), Clock()
        tracer = raytrace.Tracer
        with (
            mock.patch.object(supply, "make_shape", shapes.time(supply.make_shape)),
            mock.patch.object(render, "supply_textures", shapes.time(render.supply_textures)),
            mock.patch.object(tracer, "load", tracing.time(tracer.load)),
            mock.patch.object(tracer, "trace_colors", tracing.time(tracer.trace_colors)),
            mock.patch.object(tracer, "trace_targets", tracing.time(tracer.trace_targets)),
        ):
            start, used = time.perf_counter(), time.process_time()
            render.render_bucket(path, dataset, bucket, images, settings)
            total, used = time.perf_counter() - start, time.process_time() - used
    device = str(warp.get_preferred_device())
    return {
        "total": total,
        "processor": used,
        "shapes": shapes.seconds,
        "tracing": tracing.seconds,
        "device": device,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--datasets", nargs="+", default=DATASETS)
    parser.add_argument("--resolution", type=int, default=64, help="pixels")
    parser.add_argument("--images", type=int, default=300, help="per process and case")
    parser.add_argument("--processes", type=int, default=os.cpu_count(), help="at a time")
    arguments = parser.parse_args()
    images, processes = arguments.images, arguments.processes

    print(f"{'dataset':<12}{'1 process':>11}{f'{processes} processes':>14}", end="")
    print(f"{'each':>7}{'shapes':>8}{'tracing':>9}{'rest':>6}")
    with ProcessPoolExecutor(processes, get_context("spawn")) as pool:
        for dataset in arguments.datasets:
            case = dataset, arguments.resolution, images
            one = pool.submit(render, *case, 0).result()
            jobs = [pool.submit(render, *case, bucket) for bucket in range(processes)]
            found = [job.result() for job in jobs]
            several = max(each["total"] for each in found)
            used = sum(each["processor"] for each in found) / processes
            shares = [one[part] / one["processor"] for part in ("shapes", "tracing")]
            print(
                f"{dataset:<12}{images / one['processor']:>11.0f}"
                f"{processes * images / several:>14.0f}"
                f"{images / used:>7.0f}"
                f"{shares[0]:>8.0%}{shares[1]:>9.0%}{1 - sum(shares):>6.0%}",
                flush=True,
            )
    print(f"traced on {one['device']}, {images} images per process")


if __name__ == "__main__":
    main()
