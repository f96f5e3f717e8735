"""Finetune on one label budget, seed by seed.

Input: a prepared dataset and, except from scratch, a snapshot or a file of weights. Output: metrics
and history of all seeds, and the configuration.
"""

from dataclasses import replace
from pathlib import Path

from selfstudy.job import run_job

with run_job(snakemake.log[0], snakemake.threads, snakemake.config.get("runs_per_gpu", 1)):
    from selfstudy.configuration import load_configuration
    from selfstudy.sweep.runs import Sweep
    from selfstudy.training.seeds import train_seeds

    sweep, place = Sweep(snakemake.config), snakemake.wildcards
    configuration = replace(
        load_configuration(*snakemake.params.gin),
        labels=int(place.labels),
        start=sweep.describe_start(place.pretext) or snakemake.input.get("snapshot") or None,
    )
    train_seeds(
        configuration.make_run(configuration.open_dataset(sweep.find_prepared(place.dataset))),
        Path(snakemake.output.metrics).parent,
        snakemake.params.seeds,
        snakemake.params.code,
        snakemake.config.get("tracking"),
    )
