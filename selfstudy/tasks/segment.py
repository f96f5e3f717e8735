"""Semantic segmentation: the class of what each pixel shows."""

from collections.abc import Mapping

import torch
import torch.nn.functional as F
from torch import Tensor

from selfstudy.tasks.base import Labels, LabelSource, Task, require_dense, share_correct

CHANNEL = 1  # of dense targets: the semantic id, 0 for the background


class Segment(Task):
    """The class of every place, by cross-entropy."""

    dense = True

    @classmethod
    def read_labels(cls, source: LabelSource) -> Labels:
        """Give the classes and the background as outputs; labels are read for every pixel."""
        require_dense(source, cls, wanted=True)
        return Labels(None, source.classes + 1)

    def evaluate(self, predictions: Tensor, labels: Tensor) -> dict[str, Tensor]:
        """Compare logits (b, classes, r, r) with dense targets (b, 3, h, w).

        Returns:
            `loss`, `accuracy` (of pixels), and `intersection` and `union` (classes,): pixels per
            image that both prediction and label, or either of them, give to a class.
        """
        wanted = find_semantics(labels, predictions.shape[-1])
        images, classes = predictions.shape[:2]
        pairs = (wanted * classes + predictions.argmax(1)).flatten()
        # Unlike `bincount`, which looks for the largest, this does not wait for the device.
        counts = pairs.new_zeros(classes**2).index_add_(0, pairs, torch.ones_like(pairs))
        confusion = counts.view(classes, classes)
        intersection = confusion.diagonal()
        return {
            "loss": F.cross_entropy(predictions, wanted),
            "accuracy": share_correct(predictions, wanted),
            "intersection": intersection / images,
            "union": (confusion.sum(0) + confusion.sum(1) - intersection) / images,
        }

    def summarise(self, means: Mapping[str, Tensor]) -> dict[str, float]:
        """Turn intersections and unions into `mean_iou`."""
        means = dict(means)
        means["mean_iou"] = average_iou(means.pop("intersection"), means.pop("union"))
        return super().summarise(means)


def find_semantics(maps: Tensor, resolution: int) -> Tensor:
    """Find the semantic ids (b, r, r) int64 of dense targets (b, 3, h, w), nearest pixel."""
    ids = maps[:, CHANNEL : CHANNEL + 1].float()
    return F.interpolate(ids, (resolution, resolution))[:, 0].long()


def average_iou(intersection: Tensor, union: Tensor) -> Tensor:
    """Average intersection over union over the classes that occur."""
    return (intersection[union > 0] / union[union > 0]).mean()
