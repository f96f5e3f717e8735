from itertools import permutations

import numpy as np
import pytest

from selfstudy.data.packed import OBJECT
from selfstudy.rendering.placement import separate
from selfstudy.rendering.scene import compute_rotations

GRID = np.stack(np.meshgrid(*[np.linspace(-1, 1, 9)] * 3), axis=-1).reshape(-1, 3)


def scenes(count, objects=4, seed=0):
    rng = np.random.default_rng(seed)
    made = np.zeros((count, objects), OBJECT)
    made["rot_mat"] = compute_rotations(rng.normal(size=(count, objects, 3)))
    made["bbox"][..., 1, :] = rng.uniform(0.1, 0.5, (count, objects, 3))
    made["bbox"][..., 0, :] = -made["bbox"][..., 1, :]
    made["scale"] = rng.uniform(0.5, 1.5, (count, objects, 3))
    made["location"] = rng.normal(0, 0.5, (count, objects, 3))
    return made


def boxes_meet(scene):
    """Whether a point of one object's box lies in another's."""
    half = scene["bbox"][:, 1] * scene["scale"]
    for a, b in permutations(range(len(scene)), 2):
        points = scene["location"][a] + (GRID * half[a]) @ scene["rot_mat"][a].T
        inside = (points - scene["location"][b]) @ scene["rot_mat"][b]
        if (np.abs(inside) < half[b]).all(axis=1).any():
            return True
    return False


def test_boxes_that_overlap_are_pushed_apart():
    before = scenes(50)
    after = separate(before)
    assert sum(map(boxes_meet, before)) > 25
    assert not any(map(boxes_meet, after))
    for field in set(OBJECT.names) - {"location"}:
        np.testing.assert_array_equal(after[field], before[field])
    middle = [made["location"].mean(axis=1) for made in (before, after)]
    np.testing.assert_allclose(*middle, atol=1e-9)


def test_parallel_boxes_move_along_the_axis_of_least_overlap():
    pair = scenes(1, objects=2)
    pair["rot_mat"] = np.eye(3)
    pair["bbox"] = [[-1, -1, -1], [1, 1, 1]]
    pair["scale"] = 1
    pair["location"] = [[0, 0, 0], [0.5, 1.8, -0.2]]
    moved = separate(pair)["location"][0] - pair["location"][0]
    np.testing.assert_allclose(moved[:, [0, 2]], 0, atol=1e-12)
    np.testing.assert_allclose(moved[1, 1], 0.1, atol=0.01)


@pytest.mark.parametrize("objects", [1, 4])
def test_objects_that_are_apart_stay(objects):
    apart = scenes(5, objects)
    apart["location"] = 4 * np.arange(objects)[None, :, None]
    np.testing.assert_array_equal(separate(apart), apart)
