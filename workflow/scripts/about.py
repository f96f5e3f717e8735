"""How the results came about. Input: the table of runs. Output: a page."""

from pathlib import Path

from selfstudy.job import run_job

with run_job(snakemake.log[0], snakemake.threads):
    from selfstudy.analysis.about import compose_about_page
    from selfstudy.files import write_whole

    with write_whole(snakemake.output[0]) as temporary:
        config = snakemake.params.config
        temporary.write_text(compose_about_page(config, Path(config["results"])), encoding="utf-8")
