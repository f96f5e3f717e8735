"""What things are made with, told by themselves: for snapshots, stamps and `config.gin`."""

import ast
from collections.abc import Mapping
from inspect import signature
from math import inf
from typing import Annotated, Any, ClassVar, NamedTuple, Self

from selfstudy.errors import ConfigurationError


class Range(NamedTuple):
    """Numbers from `least`, which itself may be left out, to `most`."""

    least: float
    most: float = inf
    above: bool = False

    def holds(self, value: float) -> bool:
        """Tell whether a number is one of them."""
        return self.least <= value <= self.most and not (self.above and value == self.least)

    def __str__(self) -> str:
        if self.most < inf:
            return f"from {self.least} to {self.most}"
        return f"above {self.least}" if self.above else f"from {self.least}"


# What arguments of constructors may be.
Count = Annotated[int, Range(1)]
Positive = Annotated[float, Range(0, above=True)]
Weight = Annotated[float, Range(0)]
Share = Annotated[float, Range(0, 1)]


class Described:
    """Remembers what it was made with.

    Attributes:
        arguments: of its constructor, by name, defaults among them.
        handed: those that whoever makes it hands over, and no configuration names.
    """

    arguments: dict[str, Any]
    handed: ClassVar[tuple[str, ...]] = ()

    def __new__(cls, *args: object, **kwargs: object) -> Self:
        """Remember the arguments.

        Raises:
            ConfigurationError: one is outside of the range that it is annotated with.
        """
        made = super().__new__(cls)
        # Partly, because a copy is made without arguments, and gets these with all else it holds.
        parameters = signature(cls.__init__)
        bound = parameters.bind_partial(made, *args, **kwargs)
        bound.apply_defaults()
        given = dict(list(bound.arguments.items())[1:])
        for name, value in given.items():
            for numbers in list_ranges(parameters.parameters[name].annotation):
                if not numbers.holds(value):
                    raise ConfigurationError(
                        f"{cls.__name__}.{name} = {value!r}: expected a number {numbers}"
                    )
        object.__setattr__(made, "arguments", given)  # a module is none yet
        return made

    def describe_arguments(self) -> dict[str, object]:
        """List what a configuration may say of it, by gin name, such as `ResNet.width`."""
        return {
            f"{type(self).__name__}.{name}": value
            for name, value in self.arguments.items()
            if name not in self.handed
        }


def list_ranges(annotation: object) -> list[Range]:
    """List the ranges that a type is annotated with, if any."""
    return [each for each in getattr(annotation, "__metadata__", ()) if isinstance(each, Range)]


def write_bindings(bindings: Mapping[str, object]) -> str:
    """Write values by name as a gin file has them, one per line, sorted.

    What no gin file can say, such as a network that was handed over, is left out.
    """
    return "".join(
        f"{name} = {value!r}\n" for name, value in sorted(bindings.items()) if is_literal(value)
    )


def is_literal(value: object) -> bool:
    """Whether a value is made of numbers, texts, lists and the like alone."""
    try:
        ast.literal_eval(repr(value))
    except (ValueError, SyntaxError):
        return False
    return True
