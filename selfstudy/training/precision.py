"""Number format and memory layout."""

import torch

from selfstudy.errors import ConfigurationError

PRECISIONS = ("auto", "float32", "bfloat16")


def make_autocast(device: torch.device, precision: str) -> torch.autocast:
    """Make a context in which convolutions run in bfloat16, where asked for or, with "auto", fast.

    Raises:
        ConfigurationError: there is no such precision.
    """
    if precision not in PRECISIONS:
        raise ConfigurationError(
            f"session.precision = {precision!r}: expected one of {', '.join(PRECISIONS)}"
        )
    reduced = precision == "bfloat16" or (precision == "auto" and has_bfloat16(device))
    return torch.autocast(device.type, torch.bfloat16, enabled=reduced)


def has_bfloat16(device: torch.device) -> bool:
    """Whether the processor multiplies matrices in bfloat16 by itself."""
    if device.type == "cuda":
        return torch.cuda.is_bf16_supported(including_emulation=False)
    capabilities = torch.cpu.get_capabilities()
    return bool(capabilities.get("avx512_bf16") or capabilities.get("amx_bf16"))
