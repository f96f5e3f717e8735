"""Train a small network on all labels. Input: a prepared dataset. Output: confusion matrices."""

from pathlib import Path

from selfstudy.job import run_job

with run_job(snakemake.log[0], snakemake.threads, snakemake.config.get("runs_per_gpu", 1)):
    from selfstudy.configuration import load_configuration
    from selfstudy.evaluation.difficulty import count_confusions
    from selfstudy.files import write_whole
    from selfstudy.sweep.runs import Sweep

    configuration = load_configuration(*snakemake.params.gin)
    data = Sweep(snakemake.config).find_prepared(snakemake.wildcards.dataset)
    run = configuration.make_run(configuration.open_dataset(data))
    folder = Path(snakemake.output[0]).parent
    table = count_confusions(run, folder, snakemake.params.seed, snakemake.params.code)
    with write_whole(snakemake.output[0]) as temporary:
        table.to_csv(temporary, index=False)
