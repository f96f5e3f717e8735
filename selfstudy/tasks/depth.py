"""Depth: how far away what each pixel shows is."""

import gin
import torch
import torch.nn.functional as F
from torch import Tensor

from selfstudy.batch import Batch, Output
from selfstudy.tasks.base import Task

CHANNEL = 2  # of dense targets: depth in hundredths, 0 where there is nothing
UNIT = 25  # predictions are in quarters of the renderer's unit


def depths(targets: Tensor, resolution: int) -> Tensor:
    """Depths (b, r, r) to predict, from dense targets (b, 3, h, w), nearest pixel.

    Where there is nothing, the depth is the largest of the batch.
    """
    depth = F.interpolate(targets[:, CHANNEL : CHANNEL + 1].float(), (resolution, resolution))[:, 0]
    return torch.where(depth == 0, depth.max(), depth) / UNIT


def depth_metrics(prediction: Tensor, depth: Tensor, use_l2: bool = False) -> dict[str, Tensor]:
    """The loss (L1, or the mean square), and how near the predictions are.

    Args:
        prediction: (b, r, r) float32.
        depth: (b, r, r).

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


@gin.configurable
class DepthTask(Task):
    """Depth of every pixel, from the second readout."""

    needs_pixels = True

    def __init__(self, use_l2: bool = False) -> None:
        self.use_l2 = use_l2

    def evaluate(self, output: Output, batch: Batch) -> tuple[Tensor, dict[str, Tensor]]:
        prediction = output.fc[1][:, 0].float()
        metrics = depth_metrics(
            prediction, depths(batch.targets, prediction.shape[-1]), self.use_l2
        )
        return metrics.pop("loss"), metrics
