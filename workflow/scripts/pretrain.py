"""Pretrain. Input: a prepared dataset; where pretraining goes on from weights, maybe their file.

Output: a snapshot, metrics, history and configuration.
"""

from dataclasses import replace
from pathlib import Path

from selfstudy.job import run_job

with run_job(snakemake.log[0], snakemake.threads, snakemake.config.get("runs_per_gpu", 1)):
    from selfstudy.configuration import load_configuration
    from selfstudy.sweep.runs import Sweep
    from selfstudy.training.run import train

    sweep, place = Sweep(snakemake.config), snakemake.wildcards
    start = sweep.describe_start(sweep.find_weights(place.pretext))
    configuration = replace(load_configuration(*snakemake.params.gin), start=start)
    train(
        configuration.make_run(configuration.open_dataset(sweep.find_prepared(place.dataset))),
        Path(snakemake.output.snapshot).parent,
        seed=snakemake.params.seed,
        code=snakemake.params.code,
        keep_snapshot=True,
        tracking=snakemake.config.get("tracking"),
    )
