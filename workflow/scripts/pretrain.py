"""Pretrain. Input: a prepared dataset. Output: a snapshot, metrics, history and configuration."""

from pathlib import Path

from selfstudy.job import run_job

with run_job(snakemake.log[0], snakemake.threads, snakemake.config.get("runs_per_gpu", 1)):
    from selfstudy.configuration import configured
    from selfstudy.training.run import run
    from selfstudy.training.session import open_dataset

    files, bindings = snakemake.params.gin
    with configured(files, bindings):
        run(
            open_dataset(snakemake.input.data),
            Path(snakemake.output.snapshot).parent,
            seed=snakemake.params.seed,
            code=snakemake.params.code,
            keep_snapshot=True,
            tracking=snakemake.config.get("tracking"),
        )
