"""Run trials of a search, beside other jobs. Input: a prepared dataset, and what is finetuned."""

from dataclasses import replace

from selfstudy.job import run_job

with run_job(snakemake.log[0], snakemake.threads, snakemake.config.get("runs_per_gpu", 1)):
    from selfstudy.configuration import load_configuration
    from selfstudy.search.study import SearchSettings
    from selfstudy.search.worker import search
    from selfstudy.sweep.runs import Sweep

    configuration = replace(
        load_configuration(*snakemake.params.gin),
        start=snakemake.input.get("snapshot") or None,
    )
    sweep = Sweep(snakemake.config)
    data = sweep.find_prepared(sweep.searches[snakemake.wildcards.search]["dataset"])
    search(
        snakemake.params.folder,
        configuration.make_run(configuration.open_dataset(data)),
        SearchSettings(**snakemake.params.settings),
        snakemake.params.trials,
        snakemake.params.code,
    )
