import io
import subprocess
import sys

import h5py
import numpy as np
import pytest
from PIL import Image

from selfstudy.analysis.figures import fig2
from selfstudy.data.packed import CLASSES, OBJECT
from selfstudy.errors import ConfigurationError, DataError
from selfstudy.rendering.render import RENDERER, render_bucket, stack_targets
from selfstudy.rendering.scene import draw_scenes, fit
from selfstudy.rendering.settings import LIMITS, Rendering
from selfstudy.rendering.supply import supply_shapes
from selfstudy.rendering.textures import POOL, TEXELS

RESOLUTION = 32


def decoded(file, name):
    return np.stack([np.array(Image.open(io.BytesIO(data.tobytes()))) for data in file[name][:]])


@pytest.fixture(scope="module")
def packed(tmp_path_factory):
    folder = tmp_path_factory.mktemp("packed")
    paths = {}
    for dataset in ("0000", "0110", "1111", "1111-multi"):
        paths[dataset] = folder / f"{dataset}.h5"
        render_bucket(paths[dataset], dataset, 2, 20, Rendering(RESOLUTION, seed=5))
    return paths


def test_single_file_is_complete(packed):
    with h5py.File(packed["1111"]) as file:
        images = decoded(file, "png_images")
        assert images.shape == (20, RESOLUTION, RESOLUTION, 3)
        np.testing.assert_array_equal(file["targets"], np.arange(20) % 10)
        assert file["rot_mat"].shape == (20, 3, 3)
        assert set(OBJECT.names) | {"png_images", "png_images_crc32", "targets"} == set(file)
        attributes = dict(file.attrs)
        assert tuple(attributes.pop("classes")) == CLASSES
        assert attributes == {
            "dataset": "1111",
            "bucket": 2,
            "images": 20,
            "renderer": RENDERER,
            "resolution": RESOLUTION,
            "seed": 5,
            "viewpoint": 0.5,
            "lighting": 2,
            "tint": 0.4,
            "warp": 0.1,
            "variety": 1,
        }


def test_datasets_of_a_seed_show_the_same_shapes(packed):
    with h5py.File(packed["0110"]) as one, h5py.File(packed["1111"]) as other:
        for field in ("class", "bbox", "scale", "euler"):
            np.testing.assert_array_equal(one[field], other[field])


def test_rendering_again_gives_the_same_bytes(packed, tmp_path):
    for dataset in ("1111", "1111-multi"):
        done = []
        again = tmp_path / "again.h5"
        render_bucket(again, dataset, 2, 20, Rendering(RESOLUTION, seed=5), done.append)
        assert again.read_bytes() == packed[dataset].read_bytes()
        assert sum(done) == 20


def test_other_buckets_and_seeds_give_other_images(packed, tmp_path):
    with h5py.File(packed["0000"]) as file:
        first = decoded(file, "png_images")
    for bucket, seed in ((3, 5), (2, 6)):
        render_bucket(tmp_path / "other.h5", "0000", bucket, 20, Rendering(RESOLUTION, seed))
        with h5py.File(tmp_path / "other.h5") as file:
            other = decoded(file, "png_images")
        assert all((a != b).any() for a, b in zip(first, other, strict=True))


def test_every_object_stands_out_from_a_smooth_background(packed):
    """Without textures the border of the image is background of slowly changing brightness."""
    with h5py.File(packed["0000"]) as file:
        images = decoded(file, "png_images").astype(int)
    for image in images:
        edge = image[0, [0, -1]].mean(axis=0)
        assert (np.abs(image - edge).max(axis=-1) > 25).mean() > 0.02


def traced(dataset, images=20, bucket=0, seed=0):
    """Scenes with their images, instance ids and depths."""
    from selfstudy.rendering.raytrace import Tracer

    settings = Rendering(RESOLUTION, seed)
    scenes, shape = draw_scenes(dataset, bucket, images, settings), supply_shapes(settings, bucket)
    shapes = {int(i): shape(int(i)) for i in np.unique(scenes.shapes)}
    corners = np.array([[shapes[i].vertices.max(axis=0) for i in row] for row in scenes.shapes])
    scenes = scenes._replace(objects=fit(scenes.objects, corners))
    tracer = Tracer(np.full((POOL, TEXELS, 3), 0.5, np.float32), RESOLUTION)
    loaded = tracer.load(scenes, shapes)
    return scenes, tracer.trace_colors(loaded), *tracer.trace_targets(loaded)


def chromaticity(linear):
    return linear / linear.sum(axis=-1, keepdims=True)


def test_an_untextured_object_has_its_plain_color():
    scenes, images, instances, _ = traced("0000")
    display = (images / 255.0) ** 2.2
    linear = display / (1 - 0.6 * display)
    for scene in range(20):
        whole = instances[scene] == 1
        inside = whole.copy()
        for axis in (0, 1):
            for step in (-1, 1):
                inside &= np.roll(whole, step, axis)
        inside &= images[scene].min(axis=-1) > 20  # where rounding does not matter
        expected = chromaticity(scenes.colors[scene, 1])
        middle = (
            np.median(chromaticity(linear[scene][inside]), axis=0) if inside.any() else expected
        )
        np.testing.assert_allclose(middle, expected, atol=0.03)


def test_a_grey_texture_is_tinted_only_while_the_color_factor_is_off():
    for dataset, is_grey in (("1000", False), ("1100", True)):
        _, images, instances, _ = traced(dataset)
        spread = np.ptp(images[instances == 1].astype(int), axis=-1)
        assert (np.percentile(spread, 75) < 3) == is_grey


def test_light_shines_from_where_it_is():
    """Lit from the left, the left half of the background is the brighter; and the other way."""
    scenes, images, instances, _ = traced("0001")
    sideways = scenes.objects["light"][:, 0, 1]
    background = np.where(instances[..., None] == 0, images, np.nan).astype(float)
    columns = np.nanmean(background, axis=(1, 3))
    brighter_right = columns[:, -4:].mean(axis=1) > columns[:, :4].mean(axis=1)
    sure = np.abs(sideways) > 0.5
    np.testing.assert_array_equal(brighter_right[sure], sideways[sure] > 0)


def test_depth_of_an_object_is_about_that_of_its_location():
    scenes, _, instances, depths = traced("1111-multi")
    back = np.array([np.sin(0.36 * np.pi), 0, np.cos(0.36 * np.pi)])
    centers = ([1, 0, 0.4] - scenes.objects["location"]) @ back
    for scene, index in zip(*np.nonzero(centers), strict=True):
        depth = depths[scene][instances[scene] == index + 1]
        assert (np.abs(depth - centers[scene, index]) < 0.5).all()
    assert np.isfinite(depths).all()
    assert (depths[instances == 0] > 3).all()


def test_dense_targets(packed):
    with h5py.File(packed["1111-multi"]) as file:
        targets = decoded(file, "png_targets")
        classes = file["class"][:]
        assert classes.shape == (20, 4)
        assert "targets" not in file
    instance, semantic, depth = np.moveaxis(targets, -1, 0)
    assert set(np.unique(instance)) == {0, 1, 2, 3, 4}
    assert 0.3 < (instance > 0).mean() < 0.9
    padded = np.pad(classes + 1, ((0, 0), (1, 0)))
    for image in range(20):
        np.testing.assert_array_equal(semantic[image], padded[image][instance[image]])
    assert (depth[instance == 0] == 255).all()
    near = depth[instance > 0]
    assert 20 < near.min() < near.max() < 220


def test_depth_is_along_the_cameras_axis():
    depths = np.array([[[0.5, 1.234], [2.549, 9.0]]])
    targets = stack_targets(np.array([[3, 9]]), np.array([[[0, 1], [2, 0]]], np.uint8), depths)
    np.testing.assert_array_equal(targets[0, ..., 2], [[50, 123], [255, 255]])
    np.testing.assert_array_equal(targets[0, ..., 1], [[0, 4], [10, 0]])


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"bucket": 12}, "bucket 12: expected"),
        ({"bucket": -1}, "bucket -1: expected"),
        ({"images": 0}, "images 0: expected"),
        ({"resolution": 0}, "resolution 0: expected"),
        ({"resolution": 64.0}, "resolution 64.0: expected"),
        ({"seed": -1}, "seed -1: expected"),
        ({"tint": 1.5}, "tint 1.5: expected a number, 0 to 1"),
        ({"viewpoint": "wide"}, "viewpoint 'wide': expected a number, 0 or more"),
        ({"dataset": "cats"}, "dataset 'cats'"),
    ],
)
def test_bad_arguments(tmp_path, change, message):
    arguments = {"dataset": "0000", "bucket": 0, "images": 1, **change}
    settings = {name: arguments.pop(name) for name in change if name in LIMITS}
    with pytest.raises(ConfigurationError, match=message):
        render_bucket(tmp_path / "bad.h5", **arguments, settings=Rendering(**settings))
    assert not list(tmp_path.iterdir())


def test_warp_is_loaded_only_to_render():
    code = "import sys, selfstudy.rendering.render; sys.exit('warp' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_contact_sheet(packed, tmp_path):
    figure = fig2.draw({name: [path] for name, path in packed.items()})
    panels = [panel for panel in figure.axes if panel.images]
    singles, scenes = (sum(name.endswith("-multi") == multi for name in packed) for multi in (0, 1))
    assert len(panels) == 10 * singles + 8 * scenes
    assert scenes > 0
    assert [panel.get_title() for panel in figure.axes[:2]] == ["airplane", "bench"]
    assert figure.axes[10].get_ylabel() == "0110\n(-CV-)"
    figure.savefig(tmp_path / "sheet.png", dpi=40)


def test_contact_sheet_names_a_bad_file(tmp_path):
    bad = tmp_path / "imgs_00.h5"
    bad.write_bytes(b"no such format")
    with pytest.raises(DataError, match=r"imgs_00\.h5"):
        fig2.draw({"0000": [bad]})
    with pytest.raises(DataError, match=r"imgs_01\.h5"):
        fig2.draw({"0000": [tmp_path / "imgs_01.h5"]})
