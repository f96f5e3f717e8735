"""Prepare images of other libraries' files. Output: one array, normalised."""

from selfstudy.job import run_job, show_progress

with run_job(snakemake.log[0], snakemake.threads):
    from selfstudy.data.collected import unpack
    from selfstudy.data.images import prepare_images

    params = snakemake.params
    with (
        show_progress(None, "image", f"prepare {snakemake.wildcards.dataset}") as progress,
        unpack(params.source, params.collection, progress.update) as table,
    ):
        prepare_images(
            table,
            snakemake.output[0],
            resolution=int(snakemake.wildcards.resolution),
            space=params.color,
            seed=params.seed,
            threads=snakemake.threads,
            progress=progress.update,
            **params.options,
        )
