"""Depth: how far away what each pixel shows is."""

import torch
import torch.nn.functional as F
from torch import Tensor

from selfstudy.tasks.base import Labels, LabelSource, Task, require_dense

CHANNEL = 2  # of dense targets: depth in hundredths, 0 where there is nothing
UNIT = 25  # predictions are in quarters of the renderer's unit


class Depth(Task):
    """The depth of every place.

    Args:
        features: size of the features.
        outputs: one.
        hidden: the head has a hidden layer.
        use_l2: minimise the mean square in place of the mean difference.
    """

    dense = True

    def __init__(
        self, features: int, outputs: int = 1, hidden: bool = False, use_l2: bool = False
    ) -> None:
        super().__init__(features, outputs, hidden)
        self.use_l2 = use_l2

    @classmethod
    def read_labels(cls, source: LabelSource) -> Labels:
        """Give one output; labels are read for every pixel."""
        require_dense(source, cls, wanted=True)
        return Labels(None, 1)

    def evaluate(self, predictions: Tensor, labels: Tensor) -> dict[str, Tensor]:
        """Compare predictions (b, 1, r, r) with dense targets (b, 3, h, w)."""
        prediction = predictions[:, 0]
        return compare_depths(prediction, find_depths(labels, prediction.shape[-1]), self.use_l2)


def find_depths(maps: Tensor, resolution: int) -> Tensor:
    """Find the depths (b, r, r) to predict in dense targets (b, 3, h, w), nearest pixel.

    Where there is nothing, the depth is the largest of the batch.
    """
    depth = F.interpolate(maps[:, CHANNEL : CHANNEL + 1].float(), (resolution, resolution))[:, 0]
    return torch.where(depth == 0, depth.max(), depth) / UNIT


def compare_depths(prediction: Tensor, depth: Tensor, use_l2: bool = False) -> dict[str, Tensor]:
    """Compute the loss (L1, or the mean square), and how near predictions are.

    Args:
        prediction: (b, r, r) float32.
        depth: (b, r, r).
        use_l2: the loss is the mean square.

    Returns:
        `loss`; `accuracy`, the share of pixels with max(p/t, t/p) < 1.25; `accuracy_strict`, the
        share below 1.1; `l1`; `rmse`.
    """
    ratio = torch.maximum(prediction / depth, depth / prediction)
    l1, square = F.l1_loss(prediction, depth), F.mse_loss(prediction, depth)
    return {
        "loss": square if use_l2 else l1,
        "accuracy": (ratio < 1.25).double().mean(),
        "accuracy_strict": (ratio < 1.1).double().mean(),
        "l1": l1,
        "rmse": square.sqrt(),
    }
