"""Number format: what is asked for, and what the processor is fast in."""

import torch

from selfstudy.errors import ConfigurationError

AUTO, EXACT = "auto", "float32"
FORMATS = {EXACT: torch.float32, "bfloat16": torch.bfloat16, "float16": torch.float16}
PRECISIONS = (AUTO, *FORMATS)


def choose_precision(device: torch.device, precision: str) -> str:
    """Choose the number format of convolutions: the one asked for or, with "auto", the fast one.

    Raises:
        ConfigurationError: there is no such precision.
    """
    if precision not in PRECISIONS:
        raise ConfigurationError(
            f"session.precision = {precision!r}: expected one of {', '.join(PRECISIONS)}"
        )
    if precision != AUTO:
        return precision
    if device.type == "cuda":
        native = torch.cuda.is_bf16_supported(including_emulation=False)
        return "bfloat16" if native else "float16"
    return "bfloat16" if is_bfloat16_fast(torch.cpu.get_capabilities()) else EXACT


def is_bfloat16_fast(processor: dict[str, object]) -> bool:
    """Tell whether a processor trains faster in bfloat16 than in float32.

    Those with AMX do, and AMD's with AVX512-BF16. Intel's with the latter alone take up to half as
    long again (benchmarks/README.md).

    Args:
        processor: as `torch.cpu.get_capabilities` describes it.
    """
    if processor.get("amx_bf16"):
        return True
    return bool(processor.get("avx512_bf16")) and str(processor.get("cpu_name")).startswith("AMD")


def make_autocast(device: torch.device, precision: str) -> torch.autocast:
    """Make a context in which convolutions run in a precision, which may be "auto".

    Raises:
        ConfigurationError: there is no such precision.
    """
    chosen = choose_precision(device, precision)
    return torch.autocast(device.type, FORMATS[chosen], enabled=chosen != EXACT)


def make_scaler(device: torch.device, precision: str) -> torch.amp.GradScaler:
    """Make what scales losses so that gradients in float16 are not lost; it does nothing else."""
    return torch.amp.GradScaler(
        device.type, enabled=choose_precision(device, precision) == "float16"
    )


def keep_exact(precision: str) -> None:
    """Keep all 24 bits of a GPU's float32 where that is asked for; TF32, else, has 11.

    Else, too, cuDNN tries which of its algorithms are fastest: batches are of one size.
    """
    exact = precision == EXACT
    cudnn = torch.backends.cudnn
    cudnn.benchmark = not exact
    cudnn.allow_tf32 = not exact  # the older setting, which must not contradict these
    cudnn.conv.fp32_precision = cudnn.rnn.fp32_precision = "ieee" if exact else "tf32"
    if exact:  # as by default
        torch.backends.cuda.matmul.fp32_precision = "ieee"
