"""The network of the study: a pretext model and the readouts that watch or use its features."""

from collections.abc import Sequence

import gin
from torch import Tensor, nn

from selfstudy.batch import Output
from selfstudy.methods import make_model


def mlp(features: int, classes: int) -> nn.Sequential:
    return nn.Sequential(
        nn.Linear(features, features, bias=False),
        nn.BatchNorm1d(features),
        nn.ReLU(inplace=True),
        nn.Linear(features, classes),
    )


@gin.configurable(denylist=["dataset_size", "outputs"])
class Wrapper(nn.Module):
    """A pretext model with readouts.

    Args:
        dataset_size: number of training images, for methods that remember each of them.
        outputs: number of classes of each of the dataset's targets.
        model_choice: the pretext method, or `resnet` for a backbone alone.
        out_classes: number of classes of each target (object class and pose); None: `outputs`.
        finetune_classifier: the readouts' gradient reaches the backbone. Where it does not, they
            only watch the representation.
        run_selfsup: build the method's head and compute its output; without, the backbone alone.
        pretrained: a snapshot, or the folder or name of a run, whose backbone to start from.
        dense_pred: the readouts read every location's features, not the pooled ones.
    """

    def __init__(
        self,
        dataset_size: int,
        outputs: Sequence[int] = (10, 5),
        model_choice: str = "resnet",
        out_classes: list[int] | None = (10, 5),
        finetune_classifier: bool = False,
        run_selfsup: bool = True,
        pretrained: str | None = None,
        dense_pred: bool = False,
    ) -> None:
        super().__init__()
        self.model = make_model(model_choice, run_selfsup, dataset_size)
        self.finetune_classifier = finetune_classifier
        self.pretrained = pretrained
        self.dense_pred = dense_pred
        features = self.model.out_feats
        outputs = out_classes or outputs
        self.fc = nn.ModuleList(nn.Linear(features, size) for size in outputs)
        self.mlp = nn.ModuleList(mlp(features, size) for size in outputs)

    def forward(self, images: Tensor, indices: Tensor) -> Output:
        """Images (b, 3, h, w), or two views (b, 2, 3, h, w), and their indices in the dataset."""
        pooled, dense, pretext = self.model(images, indices)
        features = dense if self.dense_pred else pooled
        read = features if self.finetune_classifier else features.detach()
        readouts = (self.fc, self.mlp)
        linear, hidden = ([self.read(readout, read) for readout in each] for each in readouts)
        return Output(linear, hidden, pretext, features)

    def read(self, readout: nn.Module, features: Tensor) -> Tensor:
        """A readout of (b, features), or of every location of (b, features, h, w)."""
        if not self.dense_pred:
            return readout(features)
        count, _, height, width = features.shape
        places = readout(features.permute(0, 2, 3, 1).flatten(0, 2))
        return places.view(count, height, width, -1).permute(0, 3, 1, 2)
