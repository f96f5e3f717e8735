"""Rotation: tell by which multiple of 90° an image was rotated (Gidaris et al., 2018)."""

import gin
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from selfstudy.backbones.base import Features
from selfstudy.batch import Batch, Output
from selfstudy.methods.base import PretextModel
from selfstudy.tasks.base import share_correct
from selfstudy.tasks.readouts import ReadoutTask


def rotate90(images: Tensor, turns: Tensor) -> Tensor:
    """Rotate each of (b, ..., n, n) clockwise by its own number of quarter turns (b,)."""
    rotated = images.clone()
    for turn in range(1, 4):
        chosen = turns == turn
        rotated[chosen] = torch.rot90(images[chosen], -turn, (-2, -1))
    return rotated


@gin.configurable(denylist=["run_selfsup", "dataset_size"])
class RotateModel(PretextModel, name="rotate"):
    """A backbone with a linear classifier of the four rotations."""

    def __init__(self, run_selfsup: bool, dataset_size: int) -> None:
        super().__init__(run_selfsup, dataset_size)
        if run_selfsup:
            self.classifier = nn.Linear(self.out_feats, 4)

    def head(self, features: Features, indices: Tensor) -> Tensor:
        return self.classifier(features.pooled)


@gin.configurable
class RotateTask(ReadoutTask):
    """Cross-entropy of the four rotations."""

    def prepare(self, batch: Batch) -> Batch:
        turns = torch.randint(4, (len(batch.images),), device=batch.images.device)
        if batch.dense:
            batch = batch._replace(targets=rotate90(batch.targets, turns))
        return batch._replace(images=rotate90(batch.images, turns), pretext_targets=turns)

    def pretext_loss(self, output: Output, batch: Batch) -> dict[str, Tensor]:
        logits = output.pretext.float()
        return {
            "loss": F.cross_entropy(logits, batch.pretext_targets),
            "acc_rotate": share_correct(logits, batch.pretext_targets),
        }
