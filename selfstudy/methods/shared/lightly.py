"""Losses and heads of the library `lightly`, imported where a method is made that has them."""

from importlib import import_module
from typing import Any

from selfstudy.errors import ConfigurationError


def find_lightly(name: str) -> Any:
    """Find a class of lightly's by its name, such as "loss.NTXentLoss".

    Raises:
        ConfigurationError: lightly is not installed.
    """
    module, _, kind = name.rpartition(".")
    try:
        return getattr(import_module(f"lightly.{module}"), kind)
    except ModuleNotFoundError as error:
        raise ConfigurationError(
            f"{error.name} is not installed: pip install 'selfstudy[methods]'"
        ) from error


def make_head(kind: str, inputs: int, hidden: int, outputs: int, **options: Any) -> Any:
    """Make one of lightly's heads, such as "BYOLProjectionHead".

    Args:
        kind: its name.
        inputs: size of what it takes.
        hidden: size of its hidden layers.
        outputs: size of what it gives.
        **options: what else it takes.
    """
    head = find_lightly(f"models.modules.heads.{kind}")
    return head(input_dim=inputs, hidden_dim=hidden, output_dim=outputs, **options)
