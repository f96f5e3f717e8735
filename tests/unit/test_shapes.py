import numpy as np
import pytest

from selfstudy.data.packed import CLASSES
from selfstudy.rendering.shapes import make_shape
from selfstudy.rendering.shapes.mesh import box, cylinder, ellipsoid, join, mirror


def shapes_of(class_id, count=25):
    return [make_shape(class_id, np.random.default_rng(i)) for i in range(count)]


@pytest.mark.parametrize("class_id", range(10), ids=CLASSES)
def test_meshes_are_sound(class_id):
    for mesh in shapes_of(class_id):
        assert np.isfinite(mesh.vertices).all()
        np.testing.assert_allclose(np.linalg.norm(mesh.normals, axis=1), 1, atol=1e-6)
        assert mesh.faces.min() == 0
        assert mesh.faces.max() == len(mesh.vertices) - 1
        assert 40 < len(mesh.faces) < 20_000
        size = np.ptp(mesh.vertices, axis=0)
        assert 0.3 < size.max() < 3
        assert np.median(size) > 0.1 * size.max()


@pytest.mark.parametrize("class_id", range(10), ids=CLASSES)
def test_shapes_vary(class_id):
    sizes = {tuple(np.ptp(mesh.vertices, axis=0).round(6)) for mesh in shapes_of(class_id)}
    assert len(sizes) == 25


def test_the_same_generator_gives_the_same_shape():
    first, second = (make_shape(5, np.random.default_rng(3)) for _ in range(2))
    np.testing.assert_array_equal(first.vertices, second.vertices)


def test_vehicles_and_furniture_have_their_proportions():
    for name, longest in (("airplane", 2), ("car", 2), ("motorcycle", 2), ("bench", 2)):
        sizes = np.array([np.ptp(m.vertices, axis=0) for m in shapes_of(CLASSES.index(name))])
        assert sizes[:, longest].mean() > 1.5 * sizes[:, 1].mean(), name


def test_a_box_has_flat_normals():
    mesh = box((1, 2, 3), (2, 4, 6))
    np.testing.assert_allclose(mesh.vertices.min(axis=0), [0, 0, 0])
    np.testing.assert_allclose(mesh.vertices.max(axis=0), [2, 4, 6])
    np.testing.assert_allclose(np.abs(mesh.normals).max(axis=1), 1)


def test_normals_of_a_ball_and_of_a_cylinder_are_smooth():
    ball = ellipsoid((0, 1, 0), (0.5, 0.5, 0.5))
    outward = (ball.vertices - [0, 1, 0]) / 0.5
    assert ((outward * ball.normals).sum(axis=1) > 0.99).all()
    tube = cylinder((0, 0, 0), (0, 0, 2), 0.3)
    side = np.abs(tube.normals[:, 2]) < 0.5
    radial = tube.vertices[side, :2] / 0.3
    np.testing.assert_allclose(np.abs((radial * tube.normals[side, :2]).sum(axis=1)), 1)


def test_mirrored_and_joined_parts_keep_their_faces():
    parts = mirror(box((1, 0, 0), (1, 1, 1)))
    whole = join(parts)
    assert len(whole.faces) == 24
    np.testing.assert_allclose(whole.vertices.min(axis=0)[0], -1.5)
    np.testing.assert_allclose(whole.vertices[whole.faces[12:]].mean(axis=(0, 1)), [-1, 0, 0])
