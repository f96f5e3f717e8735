"""Pretrain. Input: a prepared dataset. Output: a snapshot, metrics, history and configuration."""

from pathlib import Path

from selfstudy.job import run_job

with run_job(snakemake.log[0], snakemake.threads, snakemake.config.get("runs_per_gpu", 1)):
    from selfstudy.configuration import load_configuration
    from selfstudy.sweep.runs import Sweep
    from selfstudy.training.run import train

    configuration = load_configuration(*snakemake.params.gin)
    data = Sweep(snakemake.config).find_prepared(snakemake.wildcards.dataset)
    train(
        configuration.make_run(configuration.open_dataset(data)),
        Path(snakemake.output.snapshot).parent,
        seed=snakemake.params.seed,
        code=snakemake.params.code,
        keep_snapshot=True,
        tracking=snakemake.config.get("tracking"),
    )
