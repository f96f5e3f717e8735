"""Backbones of ours among timm's networks: importing this module enters them.

    import selfstudy.timm
    import timm

    model = timm.create_model("local-dir:results/runs/mine/timm", pretrained=True)

The folder is one that `selfstudy export --format timm` wrote; where that was published, it is
`hf-hub:` and its name there.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from timm.models import build_model_with_cfg, register_model
from torch import Tensor, nn

from selfstudy.backbones.base import make_described
from selfstudy.data.inputs import UNIT_RGB, make_adapter
from selfstudy.errors import ConfigurationError
from selfstudy.snapshots import parse_input

ARCHITECTURE = "selfstudy_backbone"


class TimmBackbone(nn.Module):
    """A backbone as timm has networks: images to pooled features or, of those, to classes.

    Args:
        backbone: what `Backbone.describe` gave.
        images: the space, the means and the deviations of the images that its weights expect.
        num_classes: of a linear classifier behind it; 0: none.
        in_chans: channels of images; it is made for 3.

    Raises:
        ConfigurationError: images have other channels.
    """

    def __init__(
        self,
        backbone: Mapping[str, Any],
        images: tuple[str, Sequence[float], Sequence[float]],
        num_classes: int = 0,
        in_chans: int = 3,
    ) -> None:
        super().__init__()
        if in_chans != 3:
            raise ConfigurationError(
                f"{ARCHITECTURE}: in_chans = {in_chans}: expected 3, of sRGB from 0 to 1"
            )
        self.backbone = make_described(dict(backbone))
        self.backbone.input = parse_input(*images)
        self.backbone.adapter = make_adapter(UNIT_RGB, self.backbone.input)
        self.num_features = self.head_hidden_size = self.backbone.out_feats
        self.reset_classifier(num_classes)

    def get_classifier(self) -> nn.Module:
        """Give the classifier, or what does nothing in its place."""
        return self.head

    def reset_classifier(self, num_classes: int, global_pool: str | None = None) -> None:
        """Put a new classifier in the place of the one there is; 0: none."""
        self.num_classes = num_classes
        self.head = nn.Linear(self.num_features, num_classes) if num_classes else nn.Identity()

    def forward_features(self, images: Tensor) -> Tensor:
        """Compute dense features (b, c, h, w) of images (b, 3, h, w), sRGB from 0 to 1."""
        return self.backbone(images).dense

    def forward(self, images: Tensor) -> Tensor:
        """Compute pooled features (b, num_features) or, if there is a classifier, classes."""
        return self.head(self.backbone(images).pooled)


@register_model
def selfstudy_backbone(pretrained: bool = False, **arguments: Any) -> TimmBackbone:
    """Make a `TimmBackbone`, as timm makes its own networks."""
    return build_model_with_cfg(TimmBackbone, ARCHITECTURE, pretrained, **arguments)
