"""A figure of the paper. Input: what it shows. Output: the figure."""

from importlib import import_module

from selfstudy.job import run_job

with run_job(snakemake.log[0], snakemake.threads):
    from selfstudy.analysis.figures.style import save, say_missing
    from selfstudy.analysis.runs import (
        collect_frozen,
        collect_histories,
        collect_linear,
        collect_runs,
    )

    read = {
        "runs": collect_runs,
        "linear": collect_linear,
        "frozen": collect_frozen,
        "histories": collect_histories,
        "packed": lambda paths: {
            name: [path] for name, path in zip(snakemake.params.datasets, paths, strict=True)
        },
    }
    # Snakemake gives a list of one file as that file.
    files = {
        name: [paths] if isinstance(paths, str) else paths
        for name, paths in snakemake.input.items()
    }
    figure = import_module(f"selfstudy.analysis.figures.{snakemake.wildcards.figure}")
    drawn = figure.draw(**{name: read[name](paths) for name, paths in files.items()})
    expected = snakemake.params.expected
    say_missing(drawn, expected - len(snakemake.input), expected)
    save(drawn, snakemake.output[0])
