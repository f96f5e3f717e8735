"""What is searched, and how a run is configured at a point of it."""

from collections.abc import Mapping
from dataclasses import replace

from optuna.distributions import FloatDistribution

from selfstudy.errors import ConfigurationError
from selfstudy.training.recipe import Recipe

# The authors' bounds.
SPACE = {
    "learning_rate": FloatDistribution(1e-4, 1e-2, log=True),  # at its peak
    "final_rate": FloatDistribution(1e-7, 1e-4, log=True),
    "weight_decay": FloatDistribution(1e-7, 1e-3, log=True),
    "exp_factor": FloatDistribution(-0.5, 2),
}


def place_recipe(recipe: Recipe, point: Mapping[str, float], warm_up: int, rounds: int) -> Recipe:
    """Place a recipe at a point of the space.

    Args:
        recipe: what is not searched of it stays.
        point: a value for each name of `SPACE`.
        warm_up: in how many of the first rounds the learning rate rises to its peak.
        rounds: of the run.
    """
    scheduler = replace(
        recipe.scheduler,
        milestones=[warm_up, rounds],
        target_lrs=[0, point["learning_rate"], point["final_rate"]],
        exp_factor=point["exp_factor"],
    )
    optimizer = replace(recipe.optimizer, weight_decay=point["weight_decay"])
    return replace(recipe, scheduler=scheduler, optimizer=optimizer)


def find_warm_up(recipe: Recipe, rounds: int) -> int:
    """Find in how many rounds a recipe's learning rate rises.

    Raises:
        ConfigurationError: a run of so many `rounds` is not longer than that.
    """
    milestones = recipe.scheduler.milestones
    first = milestones[0] if isinstance(milestones, list | tuple) and milestones else None
    if first not in range(1, rounds):
        raise ConfigurationError(
            f"scheduler.milestones = {milestones}: expected the first in the {rounds} rounds of a "
            f"trial"
        )
    return first
