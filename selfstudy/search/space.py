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
    for name, value in {"scheduler.milestones": [warm_up, rounds], **bind_point(point)}.items():
        part, setting = name.split(".")
        changed = replace(getattr(recipe, part), **{setting: value})
        recipe = replace(recipe, **{part: changed})
    return recipe


def bind_point(point: Mapping[str, float]) -> dict[str, object]:
    """List by gin name what a point of the space is in a recipe of two milestones, of any length.

    Args:
        point: a value for each name of `SPACE`.
    """
    return {
        "scheduler.target_lrs": [0, point["learning_rate"], point["final_rate"]],
        "scheduler.exp_factor": point["exp_factor"],
        "optimizer.weight_decay": point["weight_decay"],
    }


def find_rounds(recipe: Recipe) -> int:
    """Find how many rounds a recipe has by itself.

    Raises:
        ConfigurationError: no point of the space fits its schedule.
    """
    milestones = recipe.scheduler.milestones
    if len(milestones) != 2:
        raise ConfigurationError(
            f"scheduler.milestones = {list(milestones)}: expected two, those of a search's schedule"
        )
    return milestones[-1]


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
