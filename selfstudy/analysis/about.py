"""How results came about: their configuration, the software, and how long the runs took."""

import platform
import sys
from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import pandas as pd
import yaml

from selfstudy.analysis.pages import compose_page
from selfstudy.analysis.tables import read_table

SOFTWARE = ("selfstudy", "torch", "torchvision", "numpy", "pandas", "scikit-learn", "snakemake")
RUNS = {"pretrain": 0, "finetune": 0, "frozen": 1}  # and the folders above that of the dataset


def compose_about_page(config: Mapping, results: Path) -> str:
    """A page of the configuration, the versions of the software, and the runs' times."""
    sections = {
        "Run times": collect_times(results),
        "Software": list_software(),
        "Configuration": yaml.safe_dump(dict(config), sort_keys=False),
    }
    return compose_page("How these results came about", sections)


def collect_times(results: Path) -> pd.DataFrame:
    """A row a kind of run, backbone and method: `runs`, their median `minutes`, and `hours` in all.

    Of what was trained, as far as it is. The runs tell that themselves, in `times.csv`.
    """
    rows = []
    for kind, above in RUNS.items():
        for path in sorted((results / kind).rglob("times.csv")):
            _, backbone, pretext, *_ = path.relative_to(results / kind).parts[above:]
            seconds = read_table(path, ("seconds",))["seconds"].sum()
            rows.append({"run": kind, "backbone": backbone, "method": pretext, "s": seconds})
    table = pd.DataFrame(rows, columns=["run", "backbone", "method", "s"])
    grouped = table.groupby(["run", "backbone", "method"], sort=False)["s"]
    found = grouped.agg(runs="count", minutes="median", hours="sum").reset_index()
    return found.assign(minutes=found["minutes"] / 60, hours=found["hours"] / 3600)


def list_software() -> pd.DataFrame:
    """A row a package: its version; and that of Python and of the system."""
    rows = {"Python": platform.python_version(), "system": sys.platform}
    for name in SOFTWARE:
        try:
            rows[name] = version(name)
        except PackageNotFoundError:
            continue
    return pd.DataFrame({"software": list(rows), "version": list(rows.values())})
