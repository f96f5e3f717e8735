"""The device that is trained on: a GPU where one was given, else the processor."""

import torch

from selfstudy.devices import VISIBLE, list_gpus
from selfstudy.errors import TrainingError

SHARE = 8  # of a GPU's free memory, one in so many bytes: networks and their activations need most


def find_device() -> torch.device:
    """Find where to train.

    Raises:
        TrainingError: there is a GPU, which this PyTorch cannot use; it says why.
    """
    if torch.cuda.is_available():
        require_architecture(torch.cuda.get_device_capability(), torch.cuda.get_arch_list())
        return torch.device("cuda")
    if gpus := list_gpus():
        raise TrainingError(
            f"GPU {', '.join(gpus)} is there, and PyTorch {torch.__version__} cannot use it: "
            f"{explain_absence()}; to train on the processor, set {VISIBLE}= (empty)"
        )
    return torch.device("cpu")


def explain_absence() -> str:
    """Explain why PyTorch finds no GPU, and what to install."""
    if torch.version.cuda is None:
        return "it is built without CUDA: install a build with it (https://pytorch.org)"
    try:
        torch.cuda.init()
    except (AssertionError, RuntimeError) as error:
        reason = str(error).splitlines()[0].rstrip(".")
    else:
        reason = "no device is found"
    return (
        f"{reason}: it needs a driver for CUDA {torch.version.cuda} or later: install that, or a "
        f"PyTorch for an earlier CUDA (nvidia-smi says which the driver has)"
    )


def require_architecture(capability: tuple[int, int], built: list[str]) -> None:
    """Require that PyTorch was built for a GPU.

    Code for `sm_75` runs on 7.5 and later 7.x, `compute_75` on all from 7.5 on.

    Args:
        capability: of the GPU, such as (7, 0).
        built: the architectures, such as `["sm_75", "compute_120"]`.

    Raises:
        TrainingError: it was not; it names both.
    """
    major, minor = capability
    for name in built:
        kind, _, number = name.rstrip("af").partition("_")
        of = int(number[:-1]), int(number[-1])
        if of <= capability and (kind == "compute" or of[0] == major):
            return
    raise TrainingError(
        f"the GPU's architecture is sm_{major}{minor}, and PyTorch {torch.__version__} is built "
        f"for {', '.join(built)}: install a PyTorch that has it, or set {VISIBLE}= (empty) to "
        f"train on the processor"
    )


def measure_room(device: torch.device) -> int:
    """Measure how many bytes of images may stay on a device: a share of a GPU's free memory."""
    return torch.cuda.mem_get_info(device)[0] // SHARE if device.type == "cuda" else 0


def name_device(device: torch.device) -> str:
    """Name a device as its maker does, such as "NVIDIA H200" or "AMD EPYC"."""
    if device.type == "cuda":
        return torch.cuda.get_device_name(device)
    return str(torch.cpu.get_capabilities().get("cpu_name", "CPU"))
