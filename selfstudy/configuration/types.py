"""Whether what is bound for a constructor is of the types that it is annotated with."""

from collections.abc import Mapping, Sequence
from types import NoneType, UnionType
from typing import Annotated, Any, Union, get_args, get_origin

from selfstudy.description import list_ranges
from selfstudy.errors import ConfigurationError

WORDS = {
    bool: "True or False",
    int: "a whole number",
    float: "a number",
    str: "text in quotes",
    NoneType: "None",
}


def check_types(name: str, arguments: Mapping[str, object], types: Mapping[str, Any]) -> None:
    """Check the arguments that are bound for a constructor.

    Raises:
        ConfigurationError: one is of another type; it says which, and what was expected.
    """
    for argument, value in arguments.items():
        if not fits(value, types[argument]):
            raise ConfigurationError(
                f"{name}.{argument} = {value!r}: expected {describe_type(types[argument])}"
            )


def fits(value: object, expected: Any) -> bool:
    """Tell whether a value is of a type, if that is one that gin has values of.

    Whole numbers are numbers, truth values are not, and any list is a sequence.
    """
    origin, parts = get_origin(expected), get_args(expected)
    if origin is Annotated:
        return fits(value, parts[0]) and all(each.holds(value) for each in list_ranges(expected))
    if origin in (Union, UnionType):
        return any(fits(value, part) for part in parts)
    if origin in (list, tuple, Sequence):
        if not isinstance(value, (list, tuple)) or (origin is tuple and len(value) != len(parts)):
            return False
        return all(fits(item, parts[0]) for item in value)
    if origin is Mapping:
        return isinstance(value, Mapping) and all(fits(item, parts[1]) for item in value.values())
    if isinstance(value, bool) and expected in (int, float):
        return False
    if expected is float:
        return isinstance(value, (int, float))
    return expected not in WORDS or isinstance(value, expected)


def describe_type(expected: Any) -> str:
    """Describe a type in words."""
    origin, parts = get_origin(expected), get_args(expected)
    if origin is Annotated:
        return " ".join([describe_type(parts[0]), *map(str, list_ranges(expected))])
    if origin in (Union, UnionType):
        return " or ".join(map(describe_type, parts))
    if origin in (list, tuple, Sequence):
        length = f" of {len(parts)}" if origin is tuple else ""
        return f"a list{length}, each {describe_type(parts[0])}"
    if origin is Mapping:
        return f"{{name: {describe_type(parts[1])}}}"
    return WORDS[expected]
