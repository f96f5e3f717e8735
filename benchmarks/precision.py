"""Which number format this processor trains faster in: images a second, by turns, in one run."""

import statistics
import time

import torch
import torch.nn.functional as F

from selfstudy import make_backbone
from selfstudy.backbones.base import Backbone
from selfstudy.training.device import name_device
from selfstudy.training.precision import choose_precision, make_autocast

CPU = torch.device("cpu")
FORMATS = ("float32", "bfloat16")
SIZES = [  # backbone, width, batch, pixels
    ("resnet9", 8, 32, 32),
    ("resnet9", 32, 64, 32),
    ("resnet9", 64, 64, 32),
    ("resnet9", 64, 32, 64),
    ("resnet50", 64, 16, 64),
]
WARM, TIMED = 2, 8  # steps


def time_step(
    backbone: Backbone, optimizer: torch.optim.Optimizer, batch: int, pixels: int, precision: str
) -> float:
    """Time a step of classification, in seconds of this process."""
    images = torch.rand(batch, 3, pixels, pixels).to(memory_format=torch.channels_last)
    labels = torch.randint(10, (batch,))
    started = time.process_time()
    with make_autocast(CPU, precision):
        logits = backbone(images).pooled[:, :10]
    optimizer.zero_grad()
    F.cross_entropy(logits.float(), labels).backward()
    optimizer.step()
    return time.process_time() - started


def main() -> None:
    """Print a row for each size."""
    torch.set_num_threads(1)
    print(f"{name_device(CPU)}, one thread; chosen by itself: {choose_precision(CPU, 'auto')}\n")
    print("| network | batch | pixels | float32 | bfloat16 | ratio |\n|---|---|---|---|---|---|")
    for name, width, batch, pixels in SIZES:
        backbone = make_backbone(name, width=width).to(memory_format=torch.channels_last)
        optimizer = torch.optim.Adam(backbone.parameters(), fused=True)
        seconds = {precision: [] for precision in FORMATS}
        for _ in range(WARM + TIMED):
            for precision in FORMATS:
                taken = time_step(backbone, optimizer, batch, pixels, precision)
                seconds[precision].append(taken)
        exact, short = (batch / statistics.median(seconds[name][WARM:]) for name in FORMATS)
        shown = f"| {name}, width {width} | {batch} | {pixels}"
        print(f"{shown} | {exact:.0f} | {short:.0f} | {short / exact:.2f} |", flush=True)


if __name__ == "__main__":
    main()
