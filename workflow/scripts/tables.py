"""Tables. Input: the metrics of all jobs. Output: runs, what follows from them, statistics."""

from pathlib import Path

from selfstudy.job import run_job

with run_job(snakemake.log[0], snakemake.threads):
    from selfstudy.analysis.claims import findings, html, markdown
    from selfstudy.analysis.comparison import correlations, method_ranks
    from selfstudy.analysis.layout import laid_out, latex, plain
    from selfstudy.analysis.outcomes import outcomes
    from selfstudy.analysis.runs import collect, collect_frozen, collect_linear, jobs
    from selfstudy.analysis.uncertainty import accuracies_with_intervals, utilities_with_intervals
    from selfstudy.files import write_whole

    runs, linear = collect(snakemake.input.finetuned), collect_linear(snakemake.input.linear)
    tables = {
        "runs": runs,
        "accuracy": accuracies_with_intervals(runs).merge(jobs(runs)),
        "utility": utilities_with_intervals(runs).merge(jobs(runs)),
        "linear": linear,
        "frozen": collect_frozen(snakemake.input.frozen),
        "outcomes": outcomes(runs),
        "correlations": correlations(runs, linear),
        "ranks": method_ranks(runs),
    }
    for name, table in tables.items():
        with write_whole(snakemake.output[name]) as temporary:
            table.to_csv(temporary, index=False)
    for path in map(Path, snakemake.output.laid_out):
        written = {".tex": latex, ".md": plain}[path.suffix](laid_out(tables[path.stem]))
        with write_whole(path) as temporary:
            temporary.write_text(written, encoding="utf-8")
    found = findings(runs, linear)
    for path, text in ((snakemake.output.claims, markdown), (snakemake.output.claims_page, html)):
        with write_whole(path) as temporary:
            temporary.write_text(text(found), encoding="utf-8")
