"""What all pretext models share: a backbone, which finetuning keeps, and a head, which it drops."""

from typing import Any, ClassVar

import torch
from torch import Tensor, nn

from selfstudy.backbones.base import Features
from selfstudy.backbones.resnet import init_resnet

MODELS: dict[str, type["PretextModel"]] = {}


class PretextModel(nn.Module):
    """A backbone, and whatever its pretext method adds.

    Calling it gives pooled features (b, features), dense features (b, features, h, w) and what the
    method's loss needs. `backbone` holds exactly the weights that finetuning starts from.
    """

    name: ClassVar[str]
    two_views: ClassVar[bool] = False  # pretraining compares two augmented copies of each image

    def __init_subclass__(cls, name: str) -> None:
        super().__init_subclass__()
        cls.name = name
        MODELS[name] = cls

    def __init__(self, run_selfsup: bool, dataset_size: int) -> None:
        """Build the backbone. Subclasses build their heads where `run_selfsup`."""
        super().__init__()
        self.run_selfsup = run_selfsup
        self.dataset_size = dataset_size
        self.backbone = self.make_backbone()
        self.out_feats = self.backbone.out_feats

    def make_backbone(self) -> nn.Module:
        return init_resnet()

    @property
    def takes_two_views(self) -> bool:
        return self.two_views and self.run_selfsup

    def forward(self, images: Tensor, indices: Tensor) -> tuple[Tensor, Tensor, Any]:
        """Images (b, 3, h, w), or (b, 2, 3, h, w): two views, of which the first one's features
        are returned. A method of two views has no output for one, as in validation.
        """
        if images.dim() == 4:
            features = self.features(images)
            output = (
                self.head(features, indices) if self.run_selfsup and not self.two_views else None
            )
            return features.pooled, features.dense, output
        features = self.features(images.flatten(0, 1))
        output = self.head(features, indices) if self.takes_two_views else None
        return features.pooled[::2], features.dense[::2], output

    def features(self, images: Tensor) -> Features:
        return self.backbone(images.contiguous(memory_format=torch.channels_last))

    def head(self, features: Features, indices: Tensor) -> Any:
        """What the method's loss needs, of b images, or of 2b views where those of an image are
        neighbours.
        """
        raise NotImplementedError


class ResnetModel(PretextModel, name="resnet"):
    """A backbone alone: training from scratch, and finetuning."""

    def head(self, features: Features, indices: Tensor) -> None:
        return None
