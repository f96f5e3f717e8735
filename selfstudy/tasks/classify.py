"""Classification of the object, of its pose, or of each pixel, by the linear readout."""

import gin
import torch.nn.functional as F
from torch import Tensor

from selfstudy.batch import Batch, Output
from selfstudy.tasks.base import Task, share_correct
from selfstudy.tasks.segment import mean_iou, segment


def classify(logits: Tensor, labels: Tensor) -> dict[str, Tensor]:
    """Cross-entropy (`loss`) and `accuracy` of logits (b, classes) float32 and labels (b,)."""
    return {"loss": F.cross_entropy(logits, labels), "accuracy": share_correct(logits, labels)}


@gin.configurable
class ClassifyTask(Task):
    """The class, the pose bin where `is_pose`, or, with dense readouts, each pixel's class."""

    def __init__(self, is_pose: bool = False) -> None:
        self.target = 1 if is_pose else 0

    def evaluate(self, output: Output, batch: Batch) -> tuple[Tensor, dict[str, Tensor]]:
        logits = output.fc[self.target].float()
        if batch.dense:
            metrics = segment(logits, batch.targets)
        else:
            metrics = classify(logits, batch.targets[:, self.target])
        return metrics.pop("loss"), metrics

    def summary(self, means: dict[str, Tensor]) -> dict[str, float]:
        if "union" in means:
            means["mean_iou"] = mean_iou(means.pop("intersection"), means.pop("union"))
        return super().summary(means)
