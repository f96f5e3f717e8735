"""Methods that compare the projections of several views of an image."""

from typing import Any, ClassVar

from torch import Tensor, nn

from selfstudy.backbones.base import Backbone, Features
from selfstudy.methods.base import Batch, Method
from selfstudy.methods.shared.teacher import Teacher


class Joint(Method):
    """Projects each view by itself; a subclass compares the projections.

    Args:
        backbone: what to pretrain.
        project: turns its features (b, features) into projections (b, size).
    """

    least_batch: ClassVar[int] = 2  # a single image is compared with none, and varies in nothing

    def __init__(self, backbone: Backbone, project: nn.Module) -> None:
        super().__init__(backbone)
        self.project = project

    def forward(self, batch: Batch) -> tuple[Features, Any]:
        """Project each view; a single one has nothing to be compared with."""
        features = [self.backbone(view) for view in batch.views]
        if len(features) < 2:
            return features[0], None
        return features[0], self.embed([self.project(view.pooled) for view in features], batch)

    def embed(self, projections: list[Tensor], batch: Batch) -> Any:
        """Give what the loss needs of the projections, each (b, size)."""
        return projections


class Taught(Joint):
    """A student that predicts what its teacher makes of the other view.

    Args:
        backbone: what to pretrain.
        project: turns its features (b, features) into projections (b, size).
        predict: turns projections into predictions of the teacher's.
        momentum: of the teacher, at first; it rises to 1.
    """

    def __init__(
        self, backbone: Backbone, project: nn.Module, predict: nn.Module, momentum: float
    ) -> None:
        super().__init__(backbone, project)
        self.predict = predict
        self.teacher = Teacher(backbone, project, momentum)

    def embed(self, projections: list[Tensor], batch: Batch) -> tuple[list[Tensor], list[Tensor]]:
        """Give the predictions of the views, and the teacher's projections of them."""
        targets = [self.teacher(view, self.backbone.adapter) for view in batch.views]
        return [self.predict(projection) for projection in projections], targets

    def compare(self, predictions: Tensor, targets: Tensor) -> Tensor:
        """Compute the loss of predictions (b, size), given the targets of the other view."""
        raise NotImplementedError

    def loss(self, output: tuple[list[Tensor], list[Tensor]], batch: Batch) -> dict[str, Tensor]:
        """Compare each view's predictions with the targets of the other."""
        (first, second), (one, other) = ([part.float() for part in parts] for parts in output)
        return {"loss": self.compare(first, other) + self.compare(second, one)}

    def after_step(self, progress: float) -> None:
        """Let the teacher follow."""
        self.teacher.follow(self.backbone, self.project, progress)
