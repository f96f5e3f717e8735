"""Pretrain. Input: a prepared dataset. Output: a snapshot, metrics, history and configuration."""

from pathlib import Path

from selfstudy.job import run_job

with run_job(snakemake.log[0], snakemake.threads, snakemake.config.get("runs_per_gpu", 1)):
    from selfstudy.configuration import load_configuration
    from selfstudy.training.run import train

    configuration = load_configuration(*snakemake.params.gin)
    train(
        configuration.make_run(configuration.open_dataset(snakemake.input.data)),
        Path(snakemake.output.snapshot).parent,
        seed=snakemake.params.seed,
        code=snakemake.params.code,
        keep_snapshot=True,
        tracking=snakemake.config.get("tracking"),
    )
