"""Others' weights for our residual networks."""

from collections.abc import Mapping

from torch import Tensor

from selfstudy.backbones.base import Backbone
from selfstudy.backbones.naming import translate_key
from selfstudy.backbones.resnet import ARCHITECTURES, RESNET9, ResNet
from selfstudy.errors import ConfigurationError
from selfstudy.snapshots import require_same

LINEAR = "fc."  # ours has another size than a classifier of ImageNet
NAMES = tuple(name for name in ARCHITECTURES if name != RESNET9)


def require_resnet(backbone: Backbone, name: str, source: str) -> None:
    """Require that the weights of a library's network fit a backbone.

    Args:
        backbone: ours.
        name: of the library's network.
        source: what to call the weights in messages.

    Raises:
        ConfigurationError: they do not; it says why.
    """
    arguments = backbone.arguments
    if name not in NAMES:
        problem = f"expected one of {', '.join(NAMES)}"
    elif not isinstance(backbone, ResNet) or backbone.name != name:
        problem = f"weights of {name} do not fit the backbone {backbone.name!r}"
    elif arguments.get("in_channels", 3) != 3:
        problem = f"expected images of 3 channels, not of {arguments['in_channels']}"
    elif backbone.is_half:
        problem = "expected ResNet.is_half = False"
    elif backbone.stem[0].out_channels != 64:
        problem = f"expected ResNet.width = 64, not {backbone.stem[0].out_channels}"
    else:
        return
    raise ConfigurationError(f"{source}: {problem}")


def fit(backbone: Backbone, weights: Mapping[str, Tensor], source: str) -> dict[str, Tensor]:
    """Give weights by the libraries' names, or by ours, the names and places of a backbone's.

    The linear layer keeps its own where theirs is a classifier, or missing.

    Raises:
        DataError: they are not just the backbone's.
    """
    own = backbone.state_dict()
    found = {translate_key(key): value for key, value in weights.items()}
    linear = {key: value for key, value in own.items() if key.startswith(LINEAR)}
    if any(key not in found or found[key].shape != value.shape for key, value in linear.items()):
        found = {key: value for key, value in found.items() if not key.startswith(LINEAR)} | linear
    require_same(source, backbone, found, "network")
    return found
