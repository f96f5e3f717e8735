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
    """Print how long the rounds' parts take."""
    import torch

    from selfstudy.augment import Augmentation
    from selfstudy.configuration import configured
    from selfstudy.data.rounds import Rounds
    from selfstudy.training.schedule import configured_batch_size
    from selfstudy.training.session import device_of_run, open_dataset

    def now() -> float:
        if device.type == "cuda":
            torch.cuda.synchronize()
        return time.perf_counter()

    device = device_of_run()
    with configured(arguments.gin_config or QUICK, arguments.gin_param):
        started = now()
        dataset = open_dataset(arguments.data)
        rows = dataset.rows("train", seed=0)
        rounds = Rounds(dataset, rows, configured_batch_size(), device)
        print(f"{dataset.path}: {len(rows):,} images, opened in {now() - started:.2f} s")
        augmentation = Augmentation()
        augment = augmentation.two_views if dataset.double_sample else augmentation
        for number in range(1, arguments.rounds + 1):
            started = now()
            rounds.start()
            read = now()
            for _ in range(rounds.batches):
                batch = rounds.next_batch()
                augment(batch.images.float(), batch.targets)
            ended = now()
            images = rounds.batches * rounds.batch_size
            print(
                f"round {number}: {images:,} images; waited {read - started:.3f} s for them, "
                f"augmented in {ended - read:.3f} s: {images / (ended - started):,.0f} images/s"
            )
