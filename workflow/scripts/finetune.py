"""Finetune on one label budget, seed by seed.

Input: a prepared dataset; except from scratch, snapshots or a file of weights; a recipe, where that
is tuned. Output: metrics and history of all seeds, and the configuration.
"""

from dataclasses import replace
from pathlib import Path

from selfstudy.job import run_job

with run_job(snakemake.log[0], snakemake.threads, snakemake.config.get("runs_per_gpu", 1)):
    from selfstudy.configuration import load_configuration, read_gin
    from selfstudy.sweep.runs import Sweep
    from selfstudy.training.seeds import train_seeds

    sweep, place = Sweep(snakemake.config), snakemake.wildcards
    files, bindings = snakemake.params.gin
    if recipe := snakemake.input.get("recipe"):
        bindings = [*bindings, read_gin(recipe)]
    configuration = replace(load_configuration(files, bindings), labels=int(place.labels))
    dataset = configuration.open_dataset(sweep.find_prepared(place.dataset))
    train_seeds(
        {
            network: replace(configuration, start=start).make_run(dataset)
            for network, start in sweep.find_starts(**place).items()
        },
        Path(snakemake.output.metrics).parent,
        snakemake.params.networks,
        snakemake.params.code,
        snakemake.config.get("tracking"),
    )
