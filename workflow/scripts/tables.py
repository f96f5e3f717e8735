"""Tables. Input: the metrics of all finetuning jobs. Output: runs, accuracy and utility."""

from selfstudy.job import job

with job(snakemake.log[0], snakemake.threads):
    from selfstudy.analysis.runs import accuracies, collect
    from selfstudy.analysis.utility import utilities

    runs = collect(snakemake.input)
    runs.to_csv(snakemake.output.runs, index=False)
    accuracies(runs).to_csv(snakemake.output.accuracy, index=False)
    utilities(runs).to_csv(snakemake.output.utility, index=False)
