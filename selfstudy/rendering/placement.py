"""Keeping the objects of a scene apart."""

import numpy as np

GAP = 0.005  # left between the boxes around two objects


def separate(objects: np.ndarray) -> np.ndarray:
    """Move objects apart until the boxes around no two of a scene overlap.

    Boxes that do are pushed apart along the direction in which they overlap least, each by half,
    until none do (separating axes: Gottschalk, Lin and Manocha, 1996).

    Args:
        objects: dtype OBJECT (n, k), of shapes whose centre is the origin.

    Returns:
        The same objects with another `location`.
    """
    objects = objects.copy()
    one, other = np.triu_indices(objects.shape[1], k=1)  # all pairs
    axes = objects["rot_mat"].swapaxes(-1, -2)  # (n, k, 3, 3): one axis of the box per row
    edges = axes * (objects["bbox"][..., 1, :] * objects["scale"])[..., None]
    crossed = np.cross(axes[:, one, :, None], axes[:, other, None, :]).reshape(
        len(objects), len(one), 9, 3
    )
    directions = np.concatenate([axes[:, one], axes[:, other], crossed], axis=2)
    lengths = np.linalg.norm(directions, axis=-1, keepdims=True)
    directions = directions / np.maximum(lengths, 1e-9)
    reach = sum(
        np.abs(np.einsum("npdi,npei->npde", directions, edges[:, which])).sum(axis=-1)
        for which in (one, other)
    )
    reach[lengths[..., 0] < 1e-6] = np.inf  # of parallel edges: no direction
    while True:
        between = objects["location"][:, other] - objects["location"][:, one]
        distances = np.einsum("npdi,npi->npd", directions, between)
        overlaps = reach - np.abs(distances)
        least = overlaps.argmin(axis=-1)[..., None]
        overlap = np.take_along_axis(overlaps, least, axis=-1)
        if overlap.max(initial=0) <= 0:
            return objects
        away = np.take_along_axis(directions, least[..., None], axis=2)[:, :, 0]
        away = away * np.where(np.take_along_axis(distances, least, axis=-1) < 0, -1, 1)
        push = away * np.where(overlap > 0, (overlap + GAP) / 2, 0)
        for pair, (i, j) in enumerate(zip(one, other, strict=True)):
            objects["location"][:, i] -= push[:, pair]
            objects["location"][:, j] += push[:, pair]
