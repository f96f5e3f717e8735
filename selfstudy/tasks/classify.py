"""Classification of the image."""

import torch.nn.functional as F
from torch import Tensor

from selfstudy.measures import OF_CLASSES, UNKNOWN, measure_classes
from selfstudy.tasks.base import Labels, LabelSource, Task, require_dense


class Classify(Task):
    """The image's class, by cross-entropy."""

    measures = OF_CLASSES

    @classmethod
    def read_labels(cls, source: LabelSource) -> Labels:
        """Read the classes, int64 (n,)."""
        require_dense(source, cls, wanted=False)
        return Labels(source.targets, source.classes)

    def evaluate(self, predictions: Tensor, labels: Tensor) -> dict[str, Tensor]:
        """Compare logits (b, classes) with labels (b,), where these are known."""
        # Divided here, for the mean of none would not be finite; a mask would wait for the device.
        known = (labels != UNKNOWN).sum().clamp_min(1)
        loss = F.cross_entropy(predictions, labels, ignore_index=UNKNOWN, reduction="sum") / known
        return {"loss": loss, "accuracy": (predictions.argmax(1) == labels).sum() / known.double()}

    def measure(self, predictions: Tensor, labels: Tensor) -> dict[str, float]:
        """Measure logits (n, classes) by `selfstudy.measures.measure_classes`."""
        return measure_classes(predictions.numpy(force=True), labels.numpy(force=True))
