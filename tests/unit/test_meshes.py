"""A user's meshes: read, checked, dealt to the buckets, and shown."""

import h5py
import numpy as np
import pytest
import trimesh
from own_meshes import solid, write_meshes

from selfstudy.data.names import name_bucket
from selfstudy.data.packed import CLASSES
from selfstudy.data.prepare import prepare
from selfstudy.errors import DataError
from selfstudy.rendering.meshes import SYNSETS, Collection, collect_meshes, read_mesh
from selfstudy.rendering.raytrace import Tracer
from selfstudy.rendering.render import describe_bucket, render_bucket
from selfstudy.rendering.scene import draw_scenes, fit
from selfstudy.rendering.settings import Rendering
from selfstudy.rendering.supply import supply_shapes
from selfstudy.rendering.textures import TEXELS


@pytest.fixture
def collected(tmp_path):
    """Two dozen meshes each of three classes, in one file."""
    path = tmp_path / "meshes.h5"
    collect_meshes(write_meshes(tmp_path / "source", count=24), path)
    return path


def test_what_is_read_is_what_was_written(collected):
    collection = Collection.open(collected)
    assert collection.classes == ("ball", "block", "tube")
    np.testing.assert_array_equal(collection.labels, np.repeat([0, 1, 2], 24))
    with h5py.File(collected) as file:
        names = list(file["name"].asstr())
        assert len(file["skipped"]) == 0
    index = names.index("block/18.obj")
    mesh = collection.read_shape(index)
    np.testing.assert_allclose(np.ptp(mesh.vertices, axis=0), [1, 0.5 + 18 / 24, 0.5], atol=1e-6)
    assert mesh.faces.max() == len(mesh.vertices) - 1
    assert mesh.faces.shape == (12, 3)


def test_edges_stay_sharp_and_round_parts_smooth(tmp_path):
    for kind, expected in (("block", 24), ("ball", 162)):
        solid(kind, 1.0).export(tmp_path / "mesh.obj")
        mesh = read_mesh(tmp_path / "mesh.obj")
        assert len(mesh.vertices) == expected
        np.testing.assert_allclose(np.linalg.norm(mesh.normals, axis=1), 1)
    np.testing.assert_allclose(mesh.normals, mesh.vertices, atol=0.02)  # of the ball


def test_glb_scenes_are_put_together(tmp_path):
    scene = trimesh.Scene()
    scene.add_geometry(trimesh.creation.box())
    move = trimesh.transformations.translation_matrix([0, 3, 0])
    scene.add_geometry(trimesh.creation.box(), transform=move)
    scene.export(tmp_path / "two.glb")
    mesh = read_mesh(tmp_path / "two.glb")
    np.testing.assert_allclose(np.ptp(mesh.vertices, axis=0), [1, 4, 1])
    assert len(mesh.faces) == 24


def test_shapenets_layouts(tmp_path):
    places = {"03001627": "{}/models/model_normalized.obj", "02691156": "{}/model.obj"}
    for synset, place in places.items():
        for number in range(12):
            path = tmp_path / "ShapeNet" / synset / place.format(number)
            path.parent.mkdir(parents=True)
            solid("block", 1.0).export(path)
    collect_meshes(tmp_path / "ShapeNet", tmp_path / "meshes.h5")
    assert Collection.open(tmp_path / "meshes.h5").classes == ("airplane", "chair")
    assert sorted(SYNSETS.values()) == sorted(CLASSES)


def test_every_bucket_has_meshes_of_its_own(collected):
    """All meshes of a bucket's share are shown before one is shown again."""
    settings = Rendering(seed=3, meshes=collected)
    sizes = []
    for bucket in range(12):
        shapes = supply_shapes(settings, bucket)
        drawn = [np.ptp(shapes(3 * draw + 1).vertices, axis=0)[1] for draw in range(6)]
        turns = np.round(drawn, 4).reshape(3, 2)
        assert len({tuple(sorted(turn)) for turn in turns.tolist()}) == 1
        sizes += set(turns[0].tolist())
    assert len(set(sizes)) == len(sizes) == 24
    for label in range(3):
        mesh = shapes(label)
        np.testing.assert_allclose(mesh.vertices.min(axis=0), -mesh.vertices.max(axis=0))
    assert not np.allclose(
        [
            np.ptp(supply_shapes(Rendering(seed=s, meshes=collected), 0)(1).vertices)
            for s in range(8)
        ],
        np.ptp(supply_shapes(settings, 0)(1).vertices),
    )


@pytest.mark.slow
@pytest.mark.parametrize("dataset", ["1111", "0000-multi"])
def test_meshes_are_rendered_and_their_classes_kept(dataset, collected, tmp_path):
    settings = Rendering(32, meshes=collected)
    paths = [tmp_path / name_bucket(bucket) for bucket in range(12)]
    for bucket, path in enumerate(paths):
        render_bucket(path, dataset, bucket, 6, settings)
    with h5py.File(paths[0]) as file:
        assert list(file.attrs["classes"]) == ["ball", "block", "tube"]
        assert file["class"][:].max() == 2
        assert len(file.attrs["meshes"]) == 64
    prepare(paths, tmp_path / "data.h5", dataset, 32, "lab", seed=0)
    with h5py.File(tmp_path / "data.h5") as file:
        assert list(file.attrs["classes"]) == ["ball", "block", "tube"]


def test_a_ball_looks_like_one(tmp_path):
    """Seen from anywhere it is round: its image fills about pi/4 of the square around it."""
    for kind in ("ball", "block"):
        for number in range(12):
            path = tmp_path / "source" / kind / f"{number}.obj"
            path.parent.mkdir(parents=True, exist_ok=True)
            solid("ball", 1.0).export(path)
    collect_meshes(tmp_path / "source", tmp_path / "meshes.h5")
    settings = Rendering(64, warp=0, meshes=tmp_path / "meshes.h5")
    shapes, scenes = supply_shapes(settings, 0), draw_scenes("0010", 0, 4, settings, 2)
    shown = {index: shapes(index) for index in range(4)}
    corners = np.array([[shown[index].vertices.max(axis=0)] for index in range(4)])
    scenes = scenes._replace(objects=fit(scenes.objects, corners))
    tracer = Tracer(np.zeros((1, TEXELS, 3), np.float32), 64)
    for mask in tracer.trace_targets(tracer.load(scenes, shown))[0]:
        rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
        height, width = np.ptp(rows) + 1, np.ptp(columns) + 1
        assert min(height, width) > 20
        assert abs(height - width) <= 2
        np.testing.assert_allclose(mask.sum() / (height * width), np.pi / 4, atol=0.04)


BROKEN = {
    "text.obj": b"no mesh\n",
    "empty.obj": b"",
    "flat.glb": b"glTF\x02\x00\x00\x00",
    "nan.obj": b"v nan 0 0\nv 1 0 0\nv 0 1 0\nf 1 2 3\n",
    "point.obj": b"v 1 1 1\nv 1 1 1\nv 1 1 1\nf 1 2 3\n",
    "range.obj": b"v 0 0 0\nv 1 0 0\nv 0 1 0\nf 1 2 9\n",
}


def test_broken_meshes_are_left_out_and_listed(tmp_path, caplog):
    folder = write_meshes(tmp_path / "source")
    for name, content in BROKEN.items():
        (folder / "ball" / name).write_bytes(content)
    collect_meshes(folder, tmp_path / "meshes.h5")
    with h5py.File(tmp_path / "meshes.h5") as file:
        assert sorted(file["skipped"].asstr()) == sorted(f"ball/{name}" for name in BROKEN)
        assert len(file["class"]) == 36
    for name in BROKEN:
        assert f"{name}: cannot be read as a mesh" in caplog.text


def test_too_few_sound_meshes_are_refused(tmp_path):
    folder = write_meshes(tmp_path / "source")
    (folder / "tube" / "3.obj").write_bytes(b"")
    with pytest.raises(DataError, match=r"tube: 11 sound meshes of 12: expected one .* 12 buckets"):
        collect_meshes(folder, tmp_path / "meshes.h5")
    assert not (tmp_path / "meshes.h5").exists()


def test_folders_that_hold_no_classes_are_refused(tmp_path):
    with pytest.raises(DataError, match="none: there is no such folder of meshes"):
        collect_meshes(tmp_path / "none", tmp_path / "meshes.h5")
    write_meshes(tmp_path / "source", kinds=["ball"])
    with pytest.raises(DataError, match="source: 1 folders in it: expected one for each class"):
        collect_meshes(tmp_path / "source", tmp_path / "meshes.h5")
    for name in ("chair", "03001627"):
        (tmp_path / "twice" / name).mkdir(parents=True)
    with pytest.raises(DataError, match="a second folder of the class 'chair'"):
        collect_meshes(tmp_path / "twice", tmp_path / "meshes.h5")


def test_a_bucket_says_which_meshes_it_shows(collected, tmp_path):
    before = describe_bucket("0000", 0, 1, Rendering(meshes=collected))
    collect_meshes(write_meshes(tmp_path / "other", count=13), collected)
    assert describe_bucket("0000", 0, 1, Rendering(meshes=collected)) != before


@pytest.mark.parametrize("content", [b"", b"something else"])
def test_files_of_meshes_that_are_none(content, tmp_path):
    path = tmp_path / "meshes.h5"
    path.write_bytes(content)
    with pytest.raises(DataError, match=r"meshes\.h5: damaged, or not an HDF5 file"):
        render_bucket(tmp_path / "imgs.h5", "0000", 0, 1, Rendering(meshes=path))
