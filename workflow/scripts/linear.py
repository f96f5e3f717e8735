"""Linear evaluation on all budgets. Input: a prepared dataset, a snapshot. Output: metrics."""

from selfstudy.job import run_job

with run_job(snakemake.log[0], snakemake.threads, snakemake.config.get("runs_per_gpu", 1)):
    from selfstudy.configuration import configured
    from selfstudy.evaluation.linear import linear_evaluation
    from selfstudy.files import write_whole
    from selfstudy.training.session import frozen_network, open_dataset

    files, bindings = snakemake.params.gin
    with configured(files, bindings):
        dataset = open_dataset(snakemake.input.data)
        table = linear_evaluation(
            frozen_network(dataset, snakemake.input.snapshot),
            dataset,
            snakemake.wildcards.task,
            snakemake.params.labels,
            snakemake.params.seeds,
        )
    with write_whole(snakemake.output[0]) as temporary:
        table.assign(snapshot=snakemake.input.snapshot).to_csv(temporary, index=False)
