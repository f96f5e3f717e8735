"""Prepare a dataset. Input: its packed files. Output: one array of normalised images."""

from selfstudy.job import run_job, show_progress

with run_job(snakemake.log[0], snakemake.threads):
    from selfstudy.data.prepare import prepare

    dataset = snakemake.wildcards.dataset
    with show_progress(None, "image", f"prepare {dataset}") as progress:
        prepare(
            snakemake.input,
            snakemake.output[0],
            dataset=dataset,
            resolution=int(snakemake.wildcards.resolution),
            space=snakemake.params.color,
            seed=snakemake.params.seed,
            processes=snakemake.threads,
            progress=progress.update,
            made=snakemake.params.made,
        )
