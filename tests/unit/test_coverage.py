"""Rays are cast at an object where its triangles may be seen, and images stay what they are."""

import numpy as np
import pytest

from selfstudy.rendering.scene import draw_scenes, fit
from selfstudy.rendering.settings import Rendering
from selfstudy.rendering.supply import supply_shapes
from selfstudy.rendering.textures import POOL, TEXELS

EYE = np.array([1.0, 0.0, 0.4])


def trace(dataset, resolution, move=None):
    """Trace few scenes as they are, and with all pixels marked."""
    from selfstudy.rendering.raytrace import Tracer

    settings = Rendering(resolution, 3)
    scenes, supply = draw_scenes(dataset, 1, 10, settings), supply_shapes(settings, 1)
    shapes = {int(i): supply(int(i)) for i in np.unique(scenes.shapes)}
    corners = np.array([[shapes[i].vertices.max(axis=0) for i in row] for row in scenes.shapes])
    objects = fit(scenes.objects, corners)
    if move:
        objects["location"] = move(objects["location"])
    tracer = Tracer(np.random.default_rng(0).random((POOL, TEXELS, 3), np.float32), resolution)
    loaded = tracer.load(scenes._replace(objects=objects), shapes)
    covered = loaded.batch.covered.numpy().copy()
    marked = tracer.trace_colors(loaded), *tracer.trace_targets(loaded)
    loaded.batch.covered.fill_(1)
    return covered, marked, (tracer.trace_colors(loaded), *tracer.trace_targets(loaded))


MOVES = {
    "as they are": None,
    "toward the border": lambda places: places + [0, 0.3, 0.1],
    "around the eye": lambda places: EYE + 0.2 * (places - places.mean(axis=(0, 1))),
    "behind the eye": lambda places: 2 * EYE - places,
}


@pytest.mark.slow
@pytest.mark.parametrize("move", MOVES)
@pytest.mark.parametrize(("dataset", "resolution"), [("1111", 48), ("1111-multi", 33)])
def test_nothing_seen_is_left_out(dataset, resolution, move):
    _, marked, all_marked = trace(dataset, resolution, MOVES[move])
    for one, other in zip(marked, all_marked, strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize(("dataset", "resolution"), [("1111", 48), ("1111-multi", 33)])
def test_little_is_marked_that_does_not_see_the_object(dataset, resolution):
    covered, (_, instances, _), _ = trace(dataset, resolution)
    seen = np.stack([instances == 1 + i for i in range(covered.shape[-1])], axis=-1)
    assert (covered[seen] == 1).all()
    if dataset == "1111":  # in other scenes objects hide each other
        assert seen.sum() < covered.sum() < 1.6 * seen.sum()
