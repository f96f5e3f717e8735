"""Readouts that watch a representation while a pretext task trains it."""

import torch.nn.functional as F
from torch import Tensor

from selfstudy.batch import Batch, Output
from selfstudy.downstream.base import Task, share_correct

TARGETS = ("class", "pose")


class ReadoutTask(Task):
    """A pretext loss, plus the mean loss of the readouts.

    The network detaches the readouts' features, so that their labels never reach the backbone.
    """

    def evaluate(self, output: Output, batch: Batch) -> tuple[Tensor, dict[str, Tensor]]:
        metrics = self.pretext_loss(output, batch)
        readout_losses = []
        for readout, predictions in (("fc", output.fc), ("mlp", output.mlp)):
            for target, logits, labels in zip(TARGETS, predictions, batch.targets.T, strict=False):
                loss = F.cross_entropy(logits.float(), labels)
                metrics[f"loss_{readout}_{target}"] = loss
                metrics[f"acc_{readout}_{target}"] = share_correct(logits, labels)
                readout_losses.append(loss)
        pretext = metrics.pop("loss", 0)
        metrics["accuracy"] = metrics.pop("acc_fc_class")
        return pretext + sum(readout_losses) / len(readout_losses), metrics

    def pretext_loss(self, output: Output, batch: Batch) -> dict[str, Tensor]:
        """The method's loss as `loss`, and what else to report; empty where there is none."""
        raise NotImplementedError
