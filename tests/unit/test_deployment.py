"""What hosts, catalogs and clusters read of the project, and the workflow used from elsewhere."""

import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path
from types import SimpleNamespace

import pytest
import yaml
from snakemake_executor_plugin_slurm.utils import set_gres_string

from selfstudy.sweep.reference import REFERENCE, write_reference
from selfstudy.sweep.schema import load_schema

ROOT = Path(__file__).parents[2]
WORKFLOWS = sorted((ROOT / ".github/workflows").iterdir())
FORMS = sorted((ROOT / ".github/ISSUE_TEMPLATE").iterdir())
RULES = "\n".join(path.read_text() for path in sorted((ROOT / "rules").glob("*.smk")))
TRAINING = {"pretrain", "finetune", "finetune_frozen", "longer", "linear", "search_worker"}
KEYWORDS = {
    *("$defs", "$ref", "$schema", "additionalProperties", "const", "dependentRequired"),
    *("description", "else", "enum", "exclusiveMaximum", "exclusiveMinimum", "expected", "if"),
    *("items", "maximum", "maxProperties", "minItems", "minProperties", "minimum", "minLength"),
    *("oneOf", "pattern", "properties", "propertyNames", "required", "then", "type"),
    *("uniqueItems",),
}
MODULE = """\
configfile: "config.yaml"


module selfstudy:
    snakefile: "{}/workflow/Snakefile"
    config: config


use rule * from selfstudy
"""


def read(path):
    return yaml.safe_load(path.read_text())


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_hosts_call_the_makefile_and_no_more(path):
    targets = re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE)
    steps = [step for job in read(path)["jobs"].values() for step in job["steps"]]
    commands = [step["run"].split() for step in steps if "run" in step]
    assert commands
    for make, target in commands:
        assert make == "make"
        assert target in targets


def test_tests_run_on_two_versions_that_the_package_is_for():
    versions = read(ROOT / ".github/workflows/check.yaml")["jobs"]["test"]["strategy"]["matrix"]
    least = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["requires-python"]
    assert len(versions["python"]) == 2
    assert f">={versions['python'][0]}" == least


@pytest.mark.parametrize("path", FORMS, ids=lambda path: path.name)
def test_forms_ask_something(path):
    form = read(path)
    assert {"name", "description", "body"} <= set(form)
    names = [field["id"] for field in form["body"]]
    assert len(set(names)) == len(names)
    assert all(field["attributes"] for field in form["body"])


def test_the_catalog_is_told_how_the_workflow_is_used():
    usage = read(ROOT / ".snakemake-workflow-catalog.yml")["usage"]
    assert set(usage) == {"mandatory-flags", "software-stack-deployment", "report"}
    assert require_extras(usage["mandatory-flags"]["desc"])


def test_the_image_has_extras_that_there_are():
    assert require_extras((ROOT / "Dockerfile").read_text())


def require_extras(text):
    """The extras that a text installs, all of which there are."""
    named = re.search(r"\[([a-z,]+)\]'", text)[1].split(",")
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert set(named) <= set(project["optional-dependencies"])
    return named


def test_profiles_name_rules_that_there_are():
    rules = set(re.findall(r"^(?:rule|use rule \w+ as) (\w+)", RULES, re.MULTILINE))
    for path in (ROOT / "profiles").glob("*/config.yaml"):
        assert set(read(path).get("set-resources", {})) <= rules
    on_gpus = read(ROOT / "profiles/lsf/config.yaml")["set-resources"]
    assert set(on_gpus) == TRAINING | {"difficulty"}


class Resources(dict):
    """What a rule asks for, as Snakemake hands it on."""

    __getattr__ = dict.__getitem__


@pytest.mark.parametrize(
    ("rule", "asked"),
    [("pretrain", " --gpus=a100:1"), ("finetune", " --gres=shard:8"), ("linear", " --gpus=1")],
)
def test_the_slurm_profiles_examples_ask_for_one_gpu_or_a_share(rule, asked):
    text = (ROOT / "profiles/slurm/config.yaml").read_text()
    examples = yaml.safe_load(re.sub("^# ", "", text[text.index("# set-resources:") :], flags=re.M))
    given = examples["set-resources"].get(rule, {})
    job = SimpleNamespace(resources=Resources({"gpu": 1} | given))
    assert set_gres_string(job) == asked


def test_the_reference_of_the_configuration_is_current():
    assert REFERENCE.read_text() == write_reference(), "make reference"


def test_the_schema_has_no_words_that_mean_nothing():
    """Such as what stands behind a comma in a description without quotes."""

    def check(part):
        assert set(part) <= KEYWORDS, part
        inside = (part[word] for word in ("items", "if", "then", "else") if word in part)
        for inner in [*part.get("properties", {}).values(), *inside]:
            check(inner)

    schema = load_schema()
    check(schema)
    for name, part in schema["$defs"].items():
        for inner in part.values() if name == "sources" else [part]:
            check(inner)


@pytest.mark.slow
@pytest.mark.parametrize("installed", [False, True])
def test_a_workflow_of_ones_own_has_this_one_as_a_module(installed, tmp_path):
    """The package lies beside it or, as of a wheel, elsewhere."""
    root, package = ROOT, ROOT
    if installed:
        root, package = tmp_path / "clone", tmp_path / "installed"
        for name in ("rules", "workflow", "envs"):
            shutil.copytree(ROOT / name, root / name)
        shutil.copy(ROOT / "Snakefile", root)
        shutil.copytree(ROOT / "selfstudy", package / "selfstudy")
    (tmp_path / "Snakefile").write_text(MODULE.format(root))
    shutil.copy(ROOT / "config/demo.yaml", tmp_path / "config.yaml")
    done = subprocess.run(
        [sys.executable, "-m", "snakemake", "--dry-run", "--cores", "1"],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(package)},
        capture_output=True,
        text=True,
    )
    counts = dict(re.findall(r"^(\w+) +(\d+)$", done.stdout, re.MULTILINE))
    assert counts.get("finetune") == "12", done.stdout + done.stderr
    assert counts["study"] == "1"
