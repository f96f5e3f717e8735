"""Tables. Input: the metrics of all jobs. Output: runs, what follows from them, statistics."""

import logging
from pathlib import Path

from selfstudy.job import run_job

TUNED = ("runs", "accuracy", "utility", "frozen")  # what is finetuned
log = logging.getLogger("selfstudy")

with run_job(snakemake.log[0], snakemake.threads):
    from selfstudy.analysis.claims import (
        assess_claims,
        compose_claims_page,
        explain,
        format_claims,
    )
    from selfstudy.analysis.comparison import correlate_evaluations, tabulate_ranks
    from selfstudy.analysis.layout import format_latex, format_markdown, lay_out
    from selfstudy.analysis.longer import collect_with_convergence
    from selfstudy.analysis.measures import MEASURE, use_measure
    from selfstudy.analysis.outcomes import find_outcomes
    from selfstudy.analysis.runs import collect_frozen, collect_linear, describe_jobs
    from selfstudy.analysis.tuning import list_unequal, mark_tuned, tabulate_tuning
    from selfstudy.analysis.uncertainty import estimate_accuracy, estimate_utility
    from selfstudy.files import write_whole
    from selfstudy.sweep.runs import Sweep

    interpolation, measure = snakemake.params.interpolation, snakemake.params.measure
    runs, convergence = collect_with_convergence(snakemake.input.finetuned, snakemake.input.longer)
    linear = collect_linear(snakemake.input.linear)
    tuning = tabulate_tuning(snakemake.input.tuning, Sweep(snakemake.config).tuned)
    for line in list_unequal(tuning):
        log.warning(line)
    collected = {
        "runs": runs,
        "linear": linear,
        "frozen": collect_frozen(snakemake.input.frozen),
        "convergence": convergence,
    }
    runs, linear = use_measure(runs, measure), use_measure(linear, measure)
    derived = {
        "accuracy": estimate_accuracy(runs).merge(describe_jobs(runs)),
        "utility": estimate_utility(runs, interpolation).merge(describe_jobs(runs)),
        "outcomes": find_outcomes(runs),
        "correlations": correlate_evaluations(runs, linear),
        "ranks": tabulate_ranks(runs),
    }
    derived = {name: table.assign(**{MEASURE: measure}) for name, table in derived.items()}
    tables = collected | derived
    tables |= {name: mark_tuned(tables[name], tuning) for name in TUNED} | {"tuning": tuning}
    for name, table in tables.items():
        with write_whole(snakemake.output[name]) as temporary:
            table.to_csv(temporary, index=False)
    for path in map(Path, snakemake.output.laid_out):
        form = {".tex": format_latex, ".md": format_markdown}[path.suffix]
        written = form(lay_out(tables[path.stem]))
        with write_whole(path) as temporary:
            temporary.write_text(written, encoding="utf-8")
    found = assess_claims(runs, linear, interpolation)
    said = explain(runs, interpolation, snakemake.params.networks, measure)
    for path, text in (
        (snakemake.output.claims, format_claims),
        (snakemake.output.claims_page, compose_claims_page),
    ):
        with write_whole(path) as temporary:
            temporary.write_text(text(found, said), encoding="utf-8")
