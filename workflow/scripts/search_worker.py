"""Run trials of a search, beside other jobs. Input: a prepared dataset, and what is finetuned."""

from selfstudy.job import run_job

with run_job(snakemake.log[0], snakemake.threads, snakemake.config.get("runs_per_gpu", 1)):
    from selfstudy.search.study import SearchSettings
    from selfstudy.search.worker import search

    files, bindings = snakemake.params.gin
    if snakemake.input.get("snapshot"):
        bindings = [*bindings, f"Wrapper.pretrained = {snakemake.input.snapshot!r}"]
    search(
        snakemake.params.folder,
        files,
        bindings,
        snakemake.input.data,
        SearchSettings(**snakemake.params.settings),
        snakemake.params.trials,
        snakemake.params.code,
    )
