"""DINO: choose among prototypes as a slow copy of the network does (Caron et al., 2021)."""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from selfstudy.backbones.base import Backbone
from selfstudy.methods.base import Batch
from selfstudy.methods.shared import views
from selfstudy.methods.shared.joint import Taught
from selfstudy.methods.shared.lightly import find_lightly

BOTTLENECK = 256  # numbers that are compared with prototypes
STILL = 0.01  # share of the training in which prototypes stay as they are: an epoch of a hundred


class Prototypes(nn.Module):
    """Similarities to prototypes, at the end of three layers (section 3.1, "Network architecture").

    Args:
        inputs: size of the features.
        hidden: size of the hidden layers.
        outputs: number of prototypes.
    """

    def __init__(self, inputs: int, hidden: int, outputs: int) -> None:
        super().__init__()
        layers = [nn.Linear(inputs, hidden), nn.Linear(hidden, hidden)]
        last = nn.Linear(hidden, BOTTLENECK)
        self.layers = nn.Sequential(layers[0], nn.GELU(), layers[1], nn.GELU(), last)
        for layer in (*layers, last):
            nn.init.trunc_normal_(layer.weight, std=0.02)
            nn.init.zeros_(layer.bias)
        self.prototypes = nn.Parameter(F.normalize(torch.randn(outputs, BOTTLENECK)))
        self.register_buffer("moving", torch.zeros((), dtype=torch.bool))

    def forward(self, features: Tensor) -> Tensor:
        """Compare features (b, inputs) with all prototypes: (b, outputs), from -1 to 1."""
        prototypes = torch.where(self.moving, self.prototypes, self.prototypes.detach())
        return F.normalize(self.layers(features)) @ F.normalize(prototypes).T


class DINO(Taught):
    """Cross-entropy of the student's choice of prototypes and the teacher's (equation 3).

    The teacher sees the two large crops, the student these and two small ones.

    Args:
        backbone: what to pretrain.
        hidden: size of the projection's hidden layers.
        prototypes: how many there are.
        temperature: of the student.
        teacher_temperature: of the teacher.
        momentum: of the teacher, at first; it rises to 1.
    """

    views = (*views.DINO, views.LOCAL, views.LOCAL)
    least_batch = 2  # its projection has no batch normalisation

    def __init__(
        self,
        backbone: Backbone,
        hidden: int = 2048,
        prototypes: int = 4096,
        temperature: float = 0.1,
        teacher_temperature: float = 0.04,
        momentum: float = 0.99,
    ) -> None:
        project = Prototypes(backbone.out_feats, hidden, prototypes)
        super().__init__(backbone, project, nn.Identity(), momentum)
        self.choose = find_lightly("loss.DINOLoss")(
            prototypes, teacher_temp=teacher_temperature, student_temp=temperature
        )

    def loss(self, output: tuple[list[Tensor], list[Tensor]], batch: Batch) -> dict[str, Tensor]:
        """Compare the student's views with the teacher's of other crops."""
        student, teacher = ([view.float() for view in part] for part in output)
        return {"loss": self.choose(teacher, student)}

    def after_step(self, progress: float) -> None:
        """Let the teacher follow, and prototypes move once the first steps are done."""
        super().after_step(progress)
        self.project.moving.fill_(progress >= STILL)
