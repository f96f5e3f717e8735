"""Train a small network on all labels. Input: a prepared dataset. Output: confusion matrices."""

from pathlib import Path

from selfstudy.job import run_job

with run_job(snakemake.log[0], snakemake.threads, snakemake.config.get("runs_per_gpu", 1)):
    from selfstudy.configuration import load_configuration
    from selfstudy.evaluation.difficulty import count_confusions
    from selfstudy.files import write_whole

    configuration = load_configuration(*snakemake.params.gin)
    run = configuration.make_run(configuration.open_dataset(snakemake.input[0]))
    folder = Path(snakemake.output[0]).parent
    table = count_confusions(run, folder, snakemake.params.seed, snakemake.params.code)
    with write_whole(snakemake.output[0]) as temporary:
        table.to_csv(temporary, index=False)
