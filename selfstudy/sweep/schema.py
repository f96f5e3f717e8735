"""The schema of a configuration, and what all configurations share."""

import math
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from pathlib import Path

import yaml
from jsonschema import Draft202012Validator, TypeChecker, ValidationError
from jsonschema.validators import extend

from selfstudy.configuration import CONFIG
from selfstudy.errors import ConfigurationError, join_lines, suggest

DEFAULT = CONFIG / "default.yaml"


@cache
def load_schema() -> dict:
    """Load the schema of configurations."""
    return load_yaml(CONFIG / "schema.yaml")


class OnceLoader(yaml.SafeLoader):
    """Reads YAML whose keys are each given once: of two, the last would win without a word."""

    def compose_mapping_node(self, anchor: str | None) -> yaml.MappingNode:
        """Compose a mapping.

        Raises:
            ConfigurationError: a key is given twice; it says which, and in what lines.
        """
        node = super().compose_mapping_node(anchor)
        lines: dict[tuple[str, str], int] = {}
        for key, _ in node.value:
            if isinstance(key, yaml.ScalarNode):
                line, known = key.start_mark.line + 1, lines.get((key.tag, key.value))
                if known is not None:
                    raise ConfigurationError(
                        f"{key.value!r} is given twice, in lines {known} and {line}: expected it "
                        f"once"
                    )
                lines[key.tag, key.value] = line
        return node


def load_yaml(path: Path) -> object:
    """Load a YAML file.

    Raises:
        ConfigurationError: it cannot be read as YAML, or a key is given twice.
    """
    try:
        return read_yaml(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise ConfigurationError("there is no such file") from error
    except (OSError, ValueError) as error:
        raise ConfigurationError(f"cannot be read as YAML: {error}") from error


def require_sound(paths: Iterable[str | Path]) -> None:
    """Require that configuration files, which Snakemake has read, give each key once.

    Raises:
        ConfigurationError: naming the file and the key.
    """
    for path in map(Path, paths):
        if path.is_file():
            try:
                load_yaml(path)
            except ConfigurationError as error:
                raise ConfigurationError(f"{path}: {error}") from None


def read_yaml(text: str) -> object:
    """Read YAML.

    Raises:
        ConfigurationError: it is none, or a key is given twice.
    """
    try:
        return OnceLoader(text).get_single_data()
    except (ValueError, RecursionError, yaml.YAMLError) as error:
        reason = join_lines(error)
        raise ConfigurationError(f"cannot be read as YAML: {reason}") from error


def merge(shared: object, own: object) -> object:
    """Merge a configuration over a shared one, key by key at every depth, as Snakemake does."""
    if not isinstance(shared, Mapping) or not isinstance(own, Mapping):
        return own
    merged = {key: merge(shared[key], own[key]) for key in own if key in shared}
    return {**own, **shared, **merged}


def merge_arguments(config: Mapping, arguments: Iterable[str]) -> dict:
    """Merge what `--config` was given, read as YAML, over what Snakemake made of it.

    Snakemake takes for text what it has no notation of its own for, such as `true` and `[0, 1]`.

    Args:
        config: the whole configuration, as Snakemake has it.
        arguments: such as `partial=true`.

    Raises:
        ConfigurationError: one cannot be read as YAML.
    """
    for argument in arguments:
        key, _, text = argument.partition("=")
        try:
            config = merge(config, {key: read_yaml(text)})
        except ConfigurationError as error:
            raise ConfigurationError(f"--config {argument}: {error}") from None
    return config


def conform(values: object, schema: Mapping, place: str = "") -> None:
    """Check values against a schema.

    Args:
        values: to check.
        schema: a JSON schema.
        place: of the values in the configuration, for the error.

    Raises:
        ConfigurationError: naming the key and what was expected.
    """
    try:
        require_names(values, place)
    except RecursionError:
        raise ConfigurationError(f"{place}a part of it contains itself") from None
    errors = sorted(Validator(schema).iter_errors(values), key=_rank)
    if errors:
        raise ConfigurationError(place + explain(errors[0]))


def require_names(values: object, place: str) -> None:
    """Require that all keys are text, which YAML makes something else of without quotes.

    Raises:
        ConfigurationError: naming the one that is none.
    """
    if isinstance(values, Mapping):
        for key, value in values.items():
            if not isinstance(key, str):
                raise ConfigurationError(f"{place}{quote(key)}")
            require_names(value, f"{place}{key}: ")
    elif isinstance(values, Sequence) and not isinstance(values, str):
        for number, value in enumerate(values):
            require_names(value, f"{place}{number}: ")


def quote(value: object) -> str:
    """Say that what was meant as text needs quotes."""
    return (
        f"{value} is no text: put the name in quotes, without which YAML takes 0110 for the number "
        f"72, 2024 for a number, and no for False"
    )


def explain(error: ValidationError) -> str:
    """Explain a violation of the schema in one line."""
    place = ": ".join(str(part) for part in error.absolute_path) or "configuration"
    if error.validator == "additionalProperties" and error.schema.get("properties"):
        expected = error.schema["properties"]
        unknown = next(key for key in error.instance if key not in expected)
        return f"{place}: unknown key {unknown!r}: {suggest(unknown, expected)}"
    if error.validator == "oneOf":
        keys = [option["required"][0] for option in error.validator_value]
        return f"{place}: expected just one of the keys {', '.join(keys)}"
    if error.validator == "enum":
        return f"{place}: {suggest(error.instance, error.validator_value)}: {error.message}"
    if error.validator == "pattern":
        return f"{place}: {error.instance!r}: expected {error.schema['expected']}"
    if error.validator == "type" and error.validator_value == "integer":
        return f"{place}: {error.instance!r}: expected a whole number"
    scalar = not isinstance(error.instance, (Mapping, list)) and error.instance is not None
    if error.validator == "type" and error.validator_value == "string" and scalar:
        return f"{place}: {quote(error.instance)}"
    return f"{place}: {error.message}"


def _is_whole(checker: TypeChecker, value: object) -> bool:
    """Whether a value is a whole number, and written as one: files are named by such."""
    return isinstance(value, int) and not isinstance(value, bool)


def _is_finite(checker: TypeChecker, value: object) -> bool:
    return _is_whole(checker, value) or (isinstance(value, float) and math.isfinite(value))


# JSON knows neither 6.0 apart from 6 nor infinite numbers.
Validator = extend(
    Draft202012Validator,
    type_checker=Draft202012Validator.TYPE_CHECKER.redefine_many(
        {"integer": _is_whole, "number": _is_finite}
    ),
)


def _rank(error: ValidationError) -> tuple[int, bool]:
    """Rank errors: the outermost first, and there an unknown key before what it lacks."""
    return len(error.path), error.validator != "additionalProperties"
