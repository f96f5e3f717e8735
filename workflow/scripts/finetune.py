"""Finetune on one label budget, seed by seed.

Input: a prepared dataset and, except from scratch, a snapshot or a file of weights. Output: metrics
and history of all seeds, and the configuration.
"""

from dataclasses import replace
from pathlib import Path

from selfstudy.job import run_job

with run_job(snakemake.log[0], snakemake.threads, snakemake.config.get("runs_per_gpu", 1)):
    from selfstudy.configuration import load_configuration
    from selfstudy.training.seeds import train_seeds

    configuration = replace(
        load_configuration(*snakemake.params.gin),
        labels=int(snakemake.wildcards.labels),
        start=snakemake.params.start or snakemake.input.get("snapshot") or None,
    )
    train_seeds(
        configuration.make_run(configuration.open_dataset(snakemake.input.data)),
        Path(snakemake.output.metrics).parent,
        snakemake.params.seeds,
        snakemake.params.code,
        snakemake.config.get("tracking"),
    )
