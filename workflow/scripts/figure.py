"""A figure of the paper. Input: what it shows. Output: the figure."""

from importlib import import_module
from inspect import signature

from selfstudy.job import run_job

with run_job(snakemake.log[0], snakemake.threads):
    from selfstudy.analysis.figures import MEASURED
    from selfstudy.analysis.figures.style import assign_looks, say_missing
    from selfstudy.analysis.longer import collect_with_convergence
    from selfstudy.analysis.measures import use_measure
    from selfstudy.analysis.runs import (
        collect_frozen,
        collect_histories,
        collect_linear,
    )
    from selfstudy.drawing import save

    read = {
        "runs": lambda paths: collect_with_convergence(paths, files.get("longer", []))[0],
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
    shown = {name: read[name](paths) for name, paths in files.items() if name in read}
    for name in MEASURED & set(shown):
        shown[name] = use_measure(shown[name], snakemake.params.measure)
    shown["looks"] = assign_looks(snakemake.params.starts)
    shown["interpolation"] = snakemake.params.interpolation
    draw = import_module(f"selfstudy.analysis.figures.{snakemake.wildcards.figure}").draw
    drawn = draw(**{name: shown[name] for name in signature(draw).parameters})
    expected = snakemake.params.expected
    say_missing(drawn, expected - len(snakemake.input), expected)
    save(drawn, snakemake.output[0])
