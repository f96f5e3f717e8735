"""The ray tracer's host side: it brings scenes to the device and images back.

A batch of images is traced in one launch. All shapes of the batch live in one mesh with one
bounding-volume hierarchy; a group of it per shape lets objects be instances, reached by taking the
ray into the shape's own coordinates. Kernels are compiled on first use and come from Warp's cache
afterwards, which processes may share.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

import numpy as np
import warp as wp

from selfstudy.devices import VISIBLE, list_gpus
from selfstudy.errors import ConfigurationError
from selfstudy.rendering.camera import Batch
from selfstudy.rendering.coverage import THREADS, mark_covered
from selfstudy.rendering.kernels import draw_colors, draw_targets, find_roots
from selfstudy.rendering.scene import Scenes
from selfstudy.rendering.shapes import Mesh
from selfstudy.rendering.shapes.mesh import join

wp.config.log_level = wp.LOG_ERROR


@contextmanager
def _silence() -> Iterator[None]:
    """Warp's native code writes to the standard error stream that there is no CUDA driver."""
    saved = os.dup(2)
    try:
        with open(os.devnull, "wb") as nowhere:
            os.dup2(nowhere.fileno(), 2)
        yield
    finally:
        os.dup2(saved, 2)
        os.close(saved)


def find_device() -> wp.Device:
    """Find where to trace: a GPU where one was given, else the processor.

    Raises:
        ConfigurationError: there is a GPU, which Warp cannot use.
    """
    with _silence():
        wp.init()
    device = wp.get_preferred_device()
    if device.is_cpu and (gpus := list_gpus()):
        major, minor = wp.get_cuda_toolkit_version()
        raise ConfigurationError(
            f"GPU {', '.join(gpus)} is there, and Warp {wp.__version__} cannot use it: it needs a "
            f"driver for CUDA {major}.{minor}: install that, or a Warp for an earlier CUDA; to "
            f"render on the processor, set {VISIBLE}= (empty)"
        )
    return device


class Tracer:
    """Traces batches of scenes on a CUDA device if there is one, else on the CPU.

    Args:
        texels: the texture pool, float32 (textures, TEXELS, 3).
        resolution: width and height of the images.
    """

    def __init__(self, texels: np.ndarray, resolution: int):
        self._device = find_device()
        self._texels = wp.array(texels, dtype=wp.vec3, device=self._device)
        self._resolution = resolution

    @property
    def batch_size(self) -> int:
        """How many images to trace at once."""
        return 100 if self._device.is_cpu else 2000

    def load(self, scenes: Scenes, shapes: dict[int, Mesh]) -> "_Loaded":
        """Bring the scenes and the shapes they show to the device."""
        order = {index: group for group, index in enumerate(shapes)}
        merged = join(list(shapes.values()))
        faces = np.array([len(shape.faces) for shape in shapes.values()])
        groups = np.vectorize(order.__getitem__, otypes=[np.int32])(scenes.shapes)
        mesh = wp.Mesh(
            points=self._array(merged.vertices, wp.vec3),
            indices=self._array(merged.faces.ravel(), wp.int32),
            velocities=self._array(merged.normals, wp.vec3),
            groups=self._array(np.repeat(np.arange(len(faces)), faces), wp.int32),
        )
        batch = Batch()
        batch.mesh = mesh.id
        batch.roots = self._array(groups, wp.int32)
        wp.launch(find_roots, groups.shape, [mesh.id, batch.roots], device=self._device)
        ends = faces.cumsum()
        batch.starts = self._array((ends - faces)[groups], wp.int32)
        batch.ends = self._array(ends[groups], wp.int32)
        objects = scenes.objects
        batch.rotations = self._array(objects["rot_mat"], wp.mat33)
        batch.scales = self._array(objects["scale"], wp.vec3)
        batch.locations = self._array(objects["location"], wp.vec3)
        radii = np.linalg.norm(objects["bbox"][..., 1, :] * objects["scale"], axis=-1)
        batch.radii = self._array(radii, wp.float32)
        batch.lights = self._array(objects["light"][:, 0], wp.vec3)
        batch.colors = self._array(scenes.colors, wp.vec3)
        batch.textures = self._array(scenes.textures, wp.int32)
        batch.texels = self._texels
        batch.tint = scenes.tint
        batch.resolution = self._resolution
        shape = (len(objects), self._resolution, self._resolution)
        batch.covered = wp.zeros((*shape, groups.shape[1]), dtype=wp.uint8, device=self._device)
        wp.launch(mark_covered, (*groups.shape, THREADS), [batch], device=self._device)
        return _Loaded(batch, mesh, shape)

    def trace_colors(self, loaded: "_Loaded") -> np.ndarray:
        """Trace the images, uint8 (n, resolution, resolution, 3)."""
        pixels = wp.empty((*loaded.shape, 3), dtype=wp.uint8, device=self._device)
        wp.launch(draw_colors, loaded.shape, [loaded.batch, pixels], device=self._device)
        return pixels.numpy()

    def trace_targets(self, loaded: "_Loaded") -> tuple[np.ndarray, np.ndarray]:
        """Trace pixel centres: which object, uint8 from 1 on (0: the background), and the depth.

        Both have shape (n, resolution, resolution); depth is float32, along the camera's axis.
        """
        instances = wp.empty(loaded.shape, dtype=wp.uint8, device=self._device)
        depths = wp.empty(loaded.shape, dtype=wp.float32, device=self._device)
        wp.launch(
            draw_targets, loaded.shape, [loaded.batch, instances, depths], device=self._device
        )
        return instances.numpy(), depths.numpy()

    def _array(self, values: np.ndarray, dtype) -> wp.array:
        scalar = np.int32 if dtype is wp.int32 else np.float32
        return wp.array(np.ascontiguousarray(values, scalar), dtype=dtype, device=self._device)


class _Loaded(NamedTuple):
    batch: Batch
    mesh: wp.Mesh  # owns what the batch refers to by number
    shape: tuple[int, int, int]
