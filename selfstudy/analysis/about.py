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
from selfstudy.analysis.times import RUNS, list_times

SOFTWARE = ("selfstudy", "torch", "torchvision", "numpy", "pandas", "scikit-learn", "snakemake")
DEVICE = ["device", "precision"]


def compose_about_page(config: Mapping, results: Path) -> str:
    """Compose an HTML page of the configuration, software, and the runs' times and devices.

    Args:
        config: of the workflow.
        results: the folder that its runs are in.
    """
    sections = {
        "Run times": collect_times(results),
        "Devices": collect_devices(results),
        "Software": list_software(),
        "Configuration": yaml.safe_dump(dict(config), sort_keys=False),
    }
    return compose_page("How these results came about", sections)


def collect_times(results: Path) -> pd.DataFrame:
    """Collect how long the runs took, as far as they are trained, of the `times.csv` of each.

    Returns:
        One row per kind of run, backbone and method: the number of `runs`, their median `minutes`,
        and the `hours` of all.
    """
    table = list_times(results).rename(columns={"pretext": "method", "seconds": "s"})
    grouped = table.groupby(["run", "backbone", "method"], sort=False)["s"]
    found = grouped.agg(runs="count", minutes="median", hours="sum").reset_index()
    return found.assign(minutes=found["minutes"] / 60, hours=found["hours"] / 3600)


def collect_devices(results: Path) -> pd.DataFrame:
    """Collect what the runs were trained on, and in which precision, of each one's `metrics.csv`.

    Returns:
        One row per `device` and `precision`: the number of `runs`; "unknown" where runs of an
        earlier version do not say it.
    """
    tables = [
        read_table(path, ()).reindex(columns=DEVICE)
        for kind in RUNS
        for path in sorted((results / kind).rglob("metrics.csv"))
        if (path.parent / "times.csv").is_file()  # a run's own, no table of several seeds
    ]
    table = pd.concat(tables) if tables else pd.DataFrame(columns=DEVICE)
    return table.fillna("unknown").groupby(DEVICE).size().reset_index(name="runs")


def list_software() -> pd.DataFrame:
    """List the versions of Python and of the packages, and the system: one row each."""
    rows = {"Python": platform.python_version(), "system": sys.platform}
    for name in SOFTWARE:
        try:
            rows[name] = version(name)
        except PackageNotFoundError:
            continue
    return pd.DataFrame({"software": list(rows), "version": list(rows.values())})
