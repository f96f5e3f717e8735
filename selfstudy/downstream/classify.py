"""Classification of the object, or of its pose, by the linear readout."""

import gin
import torch.nn.functional as F
from torch import Tensor

from selfstudy.batch import Batch, Output
from selfstudy.downstream.base import Task, share_correct


@gin.configurable
class ClassifyTask(Task):
    """Cross-entropy of the class, or of the pose bin where `is_pose`."""

    def __init__(self, is_pose: bool = False) -> None:
        self.target = 1 if is_pose else 0

    def evaluate(self, output: Output, batch: Batch) -> tuple[Tensor, dict[str, Tensor]]:
        logits, labels = output.fc[self.target].float(), batch.targets[:, self.target]
        return F.cross_entropy(logits, labels), {"accuracy": share_correct(logits, labels)}
