"""Rendering one bucket of a dataset into a packed file."""

from collections.abc import Callable, Iterator
from itertools import repeat
from pathlib import Path

import numpy as np

from selfstudy.data.hdf5 import open_hdf5, report_damage
from selfstudy.data.names import BUCKETS
from selfstudy.data.packed import Sample, encode_png, write_packed
from selfstudy.errors import ConfigurationError
from selfstudy.factors import MULTI
from selfstudy.rendering.placement import separate
from selfstudy.rendering.scene import Scenes, draw_scenes, fit
from selfstudy.rendering.settings import Rendering, check_range
from selfstudy.rendering.supply import supply_shapes, supply_textures
from selfstudy.rendering.textures import TEXELS

RENDERER = "selfstudy-warp-2"  # changes whenever the same seed would give other images
FARTHEST = 2.55  # depth beyond which targets do not tell


def render_bucket(
    path: str | Path,
    dataset: str,
    bucket: int,
    images: int,
    settings: Rendering,
    progress: Callable[[int], None] | None = None,
) -> None:
    """Render the first `images` samples of a bucket and write them in the packed format.

    The same arguments give the same file, byte for byte, on the same kind of device.

    Args:
        path: the packed file.
        dataset: factor code, such as `0110` or `1111-multi`.
        bucket: 0 to 11; no two buckets share a shape or a texture.
        images: number of samples.
        settings: what all buckets have in common.
        progress: is told how many images have finished since it was told last.

    Raises:
        ConfigurationError: an argument is out of range, or Warp is not installed.
        DataError: the file cannot be written, or collected meshes or textures cannot be read.
    """
    check_range("bucket", bucket, 0, BUCKETS - 1)
    check_range("images", images, 1, None)
    shapes = supply_shapes(settings, bucket)
    scenes = draw_scenes(dataset, bucket, images, settings, len(shapes.classes))
    try:
        from selfstudy.rendering.raytrace import Tracer  # loads Warp
    except ModuleNotFoundError as error:
        if error.name != "warp":
            raise
        raise ConfigurationError(
            "rendering needs NVIDIA Warp: pip install selfstudy[render]"
        ) from error

    textured = scenes.textures.max() >= 0
    texels = supply_textures(settings, bucket) if textured else np.zeros((1, TEXELS, 3), np.float32)
    tracer = Tracer(texels, settings.resolution)

    def trace_samples() -> Iterator[Sample]:
        for start in range(0, images, tracer.batch_size):
            batch = Scenes(
                *(
                    field[start : start + tracer.batch_size]
                    if isinstance(field, np.ndarray)
                    else field
                    for field in scenes
                )
            )
            shown = {int(i): shapes(int(i)) for i in np.unique(batch.shapes)}
            corners = [[shown[i].vertices.max(axis=0) for i in row] for row in batch.shapes]
            batch = batch._replace(objects=separate(fit(batch.objects, np.array(corners))))
            loaded = tracer.load(batch, shown)
            colors = map(encode_png, tracer.trace_colors(loaded))
            targets = repeat(None)
            if dataset.endswith(MULTI):
                classes = batch.objects["class"]
                targets = map(encode_png, stack_targets(classes, *tracer.trace_targets(loaded)))
            yield from map(Sample, colors, batch.objects, targets)
            if progress:
                progress(len(batch.objects))

    about = describe_bucket(dataset, bucket, images, settings)
    write_packed(path, images, trace_samples(), about | {"classes": list(shapes.classes)})


def describe_bucket(
    dataset: str, bucket: int, images: int, settings: Rendering
) -> dict[str, str | int | float]:
    """Tell what a rendered bucket says of itself: all that it depends on.

    Raises:
        DataError: collected meshes or textures cannot be read.
    """
    about = {"dataset": dataset, "bucket": bucket, "images": images, "renderer": RENDERER}
    for name in ("meshes", "textures"):
        if path := getattr(settings, name):
            with open_hdf5(path) as file, report_damage(path):
                about[name] = file.attrs["inputs_sha256"]
    return about | settings.attributes


def stack_targets(classes: np.ndarray, instances: np.ndarray, depths: np.ndarray) -> np.ndarray:
    """Stack instance id, semantic id and depth in hundredths, as they are packed.

    Args:
        classes: (n, k), of each scene's objects.
        instances: uint8 (n, res, res), 0 for the background, then 1 to k.
        depths: float (n, res, res).

    Returns:
        uint8 (n, res, res, 3).
    """
    semantic = np.pad(classes + 1, ((0, 0), (1, 0)))  # the background's 0 in front
    index = instances.reshape(len(instances), -1).astype(np.int64)
    semantics = np.take_along_axis(semantic, index, axis=1).reshape(instances.shape)
    depth = np.clip(depths, 0, FARTHEST) * 100
    return np.stack([instances, semantics, np.round(depth)], axis=-1).astype(np.uint8)
