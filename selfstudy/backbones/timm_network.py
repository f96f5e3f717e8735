"""The convolutional networks and transformers of timm, by its names."""

import sys
from collections.abc import Mapping
from difflib import get_close_matches
from math import isqrt
from types import ModuleType
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from selfstudy.backbones.base import Backbone, Features
from selfstudy.errors import ConfigurationError, join_lines

FAMILY = "timm/"
OURS = ("in_chans", "img_size", "num_classes", "pretrained")  # of timm's arguments
SMOOTH = ("bicubic", "bilinear")
LONGEST = 300  # characters of a library's error


def import_timm(source: str) -> ModuleType:
    """Import timm, which takes seconds and may not be there.

    Raises:
        ConfigurationError: it is not; it says what needs it, `source`.
    """
    try:
        import timm
    except ModuleNotFoundError as error:
        raise ConfigurationError(f"{source}: needs timm: pip install selfstudy[timm]") from error
    return timm


class TimmNetwork(Backbone, family=FAMILY):
    """A network of timm without its classifier; features are what that would have read.

    Its dense features are what timm pools, or a transformer's patches without other tokens.

    Args:
        choice: "timm/" and the network's name, such as "timm/vit_tiny_patch16_224".
        in_channels: channels of the images.
        img_size: of the images in pixels; None: what timm has configured.
        size: that images are resized to first, in pixels; None: they stay as they are.
        freeze_at_k: the stem and the blocks up to k, counted from 0, are not trained; blocks are
            the groups that timm makes for learning rates by layer, stages in most convolutional
            networks.
        options: further arguments of timm's for this network, such as `{"patch_size": 8}`.

    Raises:
        ConfigurationError: timm is missing, knows no such network, or cannot make it.

    Attributes:
        network: timm's.
    """

    handed = ("choice", "in_channels", "img_size")

    def __init__(
        self,
        choice: str,
        in_channels: int = 3,
        img_size: int | None = None,
        size: int | None = None,
        freeze_at_k: int | None = None,
        options: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__()
        self.name = choice
        self.architecture = choice.removeprefix(FAMILY)
        about = self._find_configuration()
        pixels = size or img_size or about.input_size[-1]
        self.size = size
        self.interpolation = about.interpolation if about.interpolation in SMOOTH else "bilinear"
        self.options: dict[str, Any] = dict(options or {})
        for name in OURS:
            if name in self.options:
                raise ConfigurationError(
                    f"TimmNetwork.options: {name}: it follows from the run: leave it out"
                )
        self.options["in_chans"] = in_channels
        if about.fixed_input_size:
            self.options["img_size"] = pixels
            self.resolution = img_size or (None if size else pixels)
        try:
            self.network = self.make_network(num_classes=0)
        except Exception as error:  # timm checks little, and anything may follow
            raise ConfigurationError(f"{self.name}: it cannot be made: {tell(error)}") from error
        pooled, dense = self._try(torch.zeros(1, in_channels, pixels, pixels))
        self.out_feats = pooled.shape[1]
        self.has_dense = dense is not None and dense.shape[1] == self.out_feats
        self.patches = self._count_patches(pixels, in_channels)
        self.freeze_at_k = freeze_at_k
        if freeze_at_k is not None:
            self._freeze(freeze_at_k)

    def make_network(self, **arguments: object) -> nn.Module:
        """Make timm's network, for images of the same channels and size.

        Args:
            **arguments: further ones of `timm.create_model`, whose errors are of many kinds.
        """
        return import_timm(self.name).create_model(self.architecture, **self.options, **arguments)

    @torch.no_grad()
    def convert(self, weights: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """Convert weights as timm does, without a classifier; errors are of many kinds.

        Args:
            weights: by timm's names, or by those of the network's authors.
        """
        filter_weights = getattr(
            sys.modules[type(self.network).__module__], "checkpoint_filter_fn", None
        )
        found = dict(weights)
        if filter_weights is not None:
            found = filter_weights(found, self.network)
        heads = self.network.pretrained_cfg.get("classifier") or ()
        heads = (heads,) if isinstance(heads, str) else tuple(heads)
        return {key: value for key, value in found.items() if key.rpartition(".")[0] not in heads}

    def extract(self, images: Tensor) -> Features:
        """Extract features of images (b, in_channels, h, w)."""
        pooled, dense = self._read(images)
        return Features(pooled, dense if self.has_dense else pooled[:, :, None, None], [])

    def _read(self, images: Tensor) -> tuple[Tensor, Tensor | None]:
        """Pooled features (b, c) and dense ones (b, d, h, w), if there are any."""
        last = self.network.forward_features(self._resize(images))
        pooled = self.network.forward_head(last, pre_logits=True)
        return pooled.flatten(1), find_maps(self.network, last)

    def encode_patches(self, images: Tensor, kept: Tensor) -> tuple[Tensor, Tensor]:
        """Encode the patches at `kept` (b, k) of images (b, in_channels, h, w) and no others.

        Returns:
            Their tokens (b, k, features), and all patches of the images as the network would see
            them (b, patches, numbers), each channel by channel.
        """
        network, images = self.network, self._resize(self.adapter(images))
        prefix = network.num_prefix_tokens
        tokens = network._pos_embed(network.patch_embed(images))
        places = kept[..., None].expand(-1, -1, tokens.shape[-1])
        seen = torch.cat([tokens[:, :prefix], tokens[:, prefix:].gather(1, places)], 1)
        seen = network.norm(network.blocks(network.norm_pre(seen)))
        side = find_patch(network)
        return seen[:, prefix:], F.unfold(images, side, stride=side).transpose(1, 2)

    def _count_patches(self, pixels: int, channels: int) -> tuple[int, int] | None:
        """How many patches images have, and numbers they; None where attention is not plain."""
        from timm.models import VisionTransformer

        if type(self.network) is not VisionTransformer or self.network.pos_embed is None:
            return None
        side = find_patch(self.network)
        return (pixels // side) ** 2, channels * side**2

    def _resize(self, images: Tensor) -> Tensor:
        if self.size is None:
            return images
        return F.interpolate(
            images, (self.size, self.size), mode=self.interpolation, antialias=True
        )

    def _find_configuration(self) -> Any:
        """What timm has configured of the architecture."""
        timm = import_timm(self.name)
        if self.architecture not in (names := timm.list_models()):
            bare, _, weights = self.architecture.partition(".")
            near = get_close_matches(self.architecture, names, n=1)
            hint = f"did you mean {FAMILY}{near[0]}?" if near else "see timm.list_models()"
            if weights and bare in names:
                hint = f"expected {FAMILY}{bare}: a backbone has no weights, which a start brings"
            raise ConfigurationError(f"{self.name}: timm has no such network: {hint}")
        return timm.get_pretrained_cfg(self.architecture) or timm.models.PretrainedCfg()

    @torch.no_grad()
    def _try(self, images: Tensor) -> tuple[Tensor, Tensor | None]:
        """Read images, as timm says of some only then that it cannot."""
        pixels, patch = images.shape[-1], find_patch(self.network)
        self.network.eval()  # changes no statistics
        try:
            if pixels % patch:  # of which timm drops the rest
                raise ValueError(f"expected a multiple of {patch}, the size of its patches")
            return self._read(images)
        except Exception as error:
            raise ConfigurationError(
                f"{self.name}: it cannot take images of {pixels} x {pixels} pixels: {tell(error)}: "
                f"TimmNetwork.size resizes them"
            ) from error
        finally:
            self.network.train()

    def _freeze(self, last: int) -> None:
        """Train none of the parameters up to the end of a block."""
        from timm.models import group_parameters

        groups = group_parameters(self.network, self.network.group_matcher(coarse=True))
        blocks = max(groups) if groups else 0
        if last not in range(blocks):
            raise ConfigurationError(
                f"TimmNetwork.freeze_at_k = {last}: expected a block of {self.name}, 0 to "
                f"{blocks - 1}"
            )
        for group, names in groups.items():
            for name in names if group <= last + 1 else ():
                self.network.get_parameter(name).requires_grad_(False)


def find_patch(network: nn.Module) -> int:
    """Find the side of the patches that a network of timm cuts images into, in pixels."""
    patch = getattr(getattr(network, "patch_embed", None), "patch_size", 1)
    return patch if isinstance(patch, int) else patch[-1]


def find_maps(network: nn.Module, last: Tensor) -> Tensor | None:
    """Find the maps (b, c, h, w) in what a network of timm pools; None where there are none.

    Args:
        network: timm's.
        last: maps, channels first or last, or tokens (b, tokens, c), of which the first may be no
            patches of the image.
    """
    if not isinstance(last, Tensor):
        return None
    if last.ndim == 4:
        last_channels = getattr(network, "output_fmt", "NCHW") == "NHWC"
        return last.permute(0, 3, 1, 2) if last_channels else last
    if last.ndim != 3:
        return None
    patches = last[:, getattr(network, "num_prefix_tokens", 0) :]
    side = isqrt(patches.shape[1])
    if side**2 != patches.shape[1]:
        return None
    return patches.transpose(1, 2).unflatten(2, (side, side))


def tell(error: Exception) -> str:
    """Tell an error of a library in one line."""
    return join_lines(error)[:LONGEST] or type(error).__name__
