"""Pack one bucket of rendered samples. Input: their folder. Output: a packed file."""

from selfstudy.job import run_job, show_progress

with run_job(snakemake.log[0], snakemake.threads):
    from selfstudy.data.pack import pack

    dataset, bucket = snakemake.wildcards.dataset, int(snakemake.wildcards.bucket)
    with show_progress(None, "sample", f"pack {dataset}, bucket {bucket}") as progress:
        pack(
            snakemake.config["datasets"][dataset]["folder"],
            snakemake.output[0],
            dataset=dataset,
            bucket=bucket,
            seed=snakemake.params.seed,
            progress=progress.update,
        )
