"""Augmentation, each kind by itself."""

import torch

from selfstudy.augment import Augmentation, View, cut_out, gray, move

OFF = {"color_jitter": False, "grayscale": False, "flip": False, "crop": False, "cutout": False}


def augment(before, on=None):
    """One view of images, with some kinds on."""
    (view,), maps = Augmentation(**OFF | (on or {}))(before)
    assert maps is None
    return view


def images(count=64, size=16):
    torch.manual_seed(0)
    return torch.rand(count, 3, size, size) + 1


def test_nothing_asked_for_changes_nothing():
    assert torch.equal(augment(images()), images())


def test_flip_turns_about_half_of_the_images():
    before = images()
    after = augment(before, {"flip": True})
    flipped = [torch.equal(a, b.flip(-1)) for a, b in zip(after, before, strict=True)]
    same = [torch.equal(a, b) for a, b in zip(after, before, strict=True)]
    assert all(f != s for f, s in zip(flipped, same, strict=True))
    assert 16 < sum(flipped) < 48


def test_moving_fills_with_zeros():
    one = images(1)
    still, none = torch.zeros(1, dtype=torch.long), torch.zeros(1, dtype=torch.bool)
    down = move(one, none, still + 2, still - 1)
    assert (down[0, :, :2] == 0).all()
    assert (down[0, :, :, -1] == 0).all()
    assert torch.equal(down[0, :, 2:, :-1], one[0, :, :-2, 1:])


def test_moving_flips_first():
    one = images(1)
    still, flip = torch.zeros(1, dtype=torch.long), torch.ones(1, dtype=torch.bool)
    assert torch.equal(move(one, flip, still, still + 3)[0, :, :, 3:], one.flip(-1)[0, :, :, :-3])


def test_crop_leaves_a_fifth_alone_and_moves_no_farther_than_an_eighth():
    before = images(500)
    after = augment(before, {"crop": True})
    alone = sum(torch.equal(a, b) for a, b in zip(after, before, strict=True))
    assert 70 < alone < 170  # 0.2 + 0.8 / 25 of 500 is 116
    assert (after[:, :, 2:14, 2:14] != 0).all()
    assert (after[:, :, 1] == 0).any()
    assert (after[:, :, 14] == 0).any()


def test_cutout_is_one_square_inside():
    holes = (cut_out(images(), 4) == 0).all(1)
    assert (holes.sum((1, 2)) == 16).all()
    assert (holes.any(2).sum(1) == 4).all()
    assert len({tuple(hole.flatten().nonzero()[0].tolist()) for hole in holes}) > 10


def test_grey_channels_are_the_mean():
    before = images(2)
    after = gray(before, torch.tensor([True, False]))
    torch.testing.assert_close(after[0], before[0].mean(0, keepdim=True).expand(3, -1, -1))
    assert torch.equal(after[1], before[1])


def test_jitter_is_affine_in_each_channel_and_drawn_per_image():
    before = images(100)
    after = augment(before, {"color_jitter": True})
    ratio = (after - after.mean((2, 3), keepdim=True)) / (
        before - before.mean((2, 3), keepdim=True)
    )
    factor = ratio.flatten(2).median(2).values
    torch.testing.assert_close(
        ratio, factor[:, :, None, None].expand_as(ratio), rtol=0.05, atol=0.05
    )
    unchanged = ((factor - 1).abs() < 1e-3).all(1).sum()
    assert 8 < unchanged < 35  # a fifth
    assert factor.std() > 0.1


def test_views_share_their_flips_alone_where_they_are_to():
    before, both = images(), (View(), View())
    first, second = Augmentation(**OFF | {"flip": True})(before, views=both, share_flip=True)[0]
    assert first.shape == (64, 3, 16, 16)
    assert torch.equal(first, second)
    assert not torch.equal(first, before)
    augmentation = Augmentation(**OFF | {"flip": True, "cutout": True})
    first, second = augmentation(before, views=both, share_flip=True)[0]
    assert not torch.equal(first, second)
    first, second = Augmentation(**OFF | {"flip": True})(before, views=both)[0]
    assert not torch.equal(first, second)


def test_dense_targets_move_with_the_first_view():
    augmentation = Augmentation(**OFF | {"flip": True, "crop": True}, transform_targets=True)
    before = (images() * 100).to(torch.uint8)
    (after,), targets = augmentation(before.float(), before)
    assert targets.dtype == torch.uint8
    assert torch.equal(after, targets.float())
    assert not torch.equal(targets, before)
    (first, second), targets = augmentation(before.float(), before, (View(), View()), True)
    assert torch.equal(first, targets.float())
    assert not torch.equal(second, targets.float())


def test_targets_stay_unless_asked_to_move():
    before = (images() * 100).to(torch.uint8)
    _, targets = Augmentation()(before.float(), before)
    assert torch.equal(targets, before)
