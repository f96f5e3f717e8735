"""How hard each dataset is. Input: confusion matrices. Output: a table, one row per dataset."""

from selfstudy.job import run_job

with run_job(snakemake.log[0], snakemake.threads):
    from selfstudy.analysis.difficulty import measure_difficulty
    from selfstudy.files import write_whole

    table = measure_difficulty(dict(zip(snakemake.params.datasets, snakemake.input, strict=True)))
    with write_whole(snakemake.output[0]) as temporary:
        table.to_csv(temporary, index=False, float_format="%.3f")
