"""A recipe: how a run trains."""

from dataclasses import dataclass, field, fields

import numpy as np

from selfstudy.augment import Augmentation
from selfstudy.data.rounds import Rounds, RoundSettings
from selfstudy.errors import ConfigurationError, find_known
from selfstudy.training.limits import require_limits
from selfstudy.training.schedule import Optimizer, Schedule


@dataclass(frozen=True)
class Session:
    """What a run does beside training.

    Args:
        train_iters: batches in a round; -1: all.
        valid_iters: batches validated after each round; -1: all, 0: none.
        test_iters: batches of the test split evaluated once, at the end; -1: all, 0: none.
        checkpoint_minutes: time between checkpoints.
        precision: "auto", "float32", "bfloat16" or "float16".
        compile: PyTorch compiles the training step, which takes some tens of seconds.
    """

    train_iters: int = -1
    valid_iters: int = -1
    test_iters: int = 0
    checkpoint_minutes: float = 5
    precision: str = "auto"
    compile: bool = False


@dataclass(frozen=True)
class Batches:
    """How many images are trained on at a time.

    Args:
        batch_size: in training.
        valid_batch_size: in validation and testing; None: the same.
    """

    batch_size: int = 512
    valid_batch_size: int | None = None


@dataclass(frozen=True)
class Recipe:
    """How a run trains.

    Args:
        session: what it does beside that.
        scheduler: how the learning rate goes.
        optimizer: how weights follow their gradients.
        augment: which augmentations it uses.
        dataloader: how large its batches are.
        rounds: how long its rounds are.

    Raises:
        ConfigurationError: a number is out of range.
    """

    session: Session = field(default_factory=Session)
    scheduler: Schedule = field(default_factory=Schedule)
    optimizer: Optimizer = field(default_factory=Optimizer)
    augment: Augmentation = field(default_factory=Augmentation)
    dataloader: Batches = field(default_factory=Batches)
    rounds: RoundSettings = field(default_factory=RoundSettings)

    def __post_init__(self) -> None:
        require_limits(self.describe())

    def describe(self) -> dict[str, object]:
        """List all settings by their gin names, such as `scheduler.milestones`."""
        return {
            f"{part.name}.{setting.name}": getattr(getattr(self, part.name), setting.name)
            for part in fields(self)
            for setting in fields(getattr(self, part.name))
        }

    def list_rates(self, rounds: Rounds) -> list[np.ndarray]:
        """List the learning rates of each round's steps.

        Raises:
            ConfigurationError: rounds have no steps.
        """
        steps = self.session.train_iters
        if steps == -1:
            steps = rounds.batches
        if steps < 1:
            raise ConfigurationError(
                f"session.train_iters = {steps}: expected a number of batches, or -1 for all"
            )
        rates = self.optimizer.lr * self.scheduler.list_rates(steps_per_round=steps)
        return np.split(rates, len(rates) // steps)


def make_recipe(**settings: object) -> Recipe:
    """Make a recipe from the settings of all of its parts, by their names.

    Args:
        **settings: such as `milestones=[1, 10]`, `batch_size=64` or `flip=False`.

    Raises:
        ConfigurationError: no part has such a setting, or a number is out of range.
    """
    known = {
        setting.name: part.name
        for part in fields(Recipe)
        for setting in fields(part.default_factory)
    }
    parts: dict[str, dict[str, object]] = {part.name: {} for part in fields(Recipe)}
    for name, value in settings.items():
        parts[find_known(name, known, "setting")][name] = value
    return Recipe(
        **{part.name: part.default_factory(**parts[part.name]) for part in fields(Recipe)}
    )
