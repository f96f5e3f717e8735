"""One rendered dataset, and a sheet to look at."""

import os
from argparse import ArgumentParser, Namespace
from concurrent.futures import ProcessPoolExecutor, as_completed
from multiprocessing import get_context
from pathlib import Path
from typing import TYPE_CHECKING

from selfstudy.errors import ConfigurationError, DataError

if TYPE_CHECKING:
    from selfstudy.rendering.settings import Rendering

HELP = "render a dataset into twelve packed files, and preview.png beside them"


def add_arguments(parser: ArgumentParser) -> None:
    """Add the command's arguments."""
    parser.add_argument(
        "dataset",
        metavar="DATASET",
        help="four digits, each factor fixed (0) or random (1): texture, colour, viewpoint, "
        "lighting; such as 0110, or 1111-multi for scenes of four objects",
    )
    parser.add_argument("--images", type=int, default=60_000, help="in all (default: 60000)")
    parser.add_argument("--resolution", type=int, default=128, help="pixels (default: 128)")
    parser.add_argument("--seed", type=int, default=0, help="of all that is random (default: 0)")
    for name, what in (
        ("meshes", "OBJ or GLB files, one folder per class"),
        ("textures", "images"),
    ):
        parser.add_argument(f"--{name}", metavar="FOLDER", help=f"of {what}, to render with")
    parser.add_argument("--data", default="data", metavar="FOLDER", help="default: data")
    parser.add_argument(
        "--jobs", type=int, default=os.cpu_count(), help="buckets at a time (default: processors)"
    )


def run(arguments: Namespace) -> None:
    """Render what is not there yet of a dataset.

    Raises:
        ConfigurationError: an argument is out of range.
        DataError: a bucket is there that was rendered otherwise, or a file fails.
    """
    from selfstudy.analysis.figures import fig2
    from selfstudy.data.names import BUCKETS, name_bucket
    from selfstudy.drawing import save
    from selfstudy.factors import MULTI, Factors
    from selfstudy.job import show_progress
    from selfstudy.rendering.settings import Rendering

    multi = MULTI if arguments.dataset.endswith(MULTI) else ""
    dataset = Factors.parse(arguments.dataset).code + multi
    if arguments.images < BUCKETS or arguments.images % BUCKETS:
        raise ConfigurationError(
            f"--images {arguments.images}: expected a number that {BUCKETS} divides"
        )
    if arguments.jobs < 1:
        raise ConfigurationError(f"--jobs {arguments.jobs}: expected 1 or more")
    collected = {
        name: collect(name, given, Path(arguments.data))
        for name in ("meshes", "textures")
        if (given := getattr(arguments, name))
    }
    settings = Rendering(arguments.resolution, arguments.seed, **collected)
    folder = Path(arguments.data, "packed", dataset)
    paths = [folder / name_bucket(bucket) for bucket in range(BUCKETS)]
    each = (arguments.images // BUCKETS, settings)
    missing = [
        bucket for bucket, path in enumerate(paths) if not is_done(path, dataset, bucket, *each)
    ]
    with (
        # A process that is forked cannot use the GPU if its parent has.
        ProcessPoolExecutor(arguments.jobs, get_context("spawn")) as pool,
        show_progress(len(missing), "bucket", f"render {dataset}") as progress,
    ):
        jobs = [pool.submit(_render, paths[bucket], dataset, bucket, *each) for bucket in missing]
        try:
            for job in as_completed(jobs):
                job.result()
                progress.update()
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise
    save(fig2.draw({dataset: paths[:1]}), folder / "preview.png")
    print(f"{folder}: {arguments.images} images in {BUCKETS} files, and preview.png")


def collect(kind: str, folder: str, data: Path) -> Path:
    """Collect a user's meshes or textures; give the file that they are in."""
    from selfstudy.job import show_progress
    from selfstudy.rendering.meshes import collect_meshes
    from selfstudy.rendering.own_textures import collect_textures

    path = data / f"{kind}.h5"
    read = collect_meshes if kind == "meshes" else collect_textures
    with show_progress(None, "file", kind) as progress:
        read(folder, path, progress.update)
    return path


def _render(path: Path, dataset: str, bucket: int, images: int, settings: "Rendering") -> None:
    from selfstudy.rendering.render import render_bucket

    render_bucket(path, dataset, bucket, images, settings)


def is_done(path: Path, dataset: str, bucket: int, images: int, settings: "Rendering") -> bool:
    """Tell whether a bucket is there as it would be rendered.

    Raises:
        DataError: it was rendered otherwise.
    """
    from selfstudy.data.hdf5 import open_hdf5
    from selfstudy.rendering.render import describe_bucket

    if not path.exists():
        return False
    expected = describe_bucket(dataset, bucket, images, settings)
    with open_hdf5(path) as file:
        for key in ("meshes", "textures", *expected):
            found, value = file.attrs.get(key), expected.get(key)
            if found != value:
                raise DataError(
                    f"{path}: is there already, with {key} {found} in place of {value}: remove it, "
                    f"or choose another --data"
                )
    return True
