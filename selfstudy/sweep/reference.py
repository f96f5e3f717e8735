"""The reference of all keys of a configuration, made from its schema: `config/README.md`."""

import json
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from selfstudy.configuration import CONFIG
from selfstudy.sweep.schema import DEFAULT, load_schema, load_yaml

REFERENCE = CONFIG / "README.md"
INTRODUCTION = """\
# Configuration

Which runs there are stands in a YAML file, by default `config/config.yaml`; `--configfile my.yaml`
names another, and `--config 'seeds=[0, 1]'` replaces single keys. Its keys are merged over those of
[`default.yaml`](default.yaml). How a run trains stands in [`gin/`](gin); `gin:` below overrides it.
Unknown keys are refused.

- [`config.yaml`](config.yaml): the paper's study
- [`demo.yaml`](demo.yaml): the same in minutes
- [`study_small.yaml`](study_small.yaml): a study of five datasets in some hours, without a GPU;
  [`study_gpu.yaml`](study_gpu.yaml): most of the paper's claims at a tenth of its cost
- [`dense_demo.yaml`](dense_demo.yaml): segmentation and depth
- [`own_images.yaml`](own_images.yaml): images of your own, on a GPU;
  [`own_images_cpu.yaml`](own_images_cpu.yaml): in about an hour without
- [`cifar.yaml`](cifar.yaml): CIFAR-10
- [`difficulty.yaml`](difficulty.yaml): how hard the rendered images' factors are

From a workflow of your own, or one that `snakedeploy` has deployed, after `pip install
'selfstudy[render,search,workflow]'`:

```python
configfile: "config/config.yaml"


module selfstudy:
    snakefile:
        github("owner/selfstudy", path="workflow/Snakefile", tag="v0.2.0")
    config:
        config


use rule * from selfstudy
```

Gin files are then those of the installed package: change what they say under `gin:`. A copy of such
a folder computes anew, unlike one of a checkout.

`make reference` writes this page from [`schema.yaml`](schema.yaml).
"""
HEAD = "| key | what | values | unless given |\n|---|---|---|---|\n"
REQUIRED = "required"


class Key(NamedTuple):
    """A row of the reference.

    Attributes:
        name: with those of the keys around it, such as `gin.few_labels.below`.
        about: what it says.
        values: that it takes, in words.
        default: its value where a configuration does not give it, or `REQUIRED`, or nothing.
    """

    name: str
    about: str
    values: str
    default: str


def write_reference() -> str:
    """Write the page, in Markdown."""
    return f"{INTRODUCTION}\n{write_keys()}"


def write_keys() -> str:
    """Write tables of all keys, in Markdown."""
    schema = load_schema()
    parts = ["## Keys\n", HEAD + format_keys(list_keys(schema, load_yaml(DEFAULT)))]
    parts.append("## Datasets\n\nWhat an entry of `datasets:` holds depends on its `source`.\n")
    for name, source in schema["$defs"]["sources"].items():
        text = f"### `source: {name}`\n\n{capitalise(source['description'])}.\n\n"
        keys = (key for key in list_keys(source, {}) if key.name != "source")
        parts.append(text + HEAD + format_keys(keys))
    return "\n".join(parts)


def list_keys(schema: Mapping, default: object, prefix: str = "") -> Iterator[Key]:
    """List the keys of an object, and of those within it, in the schema's order.

    Args:
        schema: of the object.
        default: what it holds unless given.
        prefix: the names of the keys around it.
    """
    default = default if isinstance(default, Mapping) else {}
    choices = {key for option in schema.get("oneOf", ()) for key in option["required"]}
    for name, part in schema.get("properties", {}).items():
        part, place = resolve(part), f"{prefix}{name}"
        held = find_held(part)
        unless = "one of these" if name in choices else describe_default(name, schema, default)
        yield Key(place, part.get("description", ""), describe_values(part), unless)
        if "properties" in part:
            yield from list_keys(part, default.get(name), f"{place}.")
        elif "properties" in held:
            yield from list_keys(held, {}, f"{place}.NAME.")


def find_held(schema: Mapping) -> Mapping:
    """Find the schema of what an object of any names, or one in a list, holds; empty for others."""
    if "items" in schema:
        schema = resolve(schema["items"]).get("then", {})
    held = schema.get("additionalProperties")
    return resolve(held) if isinstance(held, Mapping) else {}


def resolve(schema: Mapping) -> dict:
    """Put what a schema refers to in its place, under what it says itself."""
    found = dict(schema)
    while (reference := found.pop("$ref", None)) is not None:
        target = load_schema()
        for name in reference.removeprefix("#/").split("/"):
            target = target[name]
        found = {**target, **found}
    return found


def describe_default(name: str, schema: Mapping, default: Mapping) -> str:
    """Describe what holds where a key is not given."""
    if name in default and not isinstance(default[name], Mapping):
        return f"`{json.dumps(default[name])}`"
    return REQUIRED if name in schema.get("required", ()) and name not in default else ""


def describe_values(schema: Mapping) -> str:
    """Describe in words what values a key takes."""
    if "enum" in schema or "const" in schema:
        return ", ".join(f"`{value}`" for value in schema.get("enum", [schema.get("const")]))
    if "if" in schema:
        return " or ".join(describe_values(resolve(schema[part])) for part in ("else", "then"))
    kind = schema["type"]
    if kind == "array":
        return f"list: {describe_values(resolve(schema['items']))}"
    if kind in ("integer", "number"):
        return ("whole number" if kind == "integer" else "number") + describe_range(schema)
    if kind == "object":
        return "keys of any names" if find_held(schema) else "keys"
    return schema.get("expected") or {"string": "text", "boolean": "`true`, `false`"}[kind]


def describe_range(schema: Mapping) -> str:
    """Describe the range of a number."""
    words = {
        "minimum": "from",
        "exclusiveMinimum": "above",
        "maximum": "to",
        "exclusiveMaximum": "below",
    }
    return "".join(f" {word} {schema[key]}" for key, word in words.items() if key in schema)


def format_keys(keys: Iterator[Key]) -> str:
    """Format rows of a table in Markdown."""
    return "".join(
        f"| `{key.name}` | {key.about} | {key.values} | {key.default} |\n" for key in keys
    )


def capitalise(text: str) -> str:
    """Begin a text with a capital letter, and leave the others."""
    return text[:1].upper() + text[1:]


if __name__ == "__main__":
    REFERENCE.write_text(write_reference(), encoding="utf-8")
