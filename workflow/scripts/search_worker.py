"""Run trials of a search, beside other jobs. Input: a prepared dataset, and what is finetuned."""

from dataclasses import replace

from selfstudy.job import run_job

with run_job(snakemake.log[0], snakemake.threads, snakemake.config.get("runs_per_gpu", 1)):
    from selfstudy.configuration import load_configuration
    from selfstudy.search.study import SearchSettings
    from selfstudy.search.worker import search
    from selfstudy.sweep.runs import Sweep

    sweep = Sweep(snakemake.config)
    place = sweep.searches[snakemake.wildcards.search]
    weights = sweep.describe_start(sweep.find_weights(**place))
    configuration = replace(
        load_configuration(*snakemake.params.gin),
        start=weights or snakemake.input.get("snapshot") or None,
    )
    search(
        snakemake.params.folder,
        configuration.make_run(configuration.open_dataset(sweep.find_prepared(place["dataset"]))),
        SearchSettings(**snakemake.params.settings),
        snakemake.params.trials,
        snakemake.params.code,
    )
