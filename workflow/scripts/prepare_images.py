"""Prepare one's own images. Input: their folder or table. Output: one array, normalised."""

from selfstudy.job import run_job, show_progress

with run_job(snakemake.log[0], snakemake.threads):
    from selfstudy.data.images import prepare_images

    dataset = snakemake.config["datasets"][snakemake.wildcards.dataset]
    with show_progress(None, "image", f"prepare {snakemake.wildcards.dataset}") as progress:
        prepare_images(
            dataset.get("table") or dataset["folder"],
            snakemake.output[0],
            resolution=int(snakemake.wildcards.resolution),
            space=snakemake.params.color,
            seed=snakemake.params.seed,
            threads=snakemake.threads,
            unlabelled=dataset.get("unlabelled"),
            progress=progress.update,
            **snakemake.params.options,
        )
