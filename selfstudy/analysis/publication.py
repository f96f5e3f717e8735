"""A study's page and figures, made of the rows that a folder keeps (`selfstudy.analysis.rows`)."""

from collections.abc import Iterable, Iterator, Mapping
from importlib import import_module
from inspect import signature
from pathlib import Path

import pandas as pd

from selfstudy.analysis import describe_networks
from selfstudy.analysis.claims import assess_claims, explain, tabulate_findings
from selfstudy.analysis.decision import read_runs
from selfstudy.analysis.escaping import escape_markdown
from selfstudy.analysis.figures import list_figures
from selfstudy.analysis.figures.style import assign_looks, say_missing, title_dataset
from selfstudy.analysis.layout import format_markdown, lay_out
from selfstudy.analysis.tables import read_table
from selfstudy.analysis.uncertainty import estimate_accuracy, estimate_utility
from selfstudy.drawing import save
from selfstudy.errors import DataError
from selfstudy.files import write_whole
from selfstudy.sweep.runs import Sweep

PAGE = "results.md"
PARTS = {"runs": 5, "linear": 4}  # folders that name a job: those of `KEYS`, or all but the labels


def publish(folder: Path, sweep: Sweep) -> None:
    """Make the page of results and its figures, of the rows that a folder keeps and nothing else.

    Args:
        folder: that keeps the rows, and where the page goes.
        sweep: that the rows are of.

    Raises:
        DataError: the rows cannot be read, or are of runs that the sweep has not.
    """
    listed = {"runs": sweep.list_finetuned(), "linear": sweep.list_linear()}
    rows = {name: read_rows(folder / f"{name}.csv", paths, sweep) for name, paths in listed.items()}
    expected = find_jobs("runs", listed["runs"])
    parts = [
        "# Results",
        f"{name_jobs('runs', rows['runs']).nunique()} of {len(expected)} jobs of finetuning, on "
        f"{', '.join(map(title_dataset, rows['runs']['dataset'].unique()))}.",
        *draw_figures(folder, rows, sweep),
        *write_claims(rows, sweep),
        *write_tables(rows["runs"], sweep),
        *write_hours(folder / "times.csv"),
    ]
    with write_whole(folder / PAGE) as temporary:
        temporary.write_text("\n\n".join(parts) + "\n", encoding="utf-8")


def read_rows(path: Path, listed: Iterable[str], sweep: Sweep) -> pd.DataFrame:
    """Read rows, all of which must be of files that are listed.

    Raises:
        DataError: they cannot be read, or one is of another job.
    """
    table = read_runs(path, sweep.config["measure"])
    jobs = name_jobs(path.stem, table)
    other = ~jobs.isin(find_jobs(path.stem, listed))
    if other.any():
        raise DataError(f"{path}: {jobs[other].iloc[0]} is none of the configuration's jobs")
    return table


def find_jobs(kind: str, paths: Iterable[str]) -> set[str]:
    """Find the names of jobs, such as 0100/r9/cmc/classify/n100, in the paths of their metrics."""
    return {"/".join(Path(path).parts[-1 - PARTS[kind] : -1]) for path in paths}


def name_jobs(kind: str, rows: pd.DataFrame) -> pd.Series:
    """Name the jobs that rows are of, likewise."""
    names = rows["dataset"].str.cat(rows[["backbone", "pretext", "task"]], "/")
    return names + "/n" + rows["labels"].astype(str) if kind == "runs" else names


def draw_figures(folder: Path, rows: Mapping[str, pd.DataFrame], sweep: Sweep) -> Iterator[str]:
    """Draw the figures that rows of runs are enough for; yield what the page says of them."""
    known = {"looks": assign_looks(sweep.starts), "interpolation": sweep.config["interpolation"]}
    for name, figure in list_figures(sweep).items():
        inputs = {kind: paths for kind, paths in figure.inputs.items() if kind != "longer"}
        jobs = {kind: find_jobs(kind, paths) for kind, paths in inputs.items() if kind in rows}
        shown = {
            kind: rows[kind][name_jobs(kind, rows[kind]).isin(of)] for kind, of in jobs.items()
        }
        if len(shown) < len(inputs) or any(table.empty for table in shown.values()):
            continue
        draw = import_module(f"selfstudy.analysis.figures.{name}").draw
        drawn = draw(**{key: (shown | known)[key] for key in signature(draw).parameters})
        there = sum(name_jobs(kind, table).nunique() for kind, table in shown.items())
        expected = sum(map(len, jobs.values()))
        say_missing(drawn, expected - there, expected)
        save(drawn, folder / f"{name}.png")
        yield f"![{name}]({name}.png)"
        yield figure.caption


def write_claims(rows: Mapping[str, pd.DataFrame], sweep: Sweep) -> Iterator[str]:
    """Write the claims' verdicts."""
    interpolation, measure = sweep.config["interpolation"], sweep.config["measure"]
    networks = describe_networks(sweep.count_networks(), sweep.weights)
    yield "## Claims"
    yield explain(rows["runs"], interpolation, networks, measure)
    found = assess_claims(rows["runs"], rows["linear"], interpolation)
    yield write_table(tabulate_findings(found))


def write_tables(runs: pd.DataFrame, sweep: Sweep) -> Iterator[str]:
    """Write accuracies and utilities as in a paper."""
    for title, table in (
        ("Accuracy", estimate_accuracy(runs)),
        ("Utility", estimate_utility(runs, sweep.config["interpolation"])),
    ):
        yield f"## {title}"
        yield format_markdown(lay_out(table)).strip()


def write_hours(path: Path) -> Iterator[str]:
    """Write how many hours the runs of each start took, of the rows of times at `path`."""
    times = read_table(path, ["run", "pretext", "seconds"], dtype={"pretext": str})
    hours = times.pivot_table(
        index="pretext", columns="run", values="seconds", aggfunc="sum", fill_value=0, sort=False
    )
    hours = (hours / 3600).assign(all=lambda table: table.sum(axis=1))
    hours.loc["all"] = hours.sum()
    yield "## Hours"
    yield write_table(hours.map("{:.2f}".format).rename_axis("start").reset_index())


def write_table(table: pd.DataFrame) -> str:
    """Write a table of text in Markdown."""
    return table.map(escape_markdown).to_markdown(index=False, disable_numparse=True)
