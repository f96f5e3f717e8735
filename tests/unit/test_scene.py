import numpy as np
import pytest

from selfstudy.errors import ConfigurationError
from selfstudy.rendering.scene import (
    LIGHT_ANGLE,
    UPRIGHT,
    compute_rotations,
    draw_scenes,
    fit,
)
from selfstudy.rendering.settings import Rendering
from selfstudy.rendering.supply import supply_shapes

CODES = [f"{i:04b}" for i in range(16)]


def draw(dataset, images=60, bucket=0, seed=4):
    return draw_scenes(dataset, bucket, images, Rendering(seed=seed))


def shape(seed, bucket, index):
    return supply_shapes(Rendering(seed=seed), bucket)(index)


def matrix_of(q):
    w, x, y, z = np.moveaxis(q, -1, 0)
    rows = [
        [1 - 2 * (y * y + z * z), 2 * (x * y - w * z), 2 * (x * z + w * y)],
        [2 * (x * y + w * z), 1 - 2 * (x * x + z * z), 2 * (y * z - w * x)],
        [2 * (x * z - w * y), 2 * (y * z + w * x), 1 - 2 * (x * x + y * y)],
    ]
    return np.stack([np.stack(row, axis=-1) for row in rows], axis=-2)


@pytest.mark.parametrize("dataset", ["1111", "1111-multi"])
def test_rotations_agree(dataset):
    objects = draw(dataset).objects
    np.testing.assert_allclose(objects["rot_mat"], matrix_of(objects["quaternion"]), atol=1e-12)
    np.testing.assert_allclose(objects["rot_mat"], compute_rotations(objects["euler"]))
    assert (objects["quaternion"][..., 0] >= 0).all()


def test_euler_angles_are_those_of_the_authors_data():
    """A row of reference/rendered_sample_multi."""
    euler = np.array([2.155944377384043, 0.35829382793691805, -1.5225071218231594])
    expected = [
        [0.045205146, -0.537567794, -0.842007935],
        [-0.935404837, -0.318655044, 0.153221324],
        [-0.350676924, 0.780691922, -0.517248333],
    ]
    np.testing.assert_allclose(compute_rotations(euler), expected, atol=1e-6)


def test_single_scenes_are_balanced_and_show_each_shape_once():
    scenes = draw("1111")
    np.testing.assert_array_equal(scenes.objects["class"][:, 0], np.arange(60) % 10)
    np.testing.assert_array_equal(scenes.shapes[:, 0], np.arange(60))


def test_multi_scenes_keep_ten_shapes_for_twenty_images():
    scenes = draw("1111-multi")
    np.testing.assert_array_equal(
        scenes.shapes // 10, np.arange(60)[:, None] // 20 + 0 * scenes.shapes
    )
    np.testing.assert_array_equal(scenes.shapes % 10, scenes.objects["class"])
    location = scenes.objects["location"]
    radius = np.hypot(location[..., 0] - 0.05, location[..., 1])
    np.testing.assert_allclose(radius, 0.35)
    assert abs(location[..., 2].mean() - 0.05) < 0.02


@pytest.mark.parametrize("suffix", ["", "-multi"])
@pytest.mark.parametrize("place", range(4))
def test_a_factor_changes_only_what_is_its_own(place, suffix):
    for code in CODES:
        if code[place] == "1":
            continue
        off = draw(code + suffix)
        on = draw(code[:place] + "1" + code[place + 1 :] + suffix)
        fields = {"viewpoint": ("euler", "rot_mat", "quaternion"), "light": ("light",)}
        same = {
            "shapes": np.array_equal(off.shapes, on.shapes),
            "scale": np.array_equal(off.objects["scale"], on.objects["scale"]),
            "location": np.array_equal(off.objects["location"], on.objects["location"]),
            "textures": np.array_equal(off.textures, on.textures),
            "colors": np.array_equal(off.colors, on.colors) and off.tint == on.tint,
            **{
                name: all(np.array_equal(off.objects[f], on.objects[f]) for f in names)
                for name, names in fields.items()
            },
        }
        changed = ("textures", "colors", "viewpoint", "light")[place]
        assert [name for name, equal in same.items() if not equal] == [changed]


def test_factors_off_are_fixed():
    scenes = draw("0000")
    np.testing.assert_array_equal(scenes.objects["euler"], np.broadcast_to(UPRIGHT, (60, 1, 3)))
    expected = [0, 1.5 * np.sin(LIGHT_ANGLE), 1.5 * np.cos(LIGHT_ANGLE)]
    np.testing.assert_allclose(scenes.objects["light"], np.broadcast_to(expected, (60, 1, 3)))
    assert (scenes.textures == -1).all()
    assert scenes.tint == 0.4


def hues(scenes):
    rgb = scenes.colors[:, 1]
    a, b = rgb @ [1, -0.5, -0.5], rgb @ [0, np.sqrt(0.75), -np.sqrt(0.75)]
    return np.exp(1j * np.arctan2(b, a))


def test_hue_tells_the_class_only_while_the_color_factor_is_off():
    classes = np.arange(300) % 10
    tight = [abs(hues(draw("0000", 300))[classes == c].mean()) for c in range(10)]
    loose = [abs(hues(draw("0100", 300))[classes == c].mean()) for c in range(10)]
    assert min(tight) > 0.95
    assert max(loose) < 0.6
    elsewhere = hues(draw("0000", 300, bucket=7))
    same = [
        abs(hues(draw("0000", 300))[classes == c].mean() - elsewhere[classes == c].mean())
        for c in range(10)
    ]
    assert max(same) < 0.2


def test_spreads_are_those_of_the_study():
    scenes = draw("0011", 4000)
    np.testing.assert_allclose((scenes.objects["euler"] - UPRIGHT).std(axis=(0, 1)), 0.5, rtol=0.05)
    warp = scenes.objects["scale"]
    np.testing.assert_allclose(warp.mean(axis=-1), 1, atol=0.05)
    np.testing.assert_allclose(warp.std(axis=0), 0.1 * np.sqrt(2 / 3), rtol=0.06)
    np.testing.assert_allclose(np.linalg.norm(scenes.objects["light"], axis=-1), 1.5)


def test_spreads_are_those_of_the_settings():
    settings = Rendering(seed=4, viewpoint=0.1, lighting=0.2, warp=0.05, tint=0.9)
    for name, tint in (("0011", 0.9), ("0111", 0.0)):
        scenes = draw_scenes(name, 0, 4000, settings)
        assert scenes.tint == tint
        spread = (scenes.objects["euler"] - UPRIGHT).std(axis=(0, 1))
        np.testing.assert_allclose(spread, 0.1, rtol=0.05)
        light = scenes.objects["light"][:, 0]
        angle = np.arctan2(light[:, 1], light[:, 2])
        np.testing.assert_allclose(angle.std(), 0.2, rtol=0.05)
        spread = scenes.objects["scale"].std(axis=0)
        np.testing.assert_allclose(spread, 0.05 * np.sqrt(2 / 3), rtol=0.06)


def test_objects_get_the_studys_size():
    scenes = draw("1111", 20)
    corners = np.array(
        [[shape(4, 0, i).vertices.max(axis=0) for i in row] for row in scenes.shapes]
    )
    fitted = fit(scenes.objects, corners)
    size = np.ptp(fitted["bbox"], axis=2) * fitted["scale"]
    np.testing.assert_allclose(fitted["bbox"][:, :, 0], -fitted["bbox"][:, :, 1])
    np.testing.assert_allclose((size / scenes.objects["scale"]).max(axis=-1), 0.56)
    assert (size < 0.56 * 1.5).all()


def test_shapes_are_centred_and_differ_between_buckets_and_seeds():
    meshes = [shape(seed, bucket, 30) for seed in (0, 1) for bucket in range(12)]
    for mesh in meshes:
        np.testing.assert_allclose(mesh.vertices.min(axis=0), -mesh.vertices.max(axis=0))
    assert len({mesh.vertices.tobytes() for mesh in meshes}) == len(meshes)


def test_a_smaller_bucket_is_the_beginning_of_a_larger():
    few, many = draw("1111-multi", 7), draw("1111-multi", 60)
    for small, large in zip(few[:-1], many[:-1], strict=True):
        np.testing.assert_array_equal(small, large[:7])


def test_an_unknown_dataset_is_an_error():
    with pytest.raises(ConfigurationError, match="dataset '0120'"):
        draw("0120")
