"""DINO: choose among prototypes as a slow copy of the network does (Caron et al., 2021)."""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from selfstudy.backbones.base import Backbone
from selfstudy.description import Count, Positive, Share
from selfstudy.methods.base import Batch
from selfstudy.methods.shared import views
from selfstudy.methods.shared.joint import Taught

BOTTLENECK = 256  # numbers that are compared with prototypes
CENTER = 0.9  # share of the targets' centre that a step keeps


class Prototypes(nn.Module):
    """Similarities to prototypes, at the end of three layers (section 3.1, "Network architecture").

    Args:
        inputs: size of the features.
        hidden: size of the hidden layers.
        outputs: number of prototypes.
        batch_norm: hidden layers are normalised over the batch.
    """

    def __init__(self, inputs: int, hidden: int, outputs: int, batch_norm: bool) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        for size in (inputs, hidden):
            layers += [nn.Linear(size, hidden, bias=not batch_norm)]
            layers += [nn.BatchNorm1d(hidden)] * batch_norm + [nn.GELU()]
        self.layers = nn.Sequential(*layers, nn.Linear(hidden, BOTTLENECK))
        for layer in self.layers:
            if isinstance(layer, nn.Linear):
                nn.init.trunc_normal_(layer.weight, std=0.02)
        self.prototypes = nn.Parameter(F.normalize(torch.randn(outputs, BOTTLENECK)))

    def forward(self, features: Tensor) -> Tensor:
        """Compare features (b, inputs) with all prototypes: (b, outputs), from -1 to 1."""
        return F.normalize(self.layers(features)) @ F.normalize(self.prototypes).T


class DINO(Taught):
    """Cross-entropy of the student's choice of prototypes and the teacher's of the other view.

    That is equation 1, of two large crops, with the teacher's choices centred and sharpened.

    Args:
        backbone: what to pretrain.
        hidden: size of the projection's hidden layers.
        prototypes: how many there are.
        temperature: of the student.
        teacher_temperature: of the teacher, by which its choices are sharpened.
        momentum: of the teacher, at first; it rises to 1.
        batch_norm: of the projection, which transformers do without.
    """

    views = views.BYOL

    def __init__(
        self,
        backbone: Backbone,
        hidden: Count = 2048,
        prototypes: Count = 1024,
        temperature: Positive = 0.1,
        teacher_temperature: Positive = 0.02,
        momentum: Share = 0.98,
        batch_norm: bool = True,
    ) -> None:
        project = Prototypes(backbone.out_feats, hidden, prototypes, batch_norm)
        super().__init__(backbone, project, nn.Identity(), momentum)
        self.temperature, self.teacher_temperature = temperature, teacher_temperature
        self.register_buffer("center", torch.zeros(prototypes))

    def loss(self, output: tuple[list[Tensor], list[Tensor]], batch: Batch) -> dict[str, Tensor]:
        """Compare the student's choices of each view with the teacher's of the other.

        lightly's loss is the same, and ends with other bits on other devices.
        """
        student, teacher = (torch.stack(part).float() for part in output)
        mean = teacher.mean((0, 1))
        # Not from 0, from where it takes dozens of steps in which all have the same targets.
        center = torch.where((self.center == 0).all(), mean, self.center)
        targets = ((teacher - center) / self.teacher_temperature).softmax(-1)
        choices = (student / self.temperature).log_softmax(-1)
        self.center.copy_(CENTER * center + (1 - CENTER) * mean)
        return {"loss": -(targets * choices.flip(0)).sum(-1).mean()}
