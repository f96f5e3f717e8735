"""torchvision's weights from ImageNet, as a start for a residual network."""

from pathlib import Path, PurePosixPath
from urllib.parse import urlparse

import torch
from torch import nn
from torchvision.models import get_model_weights

from selfstudy.errors import DataError

# torchvision's names of the parts, and ours.
PARTS = {
    "conv1": "stem.0",
    "bn1": "stem.1",
    **{f"layer{i + 1}": f"layers.{i}" for i in range(4)},
    "fc": "fc",
}


def our_name(key: str) -> str:
    part, _, rest = key.partition(".")
    return f"{PARTS[part]}.{rest}"


def load_imagenet(network: nn.Module, choice: str) -> None:
    """Give the stem and the layers of `network` the weights of torchvision's `choice`.

    They are fetched into torch's cache where they are not there yet.

    Raises DataError if they cannot be fetched, or if the file is damaged or holds something else.
    """
    source = get_model_weights(choice).IMAGENET1K_V1
    name = PurePosixPath(urlparse(source.url).path).name
    file = Path(torch.hub.get_dir(), "checkpoints", name)
    linear = {f"fc.{key}": value for key, value in network.fc.state_dict().items()}
    try:
        weights = source.get_state_dict(weights_only=True, check_hash=True, progress=False)
        network.load_state_dict({our_name(key): value for key, value in weights.items()} | linear)
    except Exception as error:  # a damaged file makes torch raise almost anything
        reason = " ".join(str(error).split())[:400]
        if file.is_file():
            problem = f"{file}: damaged, or not the weights of {choice} from {source.url}: {reason}"
        else:
            problem = f"{source.url} cannot be fetched: {reason}; it may be put at {file} by hand"
        raise DataError(f"init_resnet.pretrained: {problem}") from error
