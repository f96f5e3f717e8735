"""Semantic segmentation: the class of what each pixel shows."""

import torch
import torch.nn.functional as F
from torch import Tensor

from selfstudy.tasks.base import share_correct

CHANNEL = 1  # of dense targets: the semantic id, 0 for the background


def semantic_labels(targets: Tensor, resolution: int) -> Tensor:
    """Semantic ids (b, r, r) int64 of dense targets (b, 3, h, w), nearest pixel."""
    return F.interpolate(targets[:, CHANNEL : CHANNEL + 1].float(), (resolution, resolution))[
        :, 0
    ].long()


def segment(logits: Tensor, targets: Tensor) -> dict[str, Tensor]:
    """Cross-entropy, pixel accuracy, and what mean IoU is made of.

    Args:
        logits: (b, classes, r, r) float32.
        targets: dense targets (b, 3, h, w).

    Returns:
        `loss`, `accuracy`, and `intersection` and `union` (classes,): pixels an image that both
        prediction and label, or either of them, give to a class.
    """
    labels = semantic_labels(targets, logits.shape[-1])
    images, classes = logits.shape[:2]
    pairs = labels * classes + logits.argmax(1)
    confusion = torch.bincount(pairs.flatten(), minlength=classes**2).view(classes, classes)
    intersection = confusion.diagonal()
    return {
        "loss": F.cross_entropy(logits, labels),
        "accuracy": share_correct(logits, labels),
        "intersection": intersection / images,
        "union": (confusion.sum(0) + confusion.sum(1) - intersection) / images,
    }


def mean_iou(intersection: Tensor, union: Tensor) -> Tensor:
    """Intersection over union, averaged over the classes that occur."""
    return (intersection[union > 0] / union[union > 0]).mean()
