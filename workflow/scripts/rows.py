"""All rows of one dataset. Input: the metrics of its jobs. Output: tables for publishing."""

from pathlib import Path

from selfstudy.job import run_job

with run_job(snakemake.log[0], snakemake.threads):
    from selfstudy.analysis.longer import collect_with_convergence
    from selfstudy.analysis.runs import collect_linear
    from selfstudy.analysis.times import sum_times
    from selfstudy.files import write_whole

    runs, convergence = collect_with_convergence(snakemake.input.finetuned, snakemake.input.longer)
    tables = {
        "runs": runs,
        "linear": collect_linear(snakemake.input.linear),
        "convergence": convergence,
        "times": sum_times(Path(snakemake.config["results"]), snakemake.wildcards.dataset),
    }
    for name, table in tables.items():
        with write_whole(snakemake.output[name]) as temporary:
            table.to_csv(temporary, index=False)
