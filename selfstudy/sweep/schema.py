"""The schema of a configuration, and what all configurations share."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path

import yaml
from jsonschema import Draft202012Validator, ValidationError

from selfstudy.configuration import CONFIG
from selfstudy.errors import ConfigurationError, suggest

DEFAULT = CONFIG / "default.yaml"


@cache
def load_schema() -> dict:
    """Load the schema of configurations."""
    return load_yaml(CONFIG / "schema.yaml")


def load_yaml(path: Path) -> object:
    """Load a YAML file.

    Raises:
        ConfigurationError: it cannot be read as YAML.
    """
    try:
        return yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError, yaml.YAMLError) as error:
        reason = " ".join(str(error).split())
        raise ConfigurationError(f"cannot be read as YAML: {reason}") from error


def merge(shared: object, own: object) -> object:
    """Merge a configuration over a shared one, key by key at every depth, as Snakemake does."""
    if not isinstance(shared, Mapping) or not isinstance(own, Mapping):
        return own
    merged = {key: merge(shared[key], own[key]) for key in own if key in shared}
    return {**own, **shared, **merged}


def conform(values: object, schema: Mapping, place: str = "") -> None:
    """Check values against a schema.

    Args:
        values: to check.
        schema: a JSON schema.
        place: of the values in the configuration, for the error.

    Raises:
        ConfigurationError: naming the key and what was expected.
    """
    errors = sorted(Draft202012Validator(schema).iter_errors(values), key=_rank)
    if errors:
        raise ConfigurationError(place + explain(errors[0]))


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
    return f"{place}: {error.message}"


def _rank(error: ValidationError) -> tuple[int, bool]:
    """Rank errors: the outermost first, and there an unknown key before what it lacks."""
    return len(error.path), error.validator != "additionalProperties"
