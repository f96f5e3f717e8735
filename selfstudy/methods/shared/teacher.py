"""A teacher: the student's moving average, which makes its targets."""

from copy import deepcopy
from math import cos, pi

import torch
from torch import Tensor, nn
from torch.optim.swa_utils import get_ema_multi_avg_fn

from selfstudy.backbones.base import Backbone


def find_momentum(first: float, progress: float) -> float:
    """Find the share of a teacher that a step keeps: from `first`, by a cosine, to 1.

    Args:
        first: at the beginning.
        progress: the share of the training that is done.
    """
    return 1 - (1 - first) * (1 + cos(pi * progress)) / 2


class Teacher(nn.Module):
    """A copy of a student that no gradient reaches, and that follows it (Grill et al., 2020).

    Its batch normalisation counts for itself.

    Args:
        backbone: the student's.
        project: the student's.
        momentum: share of itself that it keeps in the first step.
    """

    def __init__(self, backbone: Backbone, project: nn.Module, momentum: float) -> None:
        super().__init__()
        self.momentum = momentum
        self.backbone, self.project = deepcopy(backbone), deepcopy(project)
        self.requires_grad_(False)

    @torch.no_grad()
    def forward(self, images: Tensor, adapter: nn.Module) -> Tensor:
        """Project images (b, 3, h, w), converted as the student's are: (b, size)."""
        # The student alone is told how images are prepared.
        images = adapter(images).contiguous(memory_format=torch.channels_last)
        return self.project(self.backbone.extract(images).pooled)

    def follow(self, backbone: Backbone, project: nn.Module, progress: float) -> None:
        """Move all weights a little towards the student's."""
        mine = [*self.backbone.parameters(), *self.project.parameters()]
        theirs = [*backbone.parameters(), *project.parameters()]
        move = get_ema_multi_avg_fn(find_momentum(self.momentum, progress))
        move(mine, theirs, None)
