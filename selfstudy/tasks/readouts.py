"""Readouts that watch a representation while a pretext task trains it."""

from torch import Tensor

from selfstudy.batch import Batch, Output
from selfstudy.tasks.base import Task
from selfstudy.tasks.classify import classify
from selfstudy.tasks.depth import depth_metrics, depths
from selfstudy.tasks.segment import segment

TARGETS = ("class", "pose")
DENSE_TARGETS = ("segment", "depth")


class ReadoutTask(Task):
    """A pretext loss, plus the mean loss of the readouts.

    The network detaches the readouts' features, so that their labels never reach the backbone.
    """

    def evaluate(self, output: Output, batch: Batch) -> tuple[Tensor, dict[str, Tensor]]:
        metrics = self.pretext_loss(output, batch)
        losses = []
        for readout, predictions in (("fc", output.fc), ("mlp", output.mlp)):
            for target, result in readout_metrics(predictions, batch).items():
                losses.append(result["loss"])
                metrics[f"loss_{readout}_{target}"] = result["loss"]
                metrics[f"acc_{readout}_{target}"] = result["accuracy"]
        metrics["accuracy"] = metrics.pop(
            f"acc_fc_{DENSE_TARGETS[0] if batch.dense else TARGETS[0]}"
        )
        return metrics.pop("loss", 0) + sum(losses) / len(losses), metrics

    def pretext_loss(self, output: Output, batch: Batch) -> dict[str, Tensor]:
        """The method's loss as `loss`, and what else to report; empty where there is none."""
        raise NotImplementedError


def readout_metrics(predictions: list[Tensor], batch: Batch) -> dict[str, dict[str, Tensor]]:
    """The loss and the accuracy of each target's prediction."""
    predictions = [prediction.float() for prediction in predictions]
    if batch.dense:
        logits, depth = predictions
        wanted = depths(batch.targets, depth.shape[-1])
        results = (segment(logits, batch.targets), depth_metrics(depth[:, 0], wanted))
        return dict(zip(DENSE_TARGETS, results, strict=True))
    # Where the pose is unknown, there is only a class.
    results = map(classify, predictions, batch.targets.T)
    return dict(zip(TARGETS, results, strict=False))
