"""What is searched, and how a run is configured at a point of it."""

from collections.abc import Mapping

import gin
from optuna.distributions import FloatDistribution

from selfstudy.errors import ConfigurationError

# The authors' bounds.
SPACE = {
    "learning_rate": FloatDistribution(1e-4, 1e-2, log=True),  # at its peak
    "final_rate": FloatDistribution(1e-7, 1e-4, log=True),
    "weight_decay": FloatDistribution(1e-7, 1e-3, log=True),
    "exp_factor": FloatDistribution(-0.5, 2),
}
WARM_UP = 5  # rounds, of all of the authors' configurations


def bind_point(point: Mapping[str, float], warm_up: int, rounds: int) -> list[str]:
    """Write a point as gin bindings.

    Args:
        point: a value for each name of `SPACE`.
        warm_up: in how many of the first rounds the learning rate rises to its peak.
        rounds: of the run.
    """
    return [
        f"scheduler.milestones = [{warm_up}, {rounds}]",
        f"scheduler.target_lrs = [0, {point['learning_rate']!r}, {point['final_rate']!r}]",
        f"scheduler.exp_factor = {point['exp_factor']!r}",
        f"optimizer.weight_decay = {point['weight_decay']!r}",
    ]


def configured_warm_up(rounds: int) -> int:
    """The rounds in which the configured learning rate rises.

    Raises ConfigurationError unless a run of so many `rounds` is longer than that.
    """
    milestones = gin.get_bindings("scheduler").get("milestones", [WARM_UP])
    first = milestones[0] if isinstance(milestones, list | tuple) and milestones else None
    if first not in range(1, rounds):
        raise ConfigurationError(
            f"scheduler.milestones = {milestones}: expected the first in the {rounds} rounds of a "
            f"trial"
        )
    return first
