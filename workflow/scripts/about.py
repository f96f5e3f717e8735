"""How the results came about. Input: the table of runs. Output: a page."""

from pathlib import Path

from selfstudy.job import run_job

with run_job(snakemake.log[0], snakemake.threads):
    from selfstudy.analysis.about import page
    from selfstudy.files import write_whole

    with write_whole(snakemake.output[0]) as temporary:
        config = snakemake.params.config
        temporary.write_text(page(config, Path(config["results"])), encoding="utf-8")
