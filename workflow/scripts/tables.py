"""Tables. Input: the metrics of all jobs. Output: runs, accuracy, utility, linear evaluation."""

from selfstudy.job import job

with job(snakemake.log[0], snakemake.threads):
    from selfstudy.analysis.runs import accuracies, collapses, collect, collect_linear
    from selfstudy.analysis.utility import utilities

    runs = collect(snakemake.input.finetuned)
    runs.to_csv(snakemake.output.runs, index=False)
    accuracies(runs).merge(collapses(runs)).to_csv(snakemake.output.accuracy, index=False)
    utilities(runs).to_csv(snakemake.output.utility, index=False)
    collect_linear(snakemake.input.linear).to_csv(snakemake.output.linear, index=False)
