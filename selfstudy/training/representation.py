"""A representation, measured without labels: how much features differ, and in how many ways."""

import torch
import torch.nn.functional as F
from torch import Tensor

from selfstudy.training.loop import Step

IMAGES = 500  # that are looked at
LEAST = 1e-7  # share of a direction that has none (Garrido et al., 2023)


@torch.no_grad()
def watch_features(step: Step, images: Tensor) -> Tensor:
    """Compute the features (n, features) that tasks read, of the first images (m, 3, h, w)."""
    step.learner.eval()
    with step.autocast:
        return step.learner.watch(images[:IMAGES].float())


def measure_spread(features: Tensor) -> float:
    """Measure how much features (n, features) differ: 0 where they are alike, at most 1.

    That is their total variance, each scaled to length 1.
    """
    return 1 - F.normalize(features.double()).mean(0).square().sum().item()


def measure_rank(features: Tensor) -> float:
    """Measure the effective rank of features (n, features): from 1 to the lesser of both sizes.

    That is RankMe, the exponential of the entropy of their singular values as shares of the sum
    (Garrido et al., 2023, equation 1), to four digits after the point: the last bits of singular
    values depend on where numbers lie in memory. Of few images it is lower than of many.
    """
    values = torch.linalg.svdvals(features.double())
    shares = values / values.sum().clamp_min(torch.finfo(values.dtype).tiny) + LEAST
    return round(torch.exp(-(shares * shares.log()).sum()).item(), 4)
