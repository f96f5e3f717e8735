"""Results of a search whose jobs are done: its trials, the best one's configuration, figures."""

from selfstudy.job import run_job

with run_job(snakemake.log[0], snakemake.threads):
    from selfstudy.search.results import write_results

    write_results(snakemake.params.folder)
