"""Others' weights for our residual networks, and for timm's."""

from collections.abc import Mapping

from torch import Tensor

from selfstudy.backbones.base import Backbone
from selfstudy.backbones.naming import translate_key
from selfstudy.backbones.resnet import ARCHITECTURES, RESNET9, ResNet
from selfstudy.backbones.timm_network import FAMILY, TimmNetwork, tell
from selfstudy.errors import ConfigurationError, DataError
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


def require_network(backbone: Backbone, name: str, source: str) -> None:
    """Require that the weights of a network of timm are those of a backbone.

    Raises:
        ConfigurationError: they are not; it says why.
    """
    if backbone.name != f"{FAMILY}{name}":
        problem = f"weights of {name} do not fit the backbone {backbone.name!r}"
    elif backbone.arguments["in_channels"] != 3:
        problem = f"expected images of 3 channels, not of {backbone.arguments['in_channels']}"
    else:
        return
    raise ConfigurationError(f"{source}: {problem}")


def drop_linear(weights: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Drop a classifier of ImageNet, by the libraries' names of residual networks."""
    return {key: value for key, value in weights.items() if not key.startswith(LINEAR)}


def fit(backbone: Backbone, weights: Mapping[str, Tensor], source: str) -> dict[str, Tensor]:
    """Give weights by the libraries' names, or by ours, the names and places of a backbone's.

    The linear layer keeps its own where theirs is a classifier, or missing.

    Raises:
        DataError: they are not just the backbone's.
    """
    if isinstance(backbone, TimmNetwork):
        return fit_network(backbone, weights, source)
    own = backbone.state_dict()
    found = {translate_key(key): value for key, value in weights.items()}
    linear = {key: value for key, value in own.items() if key.startswith(LINEAR)}
    if any(key not in found or found[key].shape != value.shape for key, value in linear.items()):
        found = {key: value for key, value in found.items() if not key.startswith(LINEAR)} | linear
    require_same(source, backbone, found, "network")
    return found


def fit_network(
    backbone: TimmNetwork, weights: Mapping[str, Tensor], source: str
) -> dict[str, Tensor]:
    """Give weights of timm's network, or by our names, the names and shapes of a backbone's.

    Checkpoints of the networks' authors are converted as timm does, and position embeddings
    resampled. A classifier is dropped.

    Raises:
        DataError: they are not just the backbone's.
    """
    prefix = "network."
    if not all(key.startswith(prefix) for key in weights):
        try:
            found = backbone.convert(weights)
        except Exception as error:  # where weights of another network are taken for its own
            raise DataError(
                f"{source}: its network is not the configured one, {backbone.name}: {tell(error)}"
            ) from error
        weights = {f"{prefix}{key}": value for key, value in found.items()}
    require_same(source, backbone, weights, "network")
    return dict(weights)
