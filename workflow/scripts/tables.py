"""Tables. Input: the metrics of all jobs. Output: runs, what follows from them, statistics."""

from selfstudy.job import job

with job(snakemake.log[0], snakemake.threads):
    from selfstudy.analysis.claims import findings, page
    from selfstudy.analysis.comparison import correlations, method_ranks
    from selfstudy.analysis.outcomes import outcomes
    from selfstudy.analysis.runs import accuracies, collapses, collect, collect_linear
    from selfstudy.analysis.uncertainty import accuracy_intervals, utility_intervals
    from selfstudy.analysis.utility import utilities
    from selfstudy.files import written_whole

    runs, linear = collect(snakemake.input.finetuned), collect_linear(snakemake.input.linear)
    tables = {
        "runs": runs,
        "accuracy": accuracies(runs).merge(accuracy_intervals(runs)).merge(collapses(runs)),
        "utility": utilities(runs).merge(utility_intervals(runs)),
        "linear": linear,
        "outcomes": outcomes(runs),
        "correlations": correlations(runs, linear),
        "ranks": method_ranks(runs),
    }
    for name, table in tables.items():
        table.to_csv(snakemake.output[name], index=False)
    with written_whole(snakemake.output.claims) as temporary:
        temporary.write_text(page(findings(runs, linear)), encoding="utf-8")
