"""The speed of the data's path: reading, moving and augmenting, without training."""

import time
from argparse import ArgumentParser, Namespace

from selfstudy.commands.common import QUICK, add_data, add_gin

HELP = "time the reading and augmentation of a few rounds"


def add_arguments(parser: ArgumentParser) -> None:
    """Add the command's arguments."""
    add_gin(parser)
    add_data(parser)
    parser.add_argument("--rounds", type=int, default=3, help="how many (default: 3)")


def run(arguments: Namespace) -> None:
    """Time rounds, one line each."""
    import torch

    from selfstudy.configuration import load_configuration
    from selfstudy.training.device import find_device

    def now() -> float:
        if device.type == "cuda":
            torch.cuda.synchronize()
        return time.perf_counter()

    device = find_device()
    configuration = load_configuration(arguments.gin_config or QUICK, arguments.gin_param)
    started = now()
    dataset = configuration.open_dataset(arguments.data)
    run = configuration.make_run(dataset)
    learner = run.make()
    rounds = run.make_rounds(learner, 0, device)
    print(f"{dataset.path}: {len(rounds.rows):,} images, opened in {now() - started:.2f} s")
    augment = run.recipe.augment
    for number in range(1, arguments.rounds + 1):
        started = now()
        rounds.start()
        read = now()
        for _ in range(rounds.batches):
            batch = rounds.next_batch()
            augment(batch.images.float(), batch.maps, learner.views, learner.share_flip)
        ended = now()
        images = rounds.batches * rounds.batch_size
        print(
            f"round {number}: {images:,} images; waited {read - started:.3f} s for them, "
            f"augmented in {ended - read:.3f} s: {images / (ended - started):,.0f} images/s"
        )
