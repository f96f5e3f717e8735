"""What says the version and the dependencies a second time says the same."""

import tomllib
from importlib.metadata import version
from pathlib import Path

import pytest
import yaml

from selfstudy import cli

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
OF_CONDA = {"matplotlib-base": "matplotlib", "pytorch": "torch", "python-isal": "isal"}
# The extras that jobs need.
RUN_BY_JOBS = ("data", "methods", "mlflow", "render", "search", "timm", "tracking", "wandb")
NOT_BY_NAME = {"python", "pip", "pyyaml"}  # pyyaml: Snakemake's own, outside the jobs


def split_requirement(text: str) -> tuple[str, str]:
    """Split `name >=1` into the name, in lower case, and the range."""
    name, _, least = text.replace(" ", "").partition(">=")
    return name.lower(), least


def list_conda_packages() -> dict[str, str]:
    """List the packages of the conda environment by the names of the registry."""
    listed = yaml.safe_load((ROOT / "envs" / "selfstudy.yaml").read_text())["dependencies"]
    *named, by_pip = listed
    found = dict(split_requirement(text.split(" =")[0]) for text in (*named, *by_pip["pip"]))
    return {OF_CONDA.get(name, name): least for name, least in found.items()}


def test_the_conda_environment_is_that_of_the_package():
    wanted = [*PROJECT["dependencies"]]
    for extra in RUN_BY_JOBS:
        wanted += PROJECT["optional-dependencies"][extra]
    found = list_conda_packages()
    for name in NOT_BY_NAME:
        del found[name]
    assert found == dict(map(split_requirement, wanted))


def test_the_version_is_said_alike(capsys):
    cited = yaml.safe_load((ROOT / "CITATION.cff").read_text())
    assert cited["version"] == PROJECT["version"]
    assert f"## {PROJECT['version']} " in (ROOT / "CHANGELOG.md").read_text()
    with pytest.raises(SystemExit, match="0"):
        cli.main(["--version"])
    assert version("selfstudy") in capsys.readouterr().out


def test_no_command_shows_them_all(capsys):
    cli.main([])
    shown = capsys.readouterr().out
    assert all(f"    {name} " in shown for name in cli.COMMANDS)
