"""Losses, schedules, pose bins and rotations against the authors' numbers."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from selfstudy.methods.amdim import nce
from selfstudy.methods.cmc import MemoryBank, contrast
from selfstudy.methods.rotate import rotate90
from selfstudy.methods.vae import Reconstruction, vae_loss
from selfstudy.tasks.depth import compare_depths, find_depths
from selfstudy.tasks.pose import bin_poses
from selfstudy.tasks.segment import Segment, average_iou
from selfstudy.training.schedule import Schedule


def test_learning_rates(reference):
    for case in reference("functions")["lr_schedule"]:
        schedule = Schedule(case["milestones"], case["target_lrs"], case["exp_factor"])
        rates = schedule.list_rates(case["iters_per_epoch"])
        assert len(rates) == case["n"]
        for step, rate in case["at"].items():
            assert rates[int(step)] == pytest.approx(rate, rel=1e-12, abs=0)
        if case["lr"]:
            np.testing.assert_allclose(rates, case["lr"], rtol=1e-12)


def test_pose_bins(reference):
    expected = reference("functions")["pose"]
    assert bin_poses(np.array(expected["rot_mat"])).tolist() == expected["pose_class"]


def test_pose_bins_at_their_edges():
    # The second column of each matrix is (sin ψ, cos ψ, 0): seen from the side, turned by ψ.
    turns = np.pi * np.array([-1, -0.75, -0.5, -0.25, 0, 0.25, 0.5, 0.75, 1])
    rotations = np.zeros((len(turns), 3, 3))
    rotations[:, 0, 1], rotations[:, 1, 1] = np.sin(turns), np.cos(turns)
    assert bin_poses(rotations).tolist() == [1, 2, 2, 3, 3, 4, 4, 1, 1]


@pytest.mark.parametrize("clipped", [False, True])
def test_amdim(reference, sequence, clipped):
    expected = reference("functions")["amdim_nce"]
    source, target = 3 * sequence(1, (6, 16)), 3 * sequence(2, (16, 30))
    if clipped:
        expected = expected["clipped"]
        source, target = source * expected["scale"], target * expected["scale"]
    maps = target.view(16, 6, 5).permute(1, 0, 2)
    loss, penalty = nce(source, maps, expected["tclip"])
    assert loss.item() == pytest.approx(expected["loss"], rel=1e-6)
    assert penalty.item() == pytest.approx(expected["lgt_reg"], rel=1e-6)


def test_cmc(reference, sequence):
    expected = reference("functions")["cmc"]
    size, features = expected["N"], expected["D"]
    bank = MemoryBank(size, features, expected["K"], expected["T"], expected["momentum"])
    bank.l.copy_(F.normalize(sequence(3, (size, features))))
    bank.ab.copy_(F.normalize(sequence(4, (size, features))))
    lightness = F.normalize(sequence(5, (4, features)))
    colour = F.normalize(sequence(6, (4, features)))
    logits = bank(lightness, colour, torch.tensor(expected["idx"]))
    close = {"rtol": 1e-5, "atol": 1e-6}
    torch.testing.assert_close(logits.l[0], torch.tensor(expected["logits_l_row0"]), **close)
    torch.testing.assert_close(logits.ab[0], torch.tensor(expected["logits_ab_row0"]), **close)
    assert contrast(logits.l).item() == pytest.approx(expected["loss_l"], rel=1e-6)
    assert contrast(logits.ab).item() == pytest.approx(expected["loss_ab"], rel=1e-6)
    for memory, after in ((bank.l, "memory_l_after"), (bank.ab, "memory_ab_after")):
        torch.testing.assert_close(memory[expected["y"]], torch.tensor(expected[after]), **close)


def test_vae(reference, sequence):
    expected = reference("functions")["vae"]
    image, mu, logvar = sequence(10, (3, 3, 8, 8)), sequence(7, (3, 7)), sequence(8, (3, 7))
    loss, mse, kld = vae_loss(
        Reconstruction(image, mu, logvar), sequence(9, (3, 3, 16, 16)), expected["lmd"]
    )
    assert mse.item() == pytest.approx(expected["mse"], rel=1e-6)
    assert kld.item() == pytest.approx(expected["kld"], rel=1e-6)
    assert loss.item() == pytest.approx(expected["loss"], rel=1e-6)


def test_rotations(reference):
    expected = reference("functions")["rotate90"]
    images = torch.tensor(expected["x"]).expand(4, 1, 3, 3)
    rotated = rotate90(images, torch.arange(4))
    for turns, image in expected["out"].items():
        assert rotated[int(turns), 0].tolist() == image


def test_depth(reference, sequence):
    expected = reference("functions")["depth"]
    prediction, depth = 0.5 * sequence(11, (2, 5, 5)) + 1.2, 0.3 * sequence(12, (2, 5, 5)) + 1.1
    metrics = compare_depths(prediction, depth)
    assert metrics["loss"].item() == pytest.approx(expected["l1"], rel=1e-6)
    assert metrics["accuracy"].item() == pytest.approx(expected["acc_1_25"], rel=1e-6)
    assert metrics["accuracy_strict"].item() == pytest.approx(expected["acc_1_1"], rel=1e-6)
    assert metrics["rmse"].item() == pytest.approx(expected["rmse"], rel=1e-6)


def test_nothing_there_is_farthest():
    targets = torch.zeros(1, 3, 2, 2, dtype=torch.uint8)
    targets[0, 2] = torch.tensor([[0, 50], [100, 25]])
    assert find_depths(targets, 2).tolist() == [[[4, 2], [4, 1]]]


def test_segmentation(reference, sequence):
    expected = reference("functions")["segment"]
    b, y, x = torch.meshgrid(torch.arange(2), torch.arange(16), torch.arange(16), indexing="ij")
    targets = torch.zeros(2, 3, 16, 16, dtype=torch.uint8)
    targets[:, 1] = (7 * (256 * b + 16 * y + x)) % 11
    metrics = Segment(1, 11).evaluate(5 * sequence(13, (2, 11, 4, 4)), targets)
    assert metrics["loss"].item() == pytest.approx(expected["loss"], rel=1e-6)
    assert metrics["accuracy"].item() == pytest.approx(expected["accuracy"], rel=1e-6)


def test_mean_iou_by_hand():
    targets = torch.zeros(1, 3, 2, 2, dtype=torch.uint8)
    targets[0, 1] = torch.tensor([[0, 0], [1, 1]])
    logits = F.one_hot(torch.tensor([[[0, 1], [1, 1]]]), 3).permute(0, 3, 1, 2).float()
    metrics = Segment(1, 3).evaluate(logits, targets)
    iou = average_iou(metrics["intersection"], metrics["union"])
    assert iou.item() == pytest.approx((1 / 2 + 2 / 3) / 2)
